import type { AppError } from '../errors.ts';
import type { SessionEvent } from '../events.ts';
import { hintOf, type Situation } from './hints.ts';

/** A failure as it is shown and kept. */
export function toErrorEvent(error: AppError, situation: Situation): SessionEvent & { type: 'error' } {
  const { code, message, stackOfBug } = error;
  const hint = hintOf(error, situation);
  return { type: 'error', code, message, hint, ...(stackOfBug !== null && { stack: stackOfBug }) };
}
