import { AtError } from '../../at/error.ts';
import { DAMAGED, type RnwfLink } from './link.ts';
import { CODE } from './status.ts';
import { upload } from './upload.ts';
import { answerTo, integerOf, quote, stringOf, textOf, valuesOf } from './values.ts';

/** The kinds of files, as the module numbers them (RNWF 9). */
export const FILE_TYPE = { certificate: 1, key: 2 } as const;
export type FileType = (typeof FILE_TYPE)[keyof typeof FILE_TYPE];

/** The names of the identity that is stored by this program; letters, digits, `_` and `-` only (RNWF 9). */
export const CERTIFICATE_FILE = 'anycloud_iotc_cert';
export const KEY_FILE = 'anycloud_iotc_key';

const OPERATION = { load: 1, list: 2, delete: 3, info: 4, store: 5 } as const;
/** How a file is transferred: by XMODEM with CRC, or, from firmware 3.0 of RNWF02 on, in plain command lines (RNWF 9). */
const PROTOCOL = { xmodem: 2, lines: 5 } as const;
/** Of a transfer in command lines; all blocks but the last are full (RNWF 9). */
const BLOCK = 128;
/** The number of a block has a byte. */
const MAX_BLOCKS = 255;
export const MAKE_ROOM =
  'Delete files that nothing uses: AT+FS=2,<type> lists them, AT+FS=3,<type>,"<name>" deletes one.';
/** Flash takes its time. */
const TIMEOUT = 10_000;

/** The files in the flash of the module (RNWF 9). */
export class ModuleFiles {
  readonly #link: RnwfLink;

  constructor(link: RnwfLink) {
    this.#link = link;
  }

  /** The names of the files of a kind. @throws AtError */
  async list(type: FileType, signal: AbortSignal): Promise<string[]> {
    const text = `AT+FS=${OPERATION.list},${type}`;
    const lines = await this.#execute({ text, response: answerTo('FS', OPERATION.list), many: true }, signal);
    return lines.flatMap((line) => textOf(valuesOf(line).at(-1)) ?? []);
  }

  /** The bytes that are free; null when the module does not tell. @throws AtError */
  async free(signal: AbortSignal): Promise<number | null> {
    const [line = ''] = await this.#execute(
      { text: `AT+FS=${OPERATION.info}`, response: answerTo('FS', OPERATION.info) },
      signal,
    );
    return integerOf(valuesOf(line)[1]);
  }

  /** What is not there needs no deleting. @throws AtError */
  async delete(type: FileType, name: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#execute({ text: `AT+FS=${OPERATION.delete},${type},${quote(name)}` }, signal);
    } catch (error) {
      if (!(error instanceof AtError && error.status?.code === CODE.fileNotFound)) throw error;
    }
  }

  /**
   * Writes a file that is not there yet. Which transfers a module knows is asked of itself: RNWF11 does not tell its version,
   * and to be refused costs one line.
   * @param onProgress called with the bytes sent so far
   * @throws AtError `limit` when there is no room, or the firmware knows neither transfer
   */
  async write(
    type: FileType,
    name: string,
    bytes: Uint8Array,
    signal: AbortSignal,
    onProgress: (sent: number) => void = () => undefined,
  ): Promise<void> {
    if (bytes.length === 0 || bytes.length > BLOCK * MAX_BLOCKS) {
      throw new AtError('limit', `The file has ${bytes.length} bytes; the module takes 1 to ${BLOCK * MAX_BLOCKS}`);
    }
    const open = (protocol: number) => `AT+FS=${OPERATION.load},${type},${protocol},${quote(name)},${bytes.length}`;
    let handle: number;
    try {
      handle = await unlessDamaged(() => this.#open(open(PROTOCOL.lines), OPERATION.load, signal));
    } catch (error) {
      if (!isUnsupported(error)) throw inWords(error);
      return this.#upload(open(PROTOCOL.xmodem), type, name, bytes, signal, onProgress);
    }
    for (let block = 1, at = 0; at < bytes.length; block++, at += BLOCK) {
      const part = bytes.subarray(at, at + BLOCK);
      const left = bytes.length - at - part.length;
      await this.#send(handle, block, part, left, signal);
      onProgress(at + part.length);
    }
  }

  /** By XMODEM. What has come in part must not be taken for the file later, so it is deleted, even after an abort. */
  async #upload(
    text: string,
    type: FileType,
    name: string,
    bytes: Uint8Array,
    signal: AbortSignal,
    onProgress: (sent: number) => void,
  ): Promise<void> {
    const stored = this.#link.expect((seen) => (seen.type === 'file-stored' && seen.name === name) || undefined);
    let hasStarted = false;
    const onStart = () => {
      hasStarted = true;
    };
    try {
      await unlessDamaged(
        () => upload(this.#link, text, bytes, signal, { onStart, onProgress }),
        () => !hasStarted,
      );
      // `OK` may have come before the file, so it does not tell that it is kept.
      const isKept = async () => (await this.list(type, signal)).includes(name);
      if (await isKept()) return;
      await stored.within(this.#link.clock, TIMEOUT, signal);
      if (!(await isKept())) throw new AtError('refused', 'The module has taken the file, and does not have it');
    } catch (error) {
      if (hasStarted && !(error instanceof AtError && error.failure === 'closed')) {
        await this.delete(type, name, new AbortController().signal).catch(() => undefined);
      }
      throw inWords(error);
    } finally {
      stored.cancel();
    }
  }

  /** Reads a file; null when there is none of that name. @throws AtError */
  async read(type: FileType, name: string, signal: AbortSignal): Promise<Buffer | null> {
    const open = `AT+FS=${OPERATION.store},${type},${PROTOCOL.lines},${quote(name)}`;
    const handle = await this.#open(open, OPERATION.store, signal).catch((error: unknown) => {
      if (error instanceof AtError && error.status?.code === CODE.fileNotFound) return null;
      throw inWords(error);
    });
    if (handle === null) return null;
    const parts: Buffer[] = [];
    for (let block = 1; block <= MAX_BLOCKS; block++) {
      const text = `AT+FSTSFR=${handle},${block},${BLOCK}`;
      const [line = ''] = await this.#execute({ text, response: blockOf(handle, block) }, signal);
      const values = valuesOf(line);
      const part = stringOf(values[3]);
      const left = integerOf(values[2]);
      if (part === null || left === null) break;
      parts.push(part);
      if (left === 0) return Buffer.concat(parts);
    }
    throw new AtError('refused', `The module does not give the file ${name} as its protocol says`);
  }

  /** Starts a transfer in command lines. @returns its handle */
  async #open(text: string, operation: number, signal: AbortSignal): Promise<number> {
    const response = answerTo('FS', operation);
    const [line = ''] = await this.#link.executeRaw({ text, response, timeout: TIMEOUT }, signal);
    const handle = integerOf(valuesOf(line)[1]);
    if (handle === null) throw new AtError('refused', 'The module has given no handle for the transfer of a file');
    return handle;
  }

  /** Sends a block; where the answer was lost, the module is asked whether it has taken it. */
  async #send(handle: number, block: number, part: Uint8Array, left: number, signal: AbortSignal): Promise<void> {
    const command = {
      text: `AT+FSTSFR=${handle},${block},[${Buffer.from(part).toString('hex').toUpperCase()}]`,
      response: blockOf(handle, block),
      timeout: TIMEOUT,
    };
    try {
      const [line = ''] = await this.#link.executeRaw(command, signal);
      if (integerOf(valuesOf(line)[2]) === left) return;
    } catch (error) {
      const isLost =
        error instanceof AtError && (error.failure === 'timed-out' || error.status?.code === CODE.invalidCommand);
      if (!isLost) throw inWords(error);
    }
    const query = { text: `AT+FSTSFR=${handle}`, response: answerTo('FSTSFR', handle), timeout: TIMEOUT };
    const [report = ''] = await this.#link.executeRaw(query, signal);
    const [, last, remaining] = valuesOf(report).map(integerOf);
    if (last === block && remaining === left) return;
    if (last !== block - 1) throw new AtError('refused', 'The module has lost a part of the file on its way');
    const [line = ''] = await this.#link.executeRaw(command, signal);
    if (integerOf(valuesOf(line)[2]) !== left)
      throw new AtError('refused', 'The module has not taken a part of the file');
  }

  /** A command that does no harm when it is sent again. A query may have no lines for an answer. */
  async #execute(command: { text: string; response?: RegExp; many?: boolean }, signal: AbortSignal): Promise<string[]> {
    const patient = { ...command, timeout: TIMEOUT };
    try {
      return (await this.#link.executeOnceWithLines(patient, signal)) ?? (await this.#link.executeRaw(patient, signal));
    } catch (error) {
      throw inWords(error);
    }
  }
}

/** Tries again, once, where the line was damaged on its way, and so not executed. */
async function unlessDamaged<T>(work: () => Promise<T>, isSafe = () => true): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof AtError && DAMAGED.has(error.status?.code ?? '') && isSafe())) throw error;
    return work();
  }
}

function blockOf(handle: number, block: number): RegExp {
  return answerTo('FSTSFR', handle, block);
}

/** Whether the firmware does not know a transfer: it says so, or that a parameter is wrong. */
function isUnsupported(error: unknown): boolean {
  if (!(error instanceof AtError)) return false;
  return error.status?.code === CODE.unsupportedTransfer || error.status?.code === CODE.invalidParameter;
}

/** What a person can do something about. */
function inWords(error: unknown): unknown {
  if (!(error instanceof AtError)) return error;
  switch (error.status?.code) {
    case CODE.unsupportedTransfer:
    case CODE.invalidParameter:
      return new AtError(
        'limit',
        'The firmware takes no files, neither in command lines nor by XMODEM',
        error.status,
        error,
        'DigiCert Global Root G2, which Azure needs, is in every module already. For another root, or the identity of an ' +
          'RNWF02, use newer firmware.',
      );
    case CODE.fileCreate:
    case CODE.fileWrite:
      return new AtError('limit', 'The module has no room left for the file', error.status, error, MAKE_ROOM);
    default:
      return error;
  }
}
