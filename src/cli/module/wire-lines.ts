/** What is kept of a line; the longest legal one, a certificate, has about 2 KB. */
const MAX_LINE = 8192;

/** Cuts the bytes of one direction of a wire into lines, for people to read: empty ones are left out, long ones cut. */
export class WireLines {
  readonly #onLine: (line: string) => void;
  #rest = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  push(chunk: Buffer): void {
    const lines = (this.#rest + chunk.toString('latin1')).split(/[\r\n]+/);
    this.#rest = (lines.pop() ?? '').slice(0, MAX_LINE);
    for (const line of lines) this.#pass(line);
  }

  /** Passes on what has no line end yet. */
  flush(): void {
    this.#pass(this.#rest);
    this.#rest = '';
  }

  /** A character of several bytes may have come in several chunks, so it is only now put together. */
  #pass(line: string): void {
    if (line !== '') this.#onLine(Buffer.from(line.slice(0, MAX_LINE), 'latin1').toString('utf8'));
  }
}
