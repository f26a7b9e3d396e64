/** What every run needs, for the bin to load at once. */
export { systemClock } from '../clock.ts';
export { invocationOf } from './invocation.ts';
export { main } from './main.ts';
