import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import type { Clock } from '../../src/clock.ts';

/** What is printed, and how many milliseconds later than what led to it. */
export type Printed = string | readonly [after: number, text: string];

interface Step {
  readonly write: string;
  readonly prints: readonly Printed[];
}

/**
 * The host's end of a wire with a script at the other end: each write must be the next of the script, byte for byte, and
 * is answered with bytes at their times. Bytes are written as `latin1`.
 */
export class ScriptedStream extends Duplex {
  readonly #clock: Clock;
  readonly #steps: Step[] = [];
  /** What was written, in pieces as they came, each with its time since the beginning. */
  readonly written: { at: number; text: string }[] = [];
  readonly #start: number;
  /** What the script did not expect. */
  #surprise: string | null = null;

  constructor(clock: Clock) {
    super();
    this.#clock = clock;
    this.#start = clock.monotonic();
  }

  /** The next write is `write`, and leads to `prints`; an array adds a delay, counted from the write. */
  expect(write: string, ...prints: Printed[]): this {
    this.#steps.push({ write, prints });
    return this;
  }

  /** The next command is `command`, echoed as a module does; its answer ends with a prompt. */
  command(command: string, answer = 'OK', ...events: Printed[]): this {
    return this.expect(`${command}\r\n`, `${command}\r\n${answer}\r\n>`, ...events);
  }

  /** Prints by itself. */
  print(...prints: Printed[]): void {
    for (const each of prints) {
      const [after, text] = typeof each === 'string' ? [0, each] : each;
      if (after === 0) this.push(Buffer.from(text, 'latin1'));
      else this.#clock.after(after, () => !this.destroyed && this.push(Buffer.from(text, 'latin1')));
    }
  }

  /** Fails where something was written that the script does not hold, or not written that it holds. */
  done(): void {
    assert.equal(this.#surprise, null);
    assert.deepEqual(
      this.#steps.map(({ write }) => write),
      [],
      'these writes did not come',
    );
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const text = chunk.toString('latin1');
    this.written.push({ at: this.#clock.monotonic() - this.#start, text });
    const step = this.#steps.shift();
    if (step?.write === text) this.print(...step.prints);
    else this.#surprise ??= `wrote ${JSON.stringify(text)}, expected ${JSON.stringify(step?.write ?? 'nothing')}`;
    done();
  }
}
