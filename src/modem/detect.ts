import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { AtError } from '../at/error.ts';
import type { Clock } from '../clock.ts';
import { MAX_LOADED } from './anycloud/certificates.ts';
import { AnyCloudLink } from './anycloud/link.ts';
import { AnyCloudModem } from './anycloud/modem.ts';
import type { Modem } from './modem.ts';

/** The longest root certificate, as PEM, that any module takes; in bytes. */
export const LONGEST_ROOT = MAX_LOADED;

/** The module at the other end of `stream`, whose family is found when it is synchronized. */
export function createModem(stream: Duplex, clock: Clock): Modem {
  return new AnyCloudModem(stream, clock);
}

/** The first command may be refused for what was sent at a wrong rate before, and still stands in the line. */
const ATTEMPTS = 2;
const TIMEOUT = 1_000;

/** Whether something at the other end of `stream` answers AT commands. The stream is closed afterwards. */
export async function answersAt(stream: Duplex, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const link = new AnyCloudLink(stream, clock);
  try {
    for (let attempt = 1; attempt <= ATTEMPTS; attempt++) {
      try {
        await link.executeRaw({ text: 'ATE1', terse: true, timeout: TIMEOUT }, signal);
        return true;
      } catch (error) {
        if (!(error instanceof AtError)) throw error;
        if (error.failure === 'refused') return true;
      }
    }
    return false;
  } finally {
    const closed = stream.destroyed ? null : once(stream, 'close');
    link.close();
    await closed;
  }
}
