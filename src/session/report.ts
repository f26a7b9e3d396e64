import type { Report } from '../events.ts';

/** What the session says to a person, beside what crosses the wire. */
export function event(report: Report, message: string): void {
  report({ type: 'event', level: 'event', message });
}

/** What comes next, in the walkthrough's words. */
export function note(report: Report, message: string): void {
  report({ type: 'event', level: 'note', message });
}

/** Something is not as it should be, and the session goes on. */
export function warn(report: Report, message: string): void {
  report({ type: 'event', level: 'warning', message });
}
