import type { Command, Transfer } from './command.ts';
import { AtError } from './error.ts';
import type { RawBytes } from './raw-bytes.ts';

/** A command on its way through the link, and what has come of it so far. */
export class Job {
  readonly command: Command;
  /** Its information lines, or what it has failed with. */
  readonly result: Promise<string[]>;
  readonly lines: string[] = [];
  /** The part of the echo that has not come back yet. */
  echo: string;
  /** The binary prompt has been seen. */
  prompted = false;
  /** A status has come with no echo before it: belated, or the echo has been switched off. */
  unechoed = false;
  /** The bytes of its transfer, while that is under way. */
  #raw: RawBytes | null = null;
  /** `OK` has come, which before the end of a transfer says only that the module has taken the command. */
  #isAccepted = false;
  #hasTransferred = false;
  #failure: { reason: unknown } | null = null;
  /** The status says why the module has ended it. */
  #isExplained = false;
  #resolve: (lines: string[]) => void = () => undefined;
  #reject: (reason: unknown) => void = () => undefined;
  readonly #ignoreAbort: () => void;

  /** @param onAbort called when the caller has given up; not in a transfer, which has to end first */
  constructor(command: Command, signal: AbortSignal | undefined, onAbort: () => void) {
    this.command = command;
    this.echo = command.text;
    const abort = () => {
      if (this.#raw) return;
      onAbort();
      this.#reject(signal?.reason);
    };
    this.#ignoreAbort = () => signal?.removeEventListener('abort', abort);
    signal?.addEventListener('abort', abort, { once: true });
    this.result = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  resolve(): void {
    this.#ignoreAbort();
    this.#resolve(this.lines);
  }

  /** @param reason of the link; a transfer knows better why it has failed, unless the module has ended it */
  reject(reason: AtError | undefined): void {
    this.#ignoreAbort();
    this.#raw?.stop(reason);
    this.#reject(this.#failure && !(this.#isExplained && reason) ? this.#failure.reason : reason);
  }

  get hasFailed(): boolean {
    return this.#failure !== null;
  }

  /** Takes note of an `OK`. @returns false when there is a transfer still to come */
  accept(): boolean {
    this.#isAccepted = true;
    return this.command.transfer === undefined || this.#hasTransferred;
  }

  /** Lets the transfer have the bytes. @param onEnd called when it has ended, with what may be told of it */
  start(transfer: Transfer, raw: RawBytes, onEnd: (trace: string) => void): void {
    this.#raw = raw;
    // The prompt shows that the command has come through, whatever the echo looked like.
    this.echo = '';
    // Who takes the bytes is settled first.
    const ended = Promise.resolve().then(() => transfer.run(raw));
    ended.then(
      (count) => onEnd(`(${count} bytes of data were transferred)`),
      (reason: unknown) => {
        this.#failure = { reason };
        onEnd('(the transfer of data has failed)');
      },
    );
  }

  /**
   * The transfer has ended.
   * @returns what is left to wait for, if anything; the bytes that belong to others
   */
  end(raw: RawBytes): { awaits: 'status' | 'nothing'; rest: Buffer } {
    this.#raw = null;
    this.#hasTransferred = true;
    const rest = raw.rest(this.hasFailed);
    if (!raw.isOver) {
      const isDone = this.hasFailed || this.#isAccepted || raw.isAccepted;
      return { awaits: isDone ? 'nothing' : 'status', rest };
    }
    const reason = this.#failure?.reason;
    this.#isExplained = reason instanceof AtError && reason.failure === 'refused';
    return { awaits: 'status', rest };
  }
}
