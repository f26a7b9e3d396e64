import { Duplex } from 'node:stream';

/** What a serial driver keeps for a host that does not read; more than this is lost. */
const HOST_BUFFER = 65_536;

/** Takes bytes from the host; `sent` is called when the wire has carried them. */
export type FromHost = (end: HostEnd, bytes: Buffer, sent: () => void) => void;

/** The host's end of the wire, as a serial port offers it. Closing it leaves the module as it is. */
export class HostEnd extends Duplex {
  readonly #fromHost: FromHost;

  constructor(fromHost: FromHost) {
    super();
    this.#fromHost = fromHost;
  }

  /** Bytes from the module. */
  deliver(bytes: Uint8Array): void {
    if (this.destroyed || this.readableLength + bytes.length > HOST_BUFFER) return;
    this.push(bytes);
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#fromHost(this, chunk, done);
  }
}
