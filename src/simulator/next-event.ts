import type { Clock } from '../clock.ts';
import type { CloudEvent, TimedEvent } from './cloud/events.ts';

export type CloudEventType = CloudEvent['type'];
/** An event of one type, with the version of its format and its time, ISO 8601. */
export type CloudEventOf<Type extends CloudEventType> = Extract<TimedEvent, { type: Type }>;

interface Expected<Type extends CloudEventType> {
  clock: Clock;
  match: ((event: CloudEventOf<Type>) => boolean) | undefined;
  timeout: number;
  signals: AbortSignal[];
}

/** The next event of a type; see LocalCloud.nextEvent. */
export function nextEvent<Type extends CloudEventType>(
  onEvent: (listener: (event: TimedEvent) => void) => () => void,
  type: Type,
  { clock, match = () => true, timeout, signals }: Expected<Type>,
): Promise<CloudEventOf<Type>> {
  const signal = AbortSignal.any(signals);
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const stopListening = onEvent((event) => {
      try {
        if (isOfType(event, type) && match(event)) end(() => resolve(event));
      } catch (error) {
        end(() => reject(error));
      }
    });
    const timer = clock.after(1000 * timeout, () =>
      end(() => reject(failure('ETIMEDOUT', `No event "${type}" has come within ${timeout} s`))),
    );
    const onAbort = () => end(() => reject(signal.reason));
    signal.addEventListener('abort', onAbort, { once: true });
    function end(settle: () => void): void {
      stopListening();
      timer.cancel();
      signal.removeEventListener('abort', onAbort);
      settle();
    }
  });
}

function isOfType<Type extends CloudEventType>(event: TimedEvent, type: Type): event is CloudEventOf<Type> {
  return event.type === type;
}

export function failure(code: string, message: string): Error {
  return Object.assign(new Error(message), { code });
}
