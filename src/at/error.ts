import { AppError, type ErrorCode } from '../errors.ts';
import type { Status } from './status.ts';

/**
 * Why a command has no good answer: refused by a status, out of place without a connection, unanswered, cut short by a
 * reset, port gone, or never sent.
 */
export type AtFailure = 'refused' | 'not-connected' | 'timed-out' | 'reset' | 'closed' | 'limit';

const CODES: Record<AtFailure, ErrorCode> = {
  refused: 'E_MODULE_REFUSED',
  'not-connected': 'E_MODULE_REFUSED',
  'timed-out': 'E_MODULE_TIMEOUT',
  reset: 'E_MODULE_RESET',
  closed: 'E_PORT_LOST',
  limit: 'E_MODULE_LIMIT',
};

const HINTS: Record<AtFailure, string> = {
  refused: "Look up the error in the module's AT command reference.",
  'not-connected': 'The module has lost its connection to the broker.',
  'timed-out': 'Check power, wiring (TX to RX, RX to TX) and baud rate, or press the reset button.',
  reset: 'The module has restarted and forgotten its settings; check its power supply when this happens often.',
  closed: 'Plug the adapter in again and restart.',
  limit: 'Shorten the value: the module would drop it without a word.',
};

/** The failure of one AT command. */
export class AtError extends AppError {
  readonly failure: AtFailure;
  /** The status that the module gave, where it gave one. */
  readonly status: Status | null;

  /** @param hint the next action, where there is a better one than for others of its kind */
  constructor(
    failure: AtFailure,
    message: string,
    status: Status | null = null,
    cause?: unknown,
    hint: string = HINTS[failure],
  ) {
    super(CODES[failure], message, hint, cause);
    this.name = 'AtError';
    this.failure = failure;
    this.status = status;
  }
}
