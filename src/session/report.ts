import type { Report } from '../events.ts';
import type { Modem } from '../modem/modem.ts';

/** What the session says to a person, beside what crosses the wire. */
export function event(report: Report, message: string): void {
  report({ type: 'event', level: 'event', message });
}

/** What comes next, in the walkthrough's words. */
export function note(report: Report, message: string): void {
  report({ type: 'event', level: 'note', message });
}

/** Something takes a while; `seconds` at most, where that is known. */
export function waiting(report: Report, message: string, seconds?: number): void {
  report({ type: 'waiting', message, ...(seconds !== undefined && { seconds }) });
}

/** Tells each line that is sent to a modem, or comes from it, for as long as it is there. */
export function reportDialogue(report: Report, modem: Modem): void {
  modem.on('sent', (line) => report({ type: 'at', dir: 'tx', line }));
  modem.on('received', (line, kind) => report({ type: 'at', dir: 'rx', line, kind }));
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
