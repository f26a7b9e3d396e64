import type { Status } from '../../at/status.ts';
import { parseForeignStatus } from '../foreign.ts';

const OK: Status = { ok: true, code: null, text: 'OK', foreign: false };
/** Two numbers and, at full verbosity, a text; the tables of the reference print them with a comma (RNWF 2). */
const ERROR = /^ERROR:\s*(\d{1,2})[.,](\d{1,3})(?:\s*,\s*(?:"(.*)"|([^"]+)))?\s*$/;
/** With less verbosity. */
const BRIEF = /^ERROR(?::"(.*)")?$/;
const TERSE = /^(?:0|1|1:(\d{1,2})[.,](\d{1,3}))$/;

/**
 * Reads a status line, also in a form that other families use, which is then foreign.
 * @param terse how much the module says is not known yet
 */
export function parseStatus(line: string, terse: boolean): Status | null {
  if (line.trimEnd() === 'OK') return OK;
  const error = ERROR.exec(line);
  if (error) return { ok: false, code: `${error[1]}.${error[2]}`, text: error[3] ?? error[4] ?? line, foreign: false };
  if (terse) {
    const brief = BRIEF.exec(line);
    if (brief) return { ok: false, code: null, text: brief[1] ?? line, foreign: false };
    const match = TERSE.exec(line);
    if (match) {
      const code = match[1] === undefined ? null : `${match[1]}.${match[2]}`;
      return { ok: line === '0', code, text: line, foreign: false };
    }
  }
  return parseForeignStatus(line);
}

/** Status codes that something depends on (RNWF 11). */
export const CODE = {
  invalidCommand: '0.2',
  unknownCommand: '0.3',
  invalidParameter: '0.4',
  parameterCount: '0.5',
  updateBlocked: '0.6',
  accessFailed: '0.7',
  unsupportedTransfer: '7.0',
  fileExists: '7.1',
  fileNotFound: '7.2',
  fileCreate: '7.4',
  fileWrite: '7.5',
  mqtt: '8.0',
  noTime: '16.0',
} as const;
