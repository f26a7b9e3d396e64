import { EventEmitter } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Clock, Timer } from '../clock.ts';
import type { LineKind } from '../events.ts';
import { type Command, checkLine, commandName, refusal } from './command.ts';
import type { Dialect } from './dialect.ts';
import { AtError } from './error.ts';
import { Input, type Owner } from './input.ts';
import { Job } from './job.ts';
import { type EmbeddedEvent, embeddedEvent, splitOutput } from './output.ts';
import { RawBytes, type Verdict } from './raw-bytes.ts';

const ENDINGS = ['error', 'end', 'close'] as const;
const WITHHELD = '(unreadable line withheld: it may hold part of a secret)';

interface LinkEvents<E> {
  event: [event: E];
  sent: [line: string];
  received: [line: string, kind: LineKind];
  /** The boot banner: the module has restarted and has forgotten everything. */
  banner: [];
  /** A sign that the module may have restarted: it echoes although told not to, or says OK to nothing. */
  suspicious: [];
  closed: [cause: unknown];
}

/**
 * The AT link: one command at a time over any byte stream, with events in between. It understands the module with
 * its echo on or off, and lines that its tasks have printed into one another as far as the pieces can be told apart; what
 * cannot be understood is reported as `text`, and the next line is understood again.
 *
 * @template E an event, as the dialect reads it
 */
export class AtLink<E> extends EventEmitter<LinkEvents<E>> {
  readonly #stream: Duplex;
  readonly #clock: Clock;
  readonly #dialect: Dialect<E>;
  readonly #queue: Job[] = [];
  #pending: Job | null = null;
  #timer: Timer | null = null;
  #echo: 'on' | 'off' | 'unknown' = 'unknown';
  #blank = false;
  /** An event has broken into an echo just before its line end, which is still to come. */
  #echoTail = false;
  #withhold = false;
  #fragment: string | null = null;
  #closed: AtError | null = null;
  readonly #input: Input;
  readonly #onEnd = (cause?: unknown): void => this.close(cause);

  constructor(stream: Duplex, clock: Clock, dialect: Dialect<E>) {
    super();
    this.#stream = stream;
    this.#clock = clock;
    this.#dialect = dialect;
    this.#input = new Input(stream, dialect.prompts, (line) => this.#onLine(line));
    for (const event of ENDINGS) stream.on(event, this.#onEnd);
  }

  /**
   * Sends a command when all earlier ones have ended, and waits for its status.
   * @returns its information lines
   * @throws AtError; the reason of `signal` when that is aborted first (the reply is then still awaited by the link)
   */
  async execute(command: Command, signal?: AbortSignal): Promise<string[]> {
    signal?.throwIfAborted();
    if (this.#closed) throw this.#closed;
    checkLine(command.text, this.#dialect.commandLimit);
    const job = new Job(command, signal, () => {
      const waiting = this.#queue.indexOf(job);
      if (waiting >= 0) this.#queue.splice(waiting, 1);
    });
    this.#queue.push(job);
    this.#next();
    return job.result;
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
    this.#stop(new AtError('closed', 'The serial connection to the module is gone', null, cause));
    this.#stream.destroy();
    this.emit('closed', cause);
  }

  /** Leaves the stream, as it is, to another link; everything that waits is rejected. @throws AtError when it is gone */
  release(): void {
    if (this.#closed) throw this.#closed;
    this.#stop(new AtError('closed', 'Another link has taken over'));
    this.#input.stop();
    for (const event of ENDINGS) this.#stream.off(event, this.#onEnd);
  }

  #stop(reason: AtError): void {
    this.#closed = reason;
    const jobs = [...(this.#pending ? [this.#pending] : []), ...this.#queue.splice(0)];
    this.#pending = null;
    this.#timer?.cancel();
    for (const job of jobs) job.reject(reason);
  }

  #next(): void {
    if (this.#pending || this.#closed) return;
    const job = this.#queue.shift();
    if (!job) return;
    this.#pending = job;
    this.#withhold ||= job.command.transfer !== undefined || this.#dialect.holdsSecret(job.command.text);
    this.emit('sent', job.command.text);
    this.#awaitStatus(job);
    const { onPrompt, transfer } = job.command;
    const marks = this.#dialect.dataPrompt + (transfer?.firstByte ?? '');
    if (onPrompt || transfer) this.#input.watch(marks, () => this.#onPrompt(job));
    this.#stream.write(`${job.command.text}\r\n`);
  }

  #awaitStatus(job: Job): void {
    this.#timer = this.#clock.after(job.command.timeout ?? this.#dialect.replyTimeout, () => {
      if (job.unechoed) this.#echo = 'unknown';
      if (job.command.mayLackStatus && job.lines.length > 0) this.#finish();
      else this.#finish(new AtError('timed-out', `The module has not answered ${commandName(job.command.text)}`));
    });
  }

  /** @param failure why; undefined when it has gone well */
  #finish(failure?: AtError): void {
    const job = this.#pending;
    if (!job) return;
    this.#pending = null;
    this.#timer?.cancel();
    this.#input.unwatch();
    if (failure || job.hasFailed) job.reject(failure);
    else job.resolve();
    this.#next();
  }

  /** The module asks for bytes. @returns who takes what comes next; null: it is lines */
  #onPrompt(job: Job): Owner | null {
    if (this.#pending !== job) return null;
    const { onPrompt, transfer } = job.command;
    if (!transfer) {
      job.prompted = true;
      onPrompt?.();
      return null;
    }
    this.#timer?.cancel();
    const raw = new RawBytes(
      this.#clock,
      (bytes) => this.write(bytes),
      (line) => this.#verdictOn(line),
    );
    job.start(transfer, raw, (trace) => {
      if (this.#closed) return;
      this.emit('sent', trace);
      const { awaits, rest } = job.end(raw);
      this.#input.giveBack();
      if (awaits === 'status') this.#awaitStatus(job);
      else this.#finish();
      this.#input.take(rest);
    });
    return (bytes) => raw.push(bytes);
  }

  /** What a line in the middle of a transfer says. */
  #verdictOn(line: string): Verdict | null {
    const status = this.#dialect.parseStatus(line, false);
    if (status) return status.ok ? 'accepted' : 'over';
    return this.#dialect.isBanner(line, false, null) ? 'over' : null;
  }

  #onLine(line: string): void {
    const printed = splitOutput(line, this.#dialect.prompts);
    const afterBlank = this.#blank;
    // A boot banner may begin with an empty line; one that ends an echo is not it.
    this.#blank = printed.length === 0 && !this.#echoTail;
    this.#echoTail = printed.length > 1 && this.#pending?.echo === printed[0];
    for (const piece of printed) {
      if (this.#isBanner(piece, afterBlank)) this.#onBanner(piece);
      else this.#onPiece(piece);
    }
  }

  #isBanner(piece: string, afterBlank: boolean): boolean {
    const command = this.#pending?.command;
    return command?.toStranger !== true && this.#dialect.isBanner(piece, afterBlank, command?.text ?? null);
  }

  #onBanner(piece: string): void {
    this.emit('received', piece, 'text');
    this.#echo = 'on';
    // What it still echoes of a transfer is a secret.
    this.#withhold &&= this.#pending?.command.transfer !== undefined;
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
    if (this.#takeEmbeddedEvent(piece)) return;
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
    if (job.echo === '') {
      const wasOff = this.#echo === 'off';
      this.#echo = 'on';
      if (wasOff) this.emit('suspicious');
    }
    return true;
  }

  /** With echo on, what comes before the echo is no answer to this command. */
  #isEchoed(job: Job): boolean {
    return job.echo === '' || this.#echo !== 'on' || job.command.toStranger === true;
  }

  #takeStatus(piece: string): boolean {
    const job = this.#pending;
    const status = this.#dialect.parseStatus(piece, job?.command.terse === true);
    if (!status) return false;
    if (!job) {
      if (status.ok) this.emit('suspicious');
      return false;
    }
    if (!this.#isEchoed(job)) {
      // It answers an earlier command that was given up, or the echo has been switched off; the timeout will tell.
      if (job.echo === job.command.text) job.unechoed = true;
      return false;
    }
    this.#noteEcho(job.command.text);
    this.emit('received', piece, 'status');
    if (status.ok && !job.accept()) return true;
    // After a transfer that has failed, what was sent last may be echoed yet: until another status.
    this.#withhold = job.command.transfer !== undefined && (job.hasFailed || !status.ok);
    if (job.command.toStranger) job.lines.push(piece);
    this.#finish(status.ok || job.command.toStranger ? undefined : refusal(job.command.text, status));
    return true;
  }

  #noteEcho(command: string): void {
    const echoes = this.#dialect.echoAfter(command);
    if (echoes !== null) this.#echo = echoes ? 'on' : 'off';
  }

  /** A complete response line or a complete event. */
  #takeWhole(piece: string): boolean {
    if (this.#isResponse(piece) && !this.#embeddedEvent(piece)) {
      this.#pending?.lines.push(piece);
      this.emit('received', piece, 'info');
      if (this.#pending?.prompted) this.#finish();
      return true;
    }
    const event = this.#dialect.parseEvent(piece);
    if (event === null) return false;
    this.emit('received', piece, 'urc');
    this.emit('event', event);
    return true;
  }

  #isResponse(piece: string): boolean {
    const job = this.#pending;
    if (!job || job.command.response === undefined || !this.#isEchoed(job)) return false;
    if (!job.command.response.test(piece)) return false;
    // Its response is any line, and events go on meanwhile.
    if (job.command.toStranger && this.#dialect.parseEvent(piece) !== null) return false;
    return job.command.many === true || job.lines.length === 0;
  }

  /** An event that another task has printed into this line: its head waits for the rest. */
  #takeEmbeddedEvent(piece: string): boolean {
    const embedded = this.#embeddedEvent(piece);
    if (!embedded) return false;
    this.emit('received', embedded.line, 'urc');
    this.emit('event', embedded.event);
    if (!this.#takeEcho(embedded.head) && !this.#withhold) this.#fragment = embedded.head;
    return true;
  }

  #embeddedEvent(piece: string): EmbeddedEvent<E> | null {
    return embeddedEvent(piece, (line) => this.#dialect.parseEvent(line));
  }

  /** An echo that lost bytes on its way still ends like the command, and what follows it is the answer. */
  #takeDamagedEcho(piece: string): void {
    const job = this.#pending;
    const ending = piece.slice(-2);
    if (job && job.echo !== '' && job.command.text.endsWith(ending)) job.echo = '';
  }
}
