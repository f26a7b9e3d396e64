import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { AtError } from '../at/error.ts';
import type { Clock } from '../clock.ts';
import { MAX_LOADED } from './anycloud/certificates.ts';
import { LIMITS } from './anycloud/limits.ts';
import { AnyCloudLink } from './anycloud/link.ts';
import { AnyCloudModem } from './anycloud/modem.ts';
import type { Modem, ModemLimits } from './modem.ts';

/** What a module of any family can hold or send at most; the module that is found may take less. */
export const LARGEST: ModemLimits = LIMITS;

/** The longest root certificate, as PEM, that any module takes; in bytes. */
export const LONGEST_ROOT = MAX_LOADED;

/** The module at the other end of `stream`, whose family is found when it is synchronized. */
export function createModem(stream: Duplex, clock: Clock): Modem {
  return new AnyCloudModem(stream, clock);
}

/**
 * Brings what is at the other end of `stream` into order, and makes sure that it is a module.
 * @param onModem is called with it before anything is asked
 * @throws AppError that tells silence, a wrong baud rate and another device apart; the stream is closed then
 */
export async function identifyModem(
  stream: Duplex,
  clock: Clock,
  signal: AbortSignal,
  onModem: (modem: Modem) => void = () => undefined,
): Promise<Modem> {
  const modem = createModem(stream, clock);
  onModem(modem);
  try {
    await modem.sync(signal);
    await modem.identify(signal);
    return modem;
  } catch (error) {
    await closeLink(modem, stream);
    throw error;
  }
}

/** Ends a module's link, and waits until its port is free again. */
export async function closeLink(link: { close(): void }, stream: Duplex): Promise<void> {
  const closed = stream.destroyed ? null : once(stream, 'close');
  link.close();
  await closed;
}

/** What was sent at a wrong rate may still stand in the module's line, and fall together with the first command. */
const ATTEMPTS = 2;
const TIMEOUT = 1_000;

/** Whether something at the other end of `stream` answers AT commands. The stream is closed afterwards. */
export async function answersAt(stream: Duplex, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const link = new AnyCloudLink(stream, clock);
  const question = { text: 'ATE1', terse: true, toStranger: true, timeout: TIMEOUT };
  try {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      try {
        await link.executeRaw(question, signal);
        return true;
      } catch (error) {
        if (!(error instanceof AtError) || error.failure === 'closed') throw error;
      }
    }
    return false;
  } finally {
    await closeLink(link, stream);
  }
}
