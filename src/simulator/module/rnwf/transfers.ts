import type { Flash } from './flash.ts';
import { STATUS, type Status } from './status.ts';
import { printString } from './strings.ts';

const BLOCK = 128;

interface Transfer {
  readonly type: number;
  readonly name: string;
  readonly direction: 'load' | 'store';
  /** Loaded: what is to come in all; stored: the file. */
  readonly length: number;
  bytes: Buffer;
  /** The last block that was taken or given. */
  block: number;
}

export type Answer = { status: Status; line?: string };

/** Transfers of files in command lines, block by block (RNWF 9). */
export class Transfers {
  readonly #flash: Flash;
  /** A file has been written. */
  readonly #onWritten: (type: number, name: string, length: number) => void;
  readonly #open = new Map<number, Transfer>();
  #nextHandle = 20_489;

  constructor(flash: Flash, onWritten: (type: number, name: string, length: number) => void) {
    this.#flash = flash;
    this.#onWritten = onWritten;
  }

  load(type: number, name: string, length: number): Answer {
    const status = this.#flash.accepts(type, name, length);
    if (status !== STATUS.ok) return { status };
    return this.#begin('+FS:1', { type, name, direction: 'load', length, bytes: Buffer.alloc(0), block: 0 });
  }

  store(type: number, name: string): Answer {
    const bytes = this.#flash.read(type, name);
    if (!bytes) return { status: STATUS.fileNotFound };
    return this.#begin('+FS:5', { type, name, direction: 'store', length: bytes.length, bytes, block: 0 });
  }

  #begin(prefix: string, transfer: Transfer): Answer {
    const handle = this.#nextHandle++;
    this.#open.set(handle, transfer);
    return { status: STATUS.ok, line: `${prefix},${handle}` };
  }

  /** All transfers that have not ended. */
  report(): string[] {
    return [...this.#open.keys()].flatMap((handle) => this.query(handle).line ?? []);
  }

  query(handle: number): Answer {
    const transfer = this.#open.get(handle);
    if (!transfer) return { status: STATUS.invalidParameter };
    return { status: STATUS.ok, line: `+FSTSFR:${handle},${transfer.block},${remaining(transfer)}` };
  }

  /** Takes a block. All but the last are full, and they come in their order. */
  take(handle: number, block: number, data: Buffer): Answer {
    const transfer = this.#open.get(handle);
    if (transfer?.direction !== 'load' || block !== transfer.block + 1) return { status: STATUS.invalidParameter };
    const expected = Math.min(BLOCK, remaining(transfer));
    if (data.length !== expected) return { status: STATUS.invalidParameter };
    transfer.bytes = Buffer.concat([transfer.bytes, data]);
    transfer.block = block;
    const left = remaining(transfer);
    if (left === 0) {
      this.#open.delete(handle);
      const status = this.#flash.write(transfer.type, transfer.name, transfer.bytes);
      if (status !== STATUS.ok) return { status };
      this.#onWritten(transfer.type, transfer.name, transfer.length);
    }
    return { status: STATUS.ok, line: `+FSTSFR:${handle},${block},${left}` };
  }

  /** Gives a block of at most so many bytes. */
  give(handle: number, block: number, length: number): Answer {
    const transfer = this.#open.get(handle);
    if (transfer?.direction !== 'store' || block !== transfer.block + 1) return { status: STATUS.invalidParameter };
    const part = transfer.bytes.subarray(0, Math.min(length, BLOCK));
    transfer.bytes = transfer.bytes.subarray(part.length);
    transfer.block = block;
    const left = transfer.bytes.length;
    if (left === 0) this.#open.delete(handle);
    return { status: STATUS.ok, line: `+FSTSFR:${handle},${block},${left},${printString(part)}` };
  }

  /** Ends a transfer before its end. */
  abandon(handle: number): Status {
    return this.#open.delete(handle) ? STATUS.ok : STATUS.invalidParameter;
  }
}

function remaining({ direction, length, bytes }: Transfer): number {
  return direction === 'load' ? length - bytes.length : bytes.length;
}
