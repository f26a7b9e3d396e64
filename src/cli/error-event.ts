import type { AppError } from '../errors.ts';
import type { SessionEvent } from '../events.ts';

/** A failure as it is shown and kept. */
export function toErrorEvent({ code, message, hint, stackOfBug }: AppError): SessionEvent & { type: 'error' } {
  return { type: 'error', code, message, hint, ...(stackOfBug !== null && { stack: stackOfBug }) };
}
