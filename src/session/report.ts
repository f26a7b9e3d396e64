import type { Report, SessionEvent } from '../events.ts';
import type { Modem } from '../modem/modem.ts';

/** What the session says to a person, beside what crosses the wire. */
export function event(report: Report, message: string): void {
  report({ type: 'event', level: 'event', message });
}

/** What comes next, in the walkthrough's words. */
export function note(report: Report, message: string): void {
  report({ type: 'event', level: 'note', message });
}

/** How long a wait takes at most, in seconds, and which try or part of how many it is; what is known of that. */
type Extent = Pick<SessionEvent & { type: 'waiting' }, 'seconds' | 'count' | 'total'>;

/** Something takes a while. */
export function waiting(report: Report, message: string, extent: Extent = {}): void {
  report({ type: 'waiting', message, ...extent });
}

/** Tells each line that is sent to a modem, or comes from it, and its silence, for as long as it is there. */
export function reportDialogue(report: Report, modem: Modem): void {
  modem.on('sent', (line) => report({ type: 'at', dir: 'tx', line }));
  modem.on('received', (line, kind) => report({ type: 'at', dir: 'rx', line, kind }));
  modem.on('silent', (count, total) => waiting(report, 'no answer yet', { count, total }));
}

/** Something is not as it should be, and the session goes on. */
export function warn(report: Report, message: string): void {
  report({ type: 'event', level: 'warning', message });
}

/** A message from the cloud is lost because it was larger than the module can receive; null where its size is not known. */
export function warnOversize(report: Report, bytes: number | null, limit: number): void {
  const size = bytes === null ? '' : ` of ${bytes} bytes`;
  warn(
    report,
    `A message${size} from the cloud is larger than the ${limit} bytes that the module can receive; it is lost`,
  );
}
