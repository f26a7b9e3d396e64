const MAX_LINES = 8;
const MAX_BYTES = 2048;

/** The lines that cursor up and down bring back (AT protocol 2.5). */
export class History {
  readonly #lines: Buffer[] = [];
  #shown = -1;

  /** Remembers an executed line; the oldest ones give way. */
  add(line: Buffer): void {
    this.#lines.unshift(line);
    while (this.#lines.length > MAX_LINES || this.#size > MAX_BYTES) this.#lines.pop();
  }

  /** A new line is being typed: the next line back is the last one again. */
  rewind(): void {
    this.#shown = -1;
  }

  /** The line before the shown one; at the end that one again. */
  older(): Buffer | undefined {
    return this.#show(Math.min(this.#shown + 1, this.#lines.length - 1));
  }

  /** The line after the shown one; at the end that one again, and none while none is shown. */
  newer(): Buffer | undefined {
    return this.#shown < 0 ? undefined : this.#show(Math.max(this.#shown - 1, 0));
  }

  get #size(): number {
    return this.#lines.reduce((sum, line) => sum + line.length, 0);
  }

  #show(index: number): Buffer | undefined {
    this.#shown = index;
    return this.#lines[index];
  }
}
