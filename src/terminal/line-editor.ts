/** Lines that are remembered. */
const LONGEST_HISTORY = 100;
/** The last word of a command line and what separates it from what follows. */
const LAST_WORD = /(?:[^\s,=]+[\s,=]*|[\s,=]+)$/;

/** A line that is being typed, and those that were typed before. Places count characters, not bytes. */
export class LineEditor {
  readonly #longest: number;
  #before: string[] = [];
  #after: string[] = [];
  #overflowed = false;
  readonly #history: string[] = [];
  /** Which line of the history is shown; its length stands for the new line. */
  #place = 0;
  #newLine = '';

  /** @param longest the longest line, in bytes; more is not taken, and such a line not given away */
  constructor(longest: number) {
    this.#longest = longest;
  }

  get text(): string {
    return [...this.#before, ...this.#after].join('');
  }

  /** Characters before the cursor. */
  get cursor(): number {
    return this.#before.length;
  }

  insert(character: string): void {
    this.#overflowed ||= Buffer.byteLength(this.text + character) > this.#longest;
    if (!this.#overflowed) this.#before.push(character);
  }

  backspace(): void {
    this.#before.pop();
    this.#forgetWhenEmpty();
  }

  delete(): void {
    this.#after.shift();
    this.#forgetWhenEmpty();
  }

  left(): void {
    this.#after.unshift(...this.#before.splice(-1));
  }

  right(): void {
    this.#before.push(...this.#after.splice(0, 1));
  }

  home(): void {
    this.#after.unshift(...this.#before.splice(0));
  }

  end(): void {
    this.#before.push(...this.#after.splice(0));
  }

  /** Removes what stands before the cursor. */
  clear(): void {
    this.#before = [];
    this.#forgetWhenEmpty();
  }

  /** Removes the word before the cursor; it begins after a blank, a comma or an equals sign. */
  deleteWord(): void {
    this.#before = [...this.#before.join('').replace(LAST_WORD, '')];
    this.#forgetWhenEmpty();
  }

  /** Shows the line before this one; the oldest stays. */
  previous(): void {
    if (this.#place === this.#history.length) this.#newLine = this.text;
    this.#show(Math.max(0, this.#place - 1));
  }

  /** Shows the line after this one, and after the last one what was being typed. */
  next(): void {
    if (this.#place < this.#history.length) this.#show(this.#place + 1);
  }

  /** Gives the line away, remembers it, and begins a new one. @returns null when more was typed than a line may have */
  take(): string | null {
    const line = this.#overflowed ? null : this.text;
    if (line && line !== this.#history.at(-1)) this.#history.push(line);
    if (this.#history.length > LONGEST_HISTORY) this.#history.shift();
    this.#newLine = '';
    this.#show(this.#history.length);
    return line;
  }

  #show(place: number): void {
    this.#place = place;
    this.#before = [...(this.#history[place] ?? this.#newLine)];
    this.#after = [];
    this.#overflowed = false;
  }

  /** An empty line has lost nothing. */
  #forgetWhenEmpty(): void {
    if (this.#before.length + this.#after.length === 0) this.#overflowed = false;
  }
}
