import type { ConnectionStringEvent, SessionEvent } from '../events.ts';
import { safeJson } from './json.ts';

/** `event` as one line of NDJSON; `at` is its time in milliseconds since 1970. */
export function toNdjson(event: SessionEvent | ConnectionStringEvent, at: number): string {
  const { type, ...fields } = event;
  return `${safeJson({ v: 1, ts: new Date(at).toISOString(), type, ...fields })}\n`;
}
