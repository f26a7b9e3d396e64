import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '../clock.ts';
import type { LineKind } from '../events.ts';
import { type Command, checkLine, commandName, echoAfter, refusal } from './command.ts';
import { AtError } from './error.ts';
import { readLines } from './lines.ts';
import { BINARY_PROMPT, parseStatus, parseTerseStatus, splitOutput } from './status.ts';

/** A reply comes within about 100 ms of the line end (AT protocol 2.1); the rest is for slow lines and long echoes. */
const REPLY_TIMEOUT = 3_000;

const LF = 0x0a;
const WITHHELD = '(unreadable line withheld: it may hold part of a secret)';

interface LinkEvents<U> {
  urc: [event: U];
  sent: [line: string];
  received: [line: string, kind: LineKind];
  /** The boot banner: the module has started anew and has forgotten everything (T41, T56). */
  banner: [];
  closed: [cause: unknown];
}

interface Job {
  command: Command;
  lines: string[];
  /** The part of the echo that has not come back yet. */
  echo: string;
  /** The binary prompt has been seen. */
  prompted: boolean;
  /** A status has come with no echo before it: belated, or the echo has been switched off. */
  unechoed: boolean;
  settle(result: string[] | AtError): void;
}

/**
 * The AT link: one command at a time over any byte stream, with events in between. It understands the module with
 * its echo on or off, and lines that its tasks have printed into one another (AT protocol 3.4) as far as the pieces
 * can be told apart; what cannot be understood is reported as `text`, and the next line is understood again.
 *
 * @template U what `parseUrc` makes of an event line; it returns null for a line that is no complete event.
 */
export class AtLink<U> extends EventEmitter<LinkEvents<U>> {
  readonly #stream: Duplex;
  readonly #clock: Clock;
  readonly #parseUrc: (line: string) => U | null;
  readonly #queue: Job[] = [];
  #pending: Job | null = null;
  #timer: Timer | null = null;
  #echoOn = false;
  #blank = false;
  /** An event has broken into an echo just before its line end, which is still to come (AT protocol 3.4). */
  #echoTail = false;
  #withhold = false;
  #fragment: string | null = null;
  #closed: AtError | null = null;

  constructor(stream: Duplex, clock: Clock, parseUrc: (line: string) => U | null) {
    super();
    this.#stream = stream;
    this.#clock = clock;
    this.#parseUrc = parseUrc;
    readLines(stream, (line) => this.#onLine(line));
    stream.on('error', (cause) => this.close(cause));
    stream.on('end', () => this.close());
    stream.on('close', (cause?: unknown) => this.close(cause));
  }

  /**
   * Sends a command when all earlier ones have ended, and waits for its status.
   * @returns its information lines
   * @throws AtError; the reason of `signal` when that is aborted first (the reply is then still awaited by the link)
   */
  execute(command: Command, signal?: AbortSignal): Promise<string[]> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) throw signal.reason;
      if (this.#closed) throw this.#closed;
      checkLine(command.text);
      const onAbort = () => {
        const waiting = this.#queue.indexOf(job);
        if (waiting >= 0) this.#queue.splice(waiting, 1);
        reject(signal?.reason);
      };
      const job: Job = {
        command,
        lines: [],
        echo: command.text,
        prompted: false,
        unechoed: false,
        settle: (result) => {
          signal?.removeEventListener('abort', onAbort);
          if (result instanceof AtError) reject(result);
          else resolve(result);
        },
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#queue.push(job);
      this.#next();
    });
  }

  /** Writes bytes that are no command, and to which no status belongs. */
  write(bytes: Uint8Array | string): void {
    if (!this.#closed && !this.#stream.destroyed) this.#stream.write(bytes);
  }

  /** True while a command is waiting for its status. */
  get busy(): boolean {
    return this.#pending !== null;
  }

  /** Ends the link: everything that waits is rejected, the stream is destroyed. Closing twice does nothing. */
  close(cause?: unknown): void {
    if (this.#closed) return;
    this.#closed = new AtError('closed', 'The serial connection to the module is gone', null, cause);
    const jobs = [...(this.#pending ? [this.#pending] : []), ...this.#queue.splice(0)];
    this.#pending = null;
    this.#timer?.cancel();
    for (const job of jobs) job.settle(this.#closed);
    this.#stream.destroy();
    this.emit('closed', cause);
  }

  #next(): void {
    if (this.#pending || this.#closed) return;
    const job = this.#queue.shift();
    if (!job) return;
    this.#pending = job;
    this.#withhold ||= job.command.sensitive === true;
    this.emit('sent', job.command.text);
    this.#timer = this.#clock.after(job.command.timeout ?? REPLY_TIMEOUT, () => {
      if (job.unechoed) this.#echoOn = false;
      this.#finish(new AtError('timed-out', `The module has not answered ${commandName(job.command.text)}`));
    });
    if (job.command.onPrompt) this.#watchPrompt(job, job.command.onPrompt);
    this.#stream.write(`${job.command.text}\r\n`);
  }

  #finish(result: string[] | AtError): void {
    const job = this.#pending;
    if (!job) return;
    this.#pending = null;
    this.#timer?.cancel();
    job.settle(result);
    this.#next();
  }

  /** The byte tap beside the line splitter, for the `#` that no line end follows; the module is at a line's start. */
  #watchPrompt(job: Job, onPrompt: () => void): void {
    let atLineStart = true;
    const watch = (chunk: Buffer) => {
      const seen = (atLineStart && chunk[0] === BINARY_PROMPT) || chunk.includes('\n#');
      atLineStart = chunk.at(-1) === LF;
      if (!seen && this.#pending === job) return;
      this.#stream.off('data', watch);
      if (this.#pending !== job) return;
      job.prompted = true;
      onPrompt();
    };
    this.#stream.on('data', watch);
  }

  #onLine(line: string): void {
    const printed = splitOutput(line);
    const afterBlank = this.#blank;
    // The boot banner begins with an empty line (AT protocol 1.2); one that ends an echo is not it.
    this.#blank = printed.length === 0 && !this.#echoTail;
    this.#echoTail = printed.length > 1 && this.#pending?.echo === printed[0];
    for (const piece of printed) {
      if (piece === 'OK' && (afterBlank ? !this.#asksForHelp() : this.#pending?.command.restarts)) this.#onBanner();
      else this.#onPiece(piece);
    }
  }

  /** The answer to a help request has blank lines of its own (AT protocol 4.1). */
  #asksForHelp(): boolean {
    return this.#pending?.command.text.endsWith('?') === true;
  }

  #onBanner(): void {
    this.emit('received', 'OK', 'text');
    this.#echoOn = true;
    this.#withhold = false;
    this.#finish(new AtError('reset', 'The module has restarted'));
    this.emit('banner');
  }

  /** One printed piece is an echo, a status, a response, an event, or text; tried in this order. */
  #onPiece(piece: string): void {
    if (this.#takeEcho(piece) || this.#takeStatus(piece) || this.#takeWhole(piece)) return;
    const fragment = this.#fragment;
    this.#fragment = null;
    if (fragment !== null) {
      if (this.#takeWhole(fragment + piece)) return;
      this.#reportText(fragment);
    }
    if (this.#takeEmbeddedUrc(piece)) return;
    this.#takeDamagedEcho(piece);
    this.#reportText(piece);
  }

  #reportText(piece: string): void {
    this.emit('received', this.#withhold ? WITHHELD : piece, 'text');
  }

  #takeEcho(piece: string): boolean {
    const job = this.#pending;
    if (!job || job.echo === '' || !job.echo.startsWith(piece)) return false;
    job.echo = job.echo.slice(piece.length);
    if (job.echo === '') this.#echoOn = true;
    return true;
  }

  /** With echo on, what comes before the echo is no answer to this command. */
  #isEchoed(job: Job): boolean {
    return job.echo === '' || !this.#echoOn;
  }

  #takeStatus(piece: string): boolean {
    const job = this.#pending;
    if (!job) return false;
    const status = parseStatus(piece) ?? (job.command.anyVerbosity ? parseTerseStatus(piece) : null);
    if (!status) return false;
    if (!this.#isEchoed(job)) {
      // It answers an earlier command that was given up, or the echo has been switched off; the timeout will tell.
      if (job.echo === job.command.text) job.unechoed = true;
      return false;
    }
    this.#withhold = false;
    this.#echoOn = echoAfter(job.command.text) ?? this.#echoOn;
    this.emit('received', piece, 'status');
    this.#finish(status.ok ? job.lines : refusal(job.command.text, status));
    return true;
  }

  /** A complete response line or a complete event. */
  #takeWhole(piece: string): boolean {
    if (this.#isResponse(piece) && !this.#embeddedUrc(piece)) {
      this.#pending?.lines.push(piece);
      this.emit('received', piece, 'info');
      if (this.#pending?.prompted) this.#finish(this.#pending.lines);
      return true;
    }
    const urc = this.#parseUrc(piece);
    if (urc === null) return false;
    this.emit('received', piece, 'urc');
    this.emit('urc', urc);
    return true;
  }

  #isResponse(piece: string): boolean {
    const job = this.#pending;
    if (!job || job.command.response === undefined || !this.#isEchoed(job)) return false;
    if (!job.command.response.test(piece)) return false;
    return job.command.many === true || job.lines.length === 0;
  }

  /** An event that another task has printed into this line: its head waits for the rest (AT protocol 3.4). */
  #takeEmbeddedUrc(piece: string): boolean {
    const embedded = this.#embeddedUrc(piece);
    if (!embedded) return false;
    this.emit('received', embedded.line, 'urc');
    this.emit('urc', embedded.urc);
    if (!this.#takeEcho(embedded.head) && !this.#withhold) this.#fragment = embedded.head;
    return true;
  }

  #embeddedUrc(piece: string): { head: string; line: string; urc: U } | null {
    for (let at = piece.indexOf('+', 1); at > 0; at = piece.indexOf('+', at + 1)) {
      const line = piece.slice(at);
      const urc = this.#parseUrc(line);
      if (urc !== null) return { head: piece.slice(0, at), line, urc };
    }
    return null;
  }

  /** An echo that lost bytes on its way still ends like the command, and what follows it is the answer. */
  #takeDamagedEcho(piece: string): void {
    const job = this.#pending;
    const ending = piece.slice(-2);
    if (job && job.echo !== '' && job.command.text.endsWith(ending)) job.echo = '';
  }
}
