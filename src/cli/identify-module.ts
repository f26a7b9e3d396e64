import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { identifyModem } from '../modem/detect.ts';
import type { Modem } from '../modem/modem.ts';

/** What the program can do beside what the error says already. */
const HELP: { readonly [code: string]: string } = {
  E_MODULE_TIMEOUT: '`anycloud-iotc doctor` tries all baud rates.',
  E_MODULE_UNKNOWN: '`anycloud-iotc ports` lists the ports.',
};

/**
 * Brings what is at the other end of `stream` into order, and makes sure that it is a module.
 * @throws AppError that tells silence, a wrong baud rate and another device apart; the stream is closed then
 */
export async function identifyModule(stream: Duplex, clock: Clock, signal: AbortSignal): Promise<Modem> {
  try {
    return await identifyModem(stream, clock, signal);
  } catch (error) {
    const help = error instanceof AppError ? HELP[error.code] : undefined;
    if (!(error instanceof AppError) || help === undefined) throw error;
    throw new AppError(error.code, error.message, `${error.hint} ${help}`, error.cause);
  }
}
