import type { Command } from '../at/command.ts';
import { AtError } from '../at/error.ts';

/** What is needed of a link to bring what is at its other end to order. */
interface Synchronizable {
  executeRaw(command: Command, signal: AbortSignal): Promise<unknown>;
  leaveBinaryMode(signal: AbortSignal): Promise<void>;
}

const TIMEOUT = 1_000;
/** A board that is just starting may take some seconds until it answers (AT protocol 1.2, RNWF 2). */
const ATTEMPTS = 8;
/** After so many attempts without an answer a transfer of binary data may be what swallows them. */
const PATIENCE = 2;
/** The first answer after silence may be to half a line, so it takes more than one refusal to give up. */
const REFUSALS = 3;

/**
 * Brings a module to order, in whatever condition it is found: no half-typed line, no transfer of binary data that hangs.
 * @param commands what is sent until all of it is answered
 * @param onSilent called after each attempt in vain, of so many
 * @throws AtError of the last attempt
 */
export async function synchronize(
  link: Synchronizable,
  commands: readonly Command[],
  onSilent: (count: number, total: number) => void,
  signal: AbortSignal,
): Promise<void> {
  let refusals = 0;
  for (let attempt = 1; ; attempt++) {
    try {
      for (const command of commands) await link.executeRaw({ terse: true, timeout: TIMEOUT, ...command }, signal);
      return;
    } catch (error) {
      if (!(error instanceof AtError) || error.failure === 'closed') throw error;
      if (error.failure === 'refused') refusals++;
      const isWaking = error.failure === 'refused' && refusals < REFUSALS;
      if (attempt >= ATTEMPTS && !isWaking) throw error;
      if (error.failure === 'timed-out') onSilent(attempt, ATTEMPTS);
      if (error.failure === 'timed-out' && attempt === PATIENCE) await link.leaveBinaryMode(signal);
    }
  }
}
