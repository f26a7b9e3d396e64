import { accessSync, constants, statSync } from 'node:fs';
import { SerialPort } from 'serialport';
import { AppError, type Facts } from '../errors.ts';
import { accessHint, readAccess } from './access.ts';
import { holders } from './holder.ts';
import { hintFor } from './likely.ts';
import { listPorts } from './list.ts';
import { readPort } from './read.ts';

export { listPorts };

/** serialport's own streams leave the port open, and locked, when they are destroyed. */
class ClosingPort extends SerialPort {
  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    if (this.isOpen) this.close(() => callback(error));
    else callback(error);
  }
}

/**
 * Opens a serial port, 8 data bits, no parity, 1 stop bit, no flow control (AT protocol 1).
 * @param path `COM5`, `/dev/ttyUSB0`
 * @param baudRate bits per second
 * @returns the port; destroying it closes it
 * @throws AppError that says what is wrong with the port, and what to do about it
 */
export async function openPort(path: string, baudRate: number): Promise<SerialPort> {
  await check(path);
  // hupcl would drop DTR when the port closes, which resets some boards.
  const port = new ClosingPort({ path: bindingPath(path, process.platform), baudRate, autoOpen: false, hupcl: false });
  return new Promise((resolve, reject) => {
    port.open((error) => {
      if (error) {
        describeFailure(path, error).then(reject, reject);
        return;
      }
      noticeHangUp(port);
      resolve(port);
    });
  });
}

function noticeHangUp({ port }: SerialPort): void {
  if (port && 'poller' in port) port.read = (buffer, offset, length) => readPort(port, buffer, offset, length);
}

/** What the file system already knows; its error codes are better than the texts of the driver. */
async function check(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  let isDevice: boolean;
  try {
    isDevice = statSync(path).isCharacterDevice();
  } catch (cause) {
    throw await notFound(path, cause);
  }
  if (!isDevice) throw await notSerial(path);
  try {
    accessSync(path, constants.R_OK | constants.W_OK);
  } catch (cause) {
    throw denied(path, cause);
  }
}

/** The driver's errors have texts only, which differ between systems. */
async function describeFailure(path: string, cause: Error): Promise<AppError> {
  const text = cause.message;
  if (/no such file|file not found/i.test(text)) {
    return notFound(path, cause);
  }
  if (/cannot lock port|resource busy|temporarily unavailable|access denied/i.test(text)) {
    return busy(path, cause);
  }
  if (/permission denied/i.test(text)) return denied(path, cause);
  if (/inappropriate ioctl|is a directory|not a tty/i.test(text)) {
    return notSerial(path, cause);
  }
  return new AppError(
    'E_PORT',
    `The serial port "${path}" cannot be opened: ${text}`,
    'Take the adapter out and plug it in again.',
    cause,
  );
}

function busy(path: string, cause: unknown): AppError {
  const names = holders(path).map(({ pid, name }) => `${name} (process ${pid})`);
  const who = names.length === 0 ? 'another program' : names.join(', ');
  return new AppError(
    'E_PORT_BUSY',
    `The serial port "${path}" is in use by ${who}`,
    'Close the terminal program, or the other run of this one, that has it open.',
    cause,
  );
}

function denied(path: string, cause: unknown): AppError {
  let hint = 'Run this as a user who may use the port.';
  try {
    hint = accessHint(readAccess(path));
  } catch {
    // The system does not tell its groups in this way.
  }
  return new AppError('E_PORT_DENIED', `You are not allowed to use the serial port "${path}"`, hint, cause);
}

async function notFound(path: string, cause: unknown): Promise<AppError> {
  const foreign = foreignName(path, process.platform);
  const what = foreign === null ? '' : `, which is a name of ${foreign}`;
  return new AppError('E_PORT_NOT_FOUND', `There is no serial port "${path}"${what}`, ...(await others(cause)));
}

async function notSerial(path: string, cause?: unknown): Promise<AppError> {
  return new AppError('E_PORT_NOT_SERIAL', `"${path}" is not a serial port`, ...(await others(cause)));
}

async function others(cause: unknown): Promise<[hint: string, cause: unknown, facts: Facts]> {
  const ports = (await listPorts()).map(({ path }) => path);
  return [hintFor(ports), cause, { ports }];
}

/** The name as the binding takes it, which puts the prefix of Windows before it by itself: `COM10` of `\\.\COM10`. */
export function bindingPath(path: string, platform: NodeJS.Platform): string {
  return platform === 'win32' ? path.replace(/^\\\\[.?]\\(?=com\d+$)/i, '') : path;
}

/** The system that has ports of this name, where it is another one. */
export function foreignName(path: string, platform: NodeJS.Platform): string | null {
  if (/^(?:\\\\\.\\)?com\d+$/i.test(path)) return platform === 'win32' ? null : 'Windows';
  if (/^\/dev\/(?:cu|tty)\./.test(path)) return platform === 'darwin' ? null : 'macOS';
  if (/^\/dev\/tty(?:USB|ACM|AMA|S)\d+$/.test(path)) return platform === 'linux' ? null : 'Linux';
  return null;
}
