import type { Dialect } from '../../at/dialect.ts';
import type { Status } from '../../at/status.ts';
import { parseForeignStatus } from '../foreign.ts';
import { LIMITS } from './limits.ts';
import { holdsSecret } from './secrets.ts';
import { parseUrc, type Urc } from './urc.ts';

const OK: Status = { ok: true, code: null, text: 'OK', foreign: false };
/** Verbosity 2 to 5 (AT protocol 6). */
const ERROR = /^ERROR(?::(?:(\d{1,2})(?:,"([^"]*)")?|"([^"]*)"))?$/;
/** Verbosity 0 and 1: bare numbers, which cannot be told from other output. */
const TERSE = /^(?:0|1|1:(\d{1,2}))$/;

function parseStatus(line: string, terse: boolean): Status | null {
  if (line === 'OK') return OK;
  if (terse) {
    const match = TERSE.exec(line);
    if (match) return { ok: line === '0', code: match[1] ?? null, text: line, foreign: false };
  }
  if (line.startsWith('ERROR')) {
    const match = ERROR.exec(line);
    // Where the verbosity is known, it is 5, and a status has both number and text.
    const foreign = !terse && match?.[2] === undefined;
    if (match) return { ok: false, code: match[1] ?? null, text: match[2] ?? match[3] ?? line, foreign };
  }
  return parseForeignStatus(line);
}

/** The boot banner is no more than an empty line and `OK`, and may come in the middle of an echo (AT protocol 1.2). */
function isBanner(line: string, afterBlank: boolean, pending: string | null): boolean {
  if (line !== 'OK') return false;
  if (pending?.startsWith('AT+RST')) return true;
  // The answer to a request for help has blank lines of its own (AT protocol 4.1).
  return afterBlank && pending?.endsWith('?') !== true;
}

/** Options chain, and the last one counts (AT protocol 4.1.7). */
function echoAfter(command: string): boolean | null {
  const option = /^AT(?:[EV]\d?)*?E([01]?)(?:V\d?)*$/.exec(command)?.[1];
  return option === undefined ? null : option === '1';
}

function refuseTyped(line: string): string | null {
  if (/^AT\+LOADCERT/.test(line)) {
    return 'AT+LOADCERT is not sent: the module would take what follows for certificate data';
  }
  if (/^AT\+IPR=/.test(line)) return 'AT+IPR is not sent: the module would change its baud rate, and answer no more';
  if (/^AT(?:E\d*)*V/.test(line)) return 'ATV is not sent: the program relies on the full text of replies';
  return null;
}

/** How AnyCloud modules speak (AT protocol 2 to 6). */
export const DIALECT: Dialect<Urc> = {
  commandLimit: LIMITS.command,
  // A reply comes within about 100 ms of the line end (AT protocol 2.1); the rest is for slow lines and long echoes.
  replyTimeout: 3_000,
  prompts: '>#',
  dataPrompt: '#',
  parseStatus,
  parseEvent: parseUrc,
  isBanner,
  echoAfter,
  holdsSecret,
  refuseTyped,
};
