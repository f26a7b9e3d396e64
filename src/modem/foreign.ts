import type { Status } from '../at/status.ts';

/**
 * The ways in which devices that are none of ours end an answer: GSM modems with `+CME ERROR: 3`, the RNWF family with
 * `ERROR:0.2,"Invalid AT Command"`, Bluetooth modules with `ERROR:(0)`, ESP-AT with `busy p...`.
 */
const FOREIGN = /^(?:ERROR\b.*|\+CM[ES] ERROR\b.*|FAIL|NO CARRIER|COMMAND NOT SUPPORT(?:ED)?|busy [ps]\.\.\.)$/;
const FIRST = 'E+FNCb';

/** Reads a status that no family of ours gives; null when the line is none. To be asked after the family's own forms. */
export function parseForeignStatus(line: string): Status | null {
  if (!FIRST.includes(line.charAt(0)) || !FOREIGN.test(line)) return null;
  return { ok: false, code: null, text: line, foreign: true };
}
