import type { Clock } from '../../clock.ts';
import type { EventFeed } from './events.ts';
import type { FaultQueue } from './faults.ts';
import type { Store } from './store.ts';

/** What every part of the cloud works with. */
export interface CloudContext {
  readonly clock: Clock;
  readonly random: () => number;
  readonly store: Store;
  readonly faults: FaultQueue;
  readonly events: EventFeed;
  readonly log: (line: string) => void;
}
