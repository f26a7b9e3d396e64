import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { AtError } from '../at/error.ts';
import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { createModem } from '../modem/detect.ts';
import type { Modem } from '../modem/modem.ts';

/** So many bytes tell what is at the other end. */
const SAMPLE = 512;
/** A wrong baud rate turns text into bytes of any value; a few of them are noise. */
const MOSTLY = 0.8;
const SHOWN = 60;

/**
 * Brings what is at the other end of `stream` into step, and makes sure that it is an AnyCloud module.
 * @throws AppError that tells silence, a wrong baud rate and another device apart; the stream is closed then
 */
export async function identifyModule(stream: Duplex, clock: Clock, signal: AbortSignal): Promise<Modem> {
  const module = createModem(stream, clock);
  let heard = Buffer.alloc(0);
  const listen = (chunk: Buffer) => {
    if (heard.length < SAMPLE) heard = Buffer.concat([heard, chunk.subarray(0, SAMPLE)]);
  };
  stream.on('data', listen);
  try {
    await module.sync(signal);
    await module.identify(signal);
    return module;
  } catch (error) {
    await closeLink(module, stream);
    if (error instanceof AtError && error.failure === 'timed-out') throw explainTimeout(heard, error);
    if (error instanceof AtError && error.failure === 'refused') throw stranger('refuses what one takes', error);
    throw error;
  } finally {
    stream.off('data', listen);
  }
}

/** Ends a module's link and waits until its port is free again. */
export async function closeLink(module: Modem, stream: Duplex): Promise<void> {
  const closed = stream.destroyed ? null : once(stream, 'close');
  module.close();
  await closed;
}

function stranger(doing: string, cause: unknown): AppError {
  return new AppError(
    'E_MODULE_UNKNOWN',
    `The device at the serial port is not an AnyCloud module: it answers AT, but ${doing}`,
    'Choose the port of the board (anycloud-iotc ports lists them), or program the AnyCloud firmware onto it.',
    cause,
  );
}

/** What the bytes that came instead of an answer say about the other end. */
export function explainTimeout(heard: Buffer, cause?: unknown): AppError {
  if (heard.length === 0) {
    return new AppError(
      'E_MODULE_TIMEOUT',
      'Nothing answers at the serial port',
      'Press the reset button of the board; check its power, and that TX goes to RX, RX to TX and GND to GND.',
      cause,
    );
  }
  const printable = heard.filter((byte) => (byte >= 0x20 && byte <= 0x7e) || (byte >= 0x07 && byte <= 0x0d));
  if (printable.length < MOSTLY * heard.length) {
    return new AppError(
      'E_MODULE_TIMEOUT',
      'What comes from the serial port is no text, so the baud rate is likely wrong',
      'Press the reset button: a board that was just started speaks 230400 baud. anycloud-iotc doctor tries all rates.',
      cause,
    );
  }
  const excerpt = heard.toString('latin1').trim().slice(0, SHOWN);
  return new AppError(
    'E_MODULE_TIMEOUT',
    `The device at the serial port prints text, but does not answer AT commands: ${JSON.stringify(excerpt)}`,
    'Choose the port that leads to the UART of the module (anycloud-iotc ports lists them all).',
    cause,
  );
}
