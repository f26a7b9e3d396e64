/** A byte queue of fixed size: what does not fit is lost, as in the module's UART driver (AT protocol 1). */
export class Ring {
  readonly #bytes: Buffer;
  #start = 0;
  #length = 0;

  /** @param capacity how many bytes it can hold. */
  constructor(capacity: number) {
    this.#bytes = Buffer.alloc(capacity);
  }

  get length(): number {
    return this.#length;
  }

  get free(): number {
    return this.#bytes.length - this.#length;
  }

  /** Appends as many of the bytes as there is room for; the rest is dropped. */
  push(bytes: Uint8Array): void {
    const accepted = bytes.subarray(0, this.free);
    const end = (this.#start + this.#length) % this.#bytes.length;
    const first = accepted.subarray(0, this.#bytes.length - end);
    this.#bytes.set(first, end);
    this.#bytes.set(accepted.subarray(first.length), 0);
    this.#length += accepted.length;
  }

  /** Removes and returns the oldest bytes, `count` at most. */
  take(count: number): Buffer {
    const size = Math.min(count, this.#length);
    const first = this.#bytes.subarray(this.#start, this.#start + size);
    const taken = Buffer.concat([first, this.#bytes.subarray(0, size - first.length)], size);
    this.#start = (this.#start + size) % this.#bytes.length;
    this.#length -= size;
    return taken;
  }

  /** Removes and returns the oldest byte. */
  shift(): number | undefined {
    if (this.#length === 0) return undefined;
    const byte = this.#bytes[this.#start];
    this.#start = (this.#start + 1) % this.#bytes.length;
    this.#length -= 1;
    return byte;
  }

  clear(): void {
    this.#length = 0;
  }
}
