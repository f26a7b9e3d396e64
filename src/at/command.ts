import { AtError } from './error.ts';
import type { RawBytes } from './raw-bytes.ts';
import type { Status } from './status.ts';

/** Work for which a command is given the stream, until its end. */
export interface Transfer {
  /** What the module may begin with where its prompt was lost; one character. */
  readonly firstByte: string;
  /**
   * Does it. When it fails the module must be back at its command line, as far as it can be brought there.
   * @returns how many bytes of data were transferred
   * @throws AtError, and whatever it likes
   */
  run(raw: RawBytes): Promise<number>;
}

/** A line for the module, and how its answer is to be understood. */
export interface Command {
  /** The line without its end; printable ASCII. */
  text: string;
  /** What its information lines look like, `/^\+CSQ:/` for instance; none by default. */
  response?: RegExp;
  /** More than one information line may come; of lines that could also be events, only the first is the response. */
  many?: boolean;
  /** A printed session has no status behind its information line: where none comes in time, the line is enough. */
  mayLackStatus?: boolean;
  /** How much the module says is not known yet: a bare number is a status too. */
  terse?: boolean;
  /**
   * It is not known what is at the other end: nothing is taken for a banner, every line but an event is the answer, and
   * so is the status, whatever it says. It need not be echoed.
   */
  toStranger?: boolean;
  /**
   * The module asks for bytes with a prompt at the start of a line, which never ends: called then. The command ends
   * with the line that `response` describes, in place of a status.
   */
  onPrompt?: () => void;
  /** A transfer of data instead: it begins with that prompt, and the status may come before it or after it. */
  transfer?: Transfer;
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

/** The command without its parameters, which may be secret. */
export function commandName(text: string): string {
  return /^[^,"[]*/.exec(text)?.[0] ?? text;
}

/** Refuses what the module would drop, cut or misread. @throws AtError `limit` */
export function checkLine(text: string, limit: number): void {
  if (text.length > limit) {
    throw new AtError('limit', `${commandName(text)} has ${text.length} bytes; the module takes ${limit}`);
  }
  if (!/^[\x20-\x7e]+$/.test(text)) {
    throw new AtError('limit', `${commandName(text)} holds characters that the module drops`);
  }
}
