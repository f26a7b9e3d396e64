import { AtError } from './error.ts';
import type { Status } from './status.ts';

/** Longest command that the module executes, in bytes without CR LF; longer ones vanish in silence (T6). */
export const MAX_COMMAND = 510;

/** A line for the module, and how its answer is to be understood. */
export interface Command {
  /** The line without its end; printable ASCII. */
  text: string;
  /** What its information lines look like, `/^\+WSTA:[012]/` for instance; none by default. */
  response?: RegExp;
  /** More than one information line may come; of lines that could also be events, only the first is the response. */
  many?: boolean;
  /** It carries a secret: a line that cannot be understood while it is pending is withheld from view. */
  sensitive?: boolean;
  /** The verbosity of the module is not known yet: a bare `0`, `1` or `1:n` is a status too (AT protocol 6). */
  anyVerbosity?: boolean;
  /** Its answer is the boot banner, which may come in the middle of its echo (AT protocol 1.2). */
  restarts?: boolean;
  /**
   * The module asks for bytes with a `#` at the start of a line, which never ends (AT protocol 7.17): called then.
   * The command ends with the line that `response` describes, in place of a status.
   */
  onPrompt?: () => void;
  /** Milliseconds from the write to the status. */
  timeout?: number;
}

/** The module's refusal as an error, without the command's parameters. */
export function refusal(command: string, status: Status): AtError {
  const number = status.code === null ? '' : ` ${status.code}`;
  return new AtError(
    'refused',
    `The module refused ${commandName(command)} with error${number}: ${status.text}`,
    status,
  );
}

/** What the command makes of the echo (AT protocol 4.1.7); null when it leaves it as it is. */
export function echoAfter(text: string): boolean | null {
  const option = /^AT(?:V\d?)*E([01]?)/.exec(text)?.[1];
  return option === undefined ? null : option === '1';
}

/** The command without its parameters, which may be secret: `AT+WSTAC=3` of `AT+WSTAC=3,"..."`. */
export function commandName(text: string): string {
  return /^[^,"[]*/.exec(text)?.[0] ?? text;
}

/** Refuses what the module would drop, cut or misread (AT protocol 2.2, 2.4). */
export function checkLine(text: string): void {
  if (text.length > MAX_COMMAND) {
    throw new AtError('limit', `${commandName(text)} has ${text.length} bytes; the module takes ${MAX_COMMAND}`);
  }
  if (!/^[\x20-\x7e]+$/.test(text)) {
    throw new AtError('limit', `${commandName(text)} holds characters that the module drops`);
  }
}
