import type { Clock, Timer } from '../../../clock.ts';
import type { Ring } from '../ring.ts';
import { STATUS, type Status } from './status.ts';

/** What can go wrong with a file on its way, as long as it is asked for. */
export const TRANSFER_FAULTS = ['damage', 'lose-ack', 'cancel', 'silence'] as const;
export type TransferFault = (typeof TRANSFER_FAULTS)[number];

const SOH = 0x01;
const EOT = 0x04;
const ACK = 0x06;
const NAK = 0x15;
const CAN = 0x18;
const READY = 0x43;
const HEADER = 3;
const DATA = 128;
const FRAME = HEADER + DATA + 2;

const READY_MS = 3_000;
const MAX_READY = 20;
/** Within a frame, and between two. */
const BYTE_MS = 1_000;
const FRAME_MS = 10_000;
const MAX_WAITS = 6;
/** After which `+++` ends the transfer (RNWF 2). */
const ESCAPE = Buffer.from('+++');
const ESCAPE_MS = 1_000;

/** For each value of the upper byte of the register, what it leaves there when it is shifted out. */
const CRC_TABLE = Uint16Array.from({ length: 256 }, (_, index) => {
  let register = index << 8;
  for (let bit = 0; bit < 8; bit++) register = register >= 0x8000 ? (register << 1) ^ 0x11021 : register << 1;
  return register;
});

export interface XmodemOptions {
  clock: Clock;
  write: (bytes: Uint8Array) => void;
  /** Bytes of the file; what comes beyond is padding. */
  length: number;
  fault: () => TransferFault | undefined;
  /** It is over. @param bytes the file; undefined when it has not come whole */
  onEnd: (status: Status, bytes?: Buffer) => void;
}

/** The module's end of a transfer by XMODEM with CRC: it asks for each frame, and says how it came (RNWF 9). */
export class XmodemReceiver {
  readonly #options: XmodemOptions;
  readonly #blocks: Buffer[] = [];
  #frame: number[] = [];
  #tail = Buffer.alloc(0);
  #last = 0;
  #waits = 0;
  #timer: Timer | undefined;
  #escape: Timer | undefined;
  /** The frame that a fault has struck last; each is struck once. */
  #struck = 0;
  #isOver = false;

  constructor(options: XmodemOptions) {
    this.#options = options;
  }

  begin(): void {
    this.#ask();
  }

  /** Takes everything that has been received. */
  take(received: Ring): void {
    while (received.length > 0 && !this.#isOver) {
      const bytes = received.take(received.length);
      this.#watchEscape(bytes);
      for (const byte of bytes) this.#takeByte(byte);
    }
  }

  #ask(): void {
    if (++this.#waits > MAX_READY) {
      this.#end(STATUS.timedOut);
      return;
    }
    this.#say(READY);
    this.#wait(READY_MS, () => this.#ask());
  }

  #watchEscape(bytes: Buffer): void {
    this.#tail = Buffer.concat([this.#tail, bytes]).subarray(-ESCAPE.length);
    this.#escape?.cancel();
    this.#escape = this.#tail.equals(ESCAPE)
      ? this.#options.clock.after(ESCAPE_MS, () => this.#end(STATUS.general))
      : undefined;
  }

  #takeByte(byte: number): void {
    if (this.#isOver) return;
    const before = this.#last;
    this.#last = byte;
    if (this.#frame.length > 0 || byte === SOH) {
      this.#frame.push(byte);
      this.#waits = 0;
      if (this.#frame.length < FRAME) this.#wait(BYTE_MS, () => this.#refuse());
      else this.#takeFrame(Buffer.from(this.#frame));
    } else if (byte === EOT) {
      this.#complete();
    } else if (byte === CAN && before === CAN) {
      this.#end(STATUS.general);
    }
  }

  #takeFrame(frame: Buffer): void {
    this.#frame = [];
    this.#last = 0;
    const number = frame[1] ?? 0;
    const data = frame.subarray(HEADER, HEADER + DATA);
    const expected = this.#blocks.length + 1;
    const fault = this.#options.fault();
    if (fault === 'cancel' && expected > 1) {
      this.#cancel();
      return;
    }
    if (fault === 'silence') {
      this.#wait(FRAME_MS, () => this.#idle());
      return;
    }
    const isWhole = number + (frame[2] ?? 0) === 0xff && crcOf(data) === frame.readUInt16BE(HEADER + DATA);
    const isNext = number === (expected & 0xff);
    const isAgain = number === ((expected - 1) & 0xff);
    const isStruck = isNext && fault !== undefined && this.#struck < expected;
    if (isStruck) this.#struck = expected;
    if (!isWhole || (isStruck && fault === 'damage')) {
      this.#refuse();
      return;
    }
    if (!isNext && !isAgain) {
      this.#cancel();
      return;
    }
    if (isNext) this.#blocks.push(Buffer.from(data));
    if (!(isStruck && fault === 'lose-ack')) this.#say(ACK);
    this.#wait(FRAME_MS, () => this.#idle());
  }

  #refuse(): void {
    this.#frame = [];
    this.#say(NAK);
    this.#wait(FRAME_MS, () => this.#idle());
  }

  #idle(): void {
    if (this.#options.fault() === 'silence') {
      this.#wait(FRAME_MS, () => this.#idle());
    } else if (++this.#waits > MAX_WAITS) {
      this.#end(STATUS.timedOut);
    } else {
      this.#refuse();
    }
  }

  #complete(): void {
    const bytes = Buffer.concat(this.#blocks);
    if (this.#options.fault() === 'silence') return;
    if (bytes.length < this.#options.length) {
      this.#cancel();
      return;
    }
    this.#say(ACK);
    this.#end(STATUS.ok, bytes.subarray(0, this.#options.length));
  }

  #cancel(): void {
    this.#say(CAN, CAN);
    this.#end(STATUS.general);
  }

  #end(status: Status, bytes?: Buffer): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer?.cancel();
    this.#escape?.cancel();
    this.#options.onEnd(status, bytes);
  }

  #say(...bytes: number[]): void {
    this.#options.write(Uint8Array.from(bytes));
  }

  #wait(ms: number, then: () => void): void {
    this.#timer?.cancel();
    this.#timer = this.#options.clock.after(ms, then);
  }
}

function crcOf(bytes: Uint8Array): number {
  return bytes.reduce((crc, byte) => ((crc & 0xff) << 8) ^ (CRC_TABLE[(crc >> 8) ^ byte] ?? 0), 0);
}
