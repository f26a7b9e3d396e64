const MAX_LINES = 8;
const MAX_BYTES = 2048;

/** The lines that cursor up and down bring back (AT protocol 2.5). */
export class History {
  readonly #lines: Buffer[] = [];
  #shown = -1;

  /** Remembers an executed line; the oldest ones give way. */
  add(line: Buffer): void {
    this.#lines.unshift(line);
    this.#shown = -1;
    while (this.#lines.length > MAX_LINES || this.#size > MAX_BYTES) this.#lines.pop();
  }

  /** The line before the shown one, undefined at the end. */
  older(): Buffer | undefined {
    return this.#show(this.#shown + 1);
  }

  /** The line after the shown one, undefined at the end. */
  newer(): Buffer | undefined {
    return this.#show(this.#shown - 1);
  }

  get #size(): number {
    return this.#lines.reduce((sum, line) => sum + line.length, 0);
  }

  #show(index: number): Buffer | undefined {
    const line = this.#lines[index];
    if (line) this.#shown = index;
    return line;
  }
}
