import type { Status } from './status.ts';

/** Everything that a link has to be told about the family of the module at its other end. */
export interface Dialect<E> {
  /** The longest command line that is executed, in bytes without its end. */
  readonly commandLimit: number;
  /** Milliseconds from a command to its status, where the command itself does not say. */
  readonly replyTimeout: number;
  /** The characters that are printed before a line without belonging to it. */
  readonly prompts: string;
  /** The character that asks for binary data, at the start of a line that never ends. */
  readonly dataPrompt: string;
  /**
   * Reads a status line, in a form that other families use as well, so that what is no module of this family is seen
   * to answer.
   * @param terse a bare number is a status too: how much the module says is not known yet
   */
  parseStatus(line: string, terse: boolean): Status | null;
  /** Reads an event line; null when it is none, or is not complete. */
  parseEvent(line: string): E | null;
  /**
   * Whether a line tells that the module has started.
   * @param afterBlank an empty line came just before it
   * @param pending the command whose status is awaited
   */
  isBanner(line: string, afterBlank: boolean, pending: string | null): boolean;
  /** Whether the module echoes once it has executed a command; null when the command leaves that as it is. */
  echoAfter(command: string): boolean | null;
  /** Whether a command, its echo or its answer holds a secret. */
  holdsSecret(command: string): boolean;
  /** Why a typed line must not be sent: it would change what the link relies on. Null when it may. */
  refuseTyped(line: string): string | null;
}
