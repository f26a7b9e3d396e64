import type { Dialect } from '../../at/dialect.ts';
import { parseEvent, type RnwfEvent } from './events.ts';
import type { Product } from './product.ts';
import { holdsSecret } from './secrets.ts';
import { parseStatus } from './status.ts';

/** What a boot prints: a banner of text, and from firmware 3.x on an event that holds it (RNWF 2). */
const BANNER = /^\+BOOT\b|RNWF ?- ?AT Command Interface/;

/** Basic commands chain, and an extended one may follow (RNWF 2); the last `E` counts. */
function echoAfter(command: string): boolean | null {
  const basics = /^AT((?:&?[A-Z]\d*)+)/.exec(command)?.[1] ?? '';
  const option = [...basics.matchAll(/(?<!&)E([01])/g)].at(-1)?.[1];
  return option === undefined ? null : option === '1';
}

/** What a person may not send, and why. */
const REFUSED: readonly [RegExp, string][] = [
  [/^AT\S*\+IPR=|^AT\S*\+CFG=\s*21\s*,/, 'the module would change its baud rate, and answer no more'],
  [/^AT[^+]*&K/, 'the module would wait for control lines that nobody sets'],
  [/^AT[^+]*V/, 'the program relies on the full text of replies'],
  [/^AT[^+]*[MFLN]/, 'the program relies on the usual form of what the module prints'],
  [/^AT\S*\+[0-9A-F]{2}[.:][0-9A-F]{2}\b/i, 'commands by their numbers are not understood here'],
  [/^AT\S*\+FS=\s*[15]\s*,/, 'files are transferred by commands of their own'],
  [/^AT\S*\+SOCK(?:RD|WR)/, 'the module would take what follows for data'],
];

function refuseTyped(line: string): string | null {
  const why = REFUSED.find(([form]) => form.test(line))?.[1];
  return why === undefined ? null : `${/^[^=,]*/.exec(line)?.[0] ?? line} is not sent: ${why}`;
}

/** How modules of this family speak (RNWF 2, 3). */
export function dialectOf({ limits }: Product): Dialect<RnwfEvent> {
  return {
    commandLimit: limits.command,
    replyTimeout: 3_000,
    prompts: '>#',
    dataPrompt: '#',
    parseStatus,
    parseEvent,
    isBanner: (line) => BANNER.test(line),
    echoAfter,
    holdsSecret,
    refuseTyped,
  };
}
