import type { Clock, Timer } from '../clock.ts';
import type { Settings } from '../config/resolve.ts';
import type { ConnectionStringEvent, Report, SessionEvent } from '../events.ts';
import { Channel, type TextStream } from './channel.ts';
import { ClassTranscript } from './class-transcript.ts';
import { loadPaint, type Paint, plainPaint, type Tone, wantsColor } from './color.ts';
import { safeJson } from './json.ts';
import { type LogFile, openLogFile } from './log-file.ts';
import { toNdjson } from './ndjson.ts';
import type { Redactor } from './redact.ts';
import { shellOf } from './shell.ts';
import { errorLines, type Line, Transcript, waitingLine } from './transcript.ts';
import { visible } from './visible.ts';

export interface OutputOptions {
  stdout: TextStream;
  stderr: TextStream;
  output: Settings['output'];
  /**
   * What it is that is shown, a session unless told; a class is many of them at once, and every event names its device. Of a
   * command there are results to print, and errors; of all else only sentences are shown, beside them.
   */
  form?: 'session' | 'class' | 'service' | 'results';
  redactor: Redactor;
  clock: Clock;
  env: NodeJS.ProcessEnv;
  platform: NodeJS.Platform;
  /** When the program started, on the monotonic clock in milliseconds. */
  startedAt: number;
  /** A keyboard is attached. */
  interactive: boolean;
  /** The reader of `stdout` is gone (EPIPE). */
  onClosed: () => void;
}

/** Where everything goes that the program has to say, secrets masked. Nothing here throws. */
export interface Output {
  /** Shows and keeps an event; after `exit`, in a class that of no single board, nothing more is shown. */
  report: Report;
  /** Shows a secret that was made, on standard output and nowhere else; it is masked in everything else that is shown. */
  reveal(event: ConnectionStringEvent, secret: string): void;
  /** Writes one line of a result to standard output, control characters made visible. */
  print(line: string, tone?: Tone): void;
  /** Writes a result to standard output as one line of JSON; what is undefined is null there. */
  printJson(object: Record<string, unknown>): void;
  /** Writes a line beside the results, to standard error. */
  note(line: string): void;
  /** How many characters a line of standard output has room for; null where it is no terminal. */
  readonly columns: number | null;
  /**
   * Shows what is being typed below the transcript, where there is a keyboard; the empty text removes it.
   * @param cursor characters before the cursor; at the end unless told
   */
  setInputLine(text: string, cursor?: number): void;
  /** Shows in the same place how things are, on a terminal. */
  setStatusLine(text: string): void;
  /** Shows what is being typed once more, after somebody else had the screen. */
  redraw(): void;
  /** Shows what a person can do, and who the device is. @param modelId what the device announces; null for nothing */
  help(modelId: string | null): void;
  /** Also gives every event to `listener`, secrets masked. */
  follow(listener: Report): void;
  /** Hands over what is still waiting, for at most a second, and closes the log. */
  close(): Promise<void>;
}

const FLUSH_TIME = 1_000;
const SECOND = 1_000;
/** What is told next; lines on the wire come while something is waited for. */
const ENDS_WAITING: ReadonlySet<SessionEvent['type']> = new Set(['state', 'event', 'waiting', 'error', 'exit']);
const ERASE_LINE = '\r\u001b[2K';
const cursorLeft = (columns: number) => `\u001b[${columns}D`;

/**
 * Opens the way out: transcript or NDJSON on `stdout`, errors on `stderr`, and the log file.
 * @throws AppError E_CONFIG when the log file cannot be opened
 */
export async function openOutput(options: OutputOptions): Promise<Output> {
  const { output, env, stdout, stderr } = options;
  const colored = (stream: TextStream) => wantsColor(output.color, env, stream.isTTY === true);
  return createOutput(options, await loadPaint(colored(stdout)), await loadPaint(colored(stderr)));
}

/** The same with the colours already chosen; none unless told. */
export function createOutput(options: OutputOptions, paint = plainPaint, paintError = plainPaint): Output {
  return new Gateway(options, paint, paintError);
}

class Gateway implements Output {
  readonly #options: OutputOptions;
  readonly #stdout: Channel;
  readonly #stderr: Channel;
  readonly #transcript: Pick<Transcript, 'banner' | 'help' | 'lines'>;
  readonly #isClass: boolean;
  readonly #paint: Paint;
  readonly #paintError: Paint;
  readonly #log: LogFile | null;
  readonly #followers: Report[] = [];
  #inputLine = '';
  /** What is waited for, below the transcript, where nothing is being typed. */
  #waitingLine = '';
  #counting: Timer | null = null;
  /** Characters of the input line before the cursor. */
  #cursor = 0;
  /** The device that the session plays; JSON tells it also of what does not come from the session. */
  #deviceId: string | undefined;
  /** What a command waits for. */
  #waitsFor = '';
  /** What a command waits for stands on standard error. */
  #hasNote = false;
  #skipped = 0;
  #ended = false;

  constructor(options: OutputOptions, paint: Paint, paintError: Paint) {
    const { output, startedAt, interactive } = options;
    this.#options = options;
    this.#stdout = new Channel(options.stdout, options.onClosed);
    this.#stderr = new Channel(options.stderr, () => undefined);
    this.#paint = paint;
    this.#paintError = paintError;
    this.#isClass = options.form === 'class';
    this.#log = output.logFile === null ? null : openLogFile(output.logFile, this.#onLogFailure, this.#isClass);
    const view = options.form === 'service' ? 'service' : output.quiet ? 'quiet' : 'session';
    const shell = shellOf(options.platform, options.env);
    const shown = { view, verbose: output.verbose, interactive, startedAt, shell } as const;
    this.#transcript = this.#isClass ? new ClassTranscript(shown) : new Transcript(shown);
    if (!output.json && options.form !== 'results')
      this.#stdout.write(this.#text(this.#transcript.banner(), this.#paint));
  }

  readonly report: Report = (event) => {
    if (this.#ended) return;
    this.#ended = event.type === 'exit' && !(this.#isClass && event.deviceId !== undefined);
    const masked = this.#options.redactor.maskEvent(event);
    if (!this.#isClass) this.#deviceId = masked.deviceId ?? this.#deviceId;
    this.#log?.append(masked, this.#options.clock.wall());
    for (const follow of this.#followers) follow(masked);

    // Whoever reads so slowly loses lines rather than memory, but never the end.
    if (this.#stdout.isFull && event.type !== 'exit' && event.type !== 'error') {
      this.#skipped++;
      return;
    }
    if (this.#skipped > 0) {
      const message = `${this.#skipped} events are not shown, because the output is read too slowly`;
      this.#skipped = 0;
      this.#show({ type: 'event', level: 'warning', message });
    }
    this.#show(masked);
  };

  readonly reveal = (event: ConnectionStringEvent, secret: string): void => {
    this.#options.redactor.add(secret);
    if (this.#options.output.json) {
      this.#stdout.write(toNdjson(event, this.#options.clock.wall()));
      return;
    }
    const whose = 'policy' in event ? `the policy ${event.policy}` : event.deviceId;
    const input = this.#shownInput();
    const erase = input === '' ? '' : ERASE_LINE;
    const line = visible(`Connection string of ${whose}: ${event.connectionString}`);
    this.#stdout.write(`${erase}${this.#paint('plain', line)}\n${input}`);
  };

  readonly print = (line: string, tone: Tone = 'plain'): void => {
    this.#eraseNote();
    this.#stdout.write(`${this.#paint(tone, visible(this.#options.redactor.mask(line)))}\n`);
  };

  readonly printJson = (object: Record<string, unknown>): void => {
    this.#eraseNote();
    const masked = Object.entries(object).map(([name, value]) => [name, this.#masked(value)]);
    this.#stdout.write(`${safeJson(Object.fromEntries(masked))}\n`);
  };

  #masked(value: unknown): unknown {
    return typeof value === 'string' ? this.#options.redactor.mask(value) : value;
  }

  get columns(): number | null {
    return this.#stdout.isTerminal ? this.#stdout.columns : null;
  }

  readonly note = (line: string): void => {
    this.#eraseNote();
    this.#stderr.write(`${visible(this.#options.redactor.mask(line))}\n`);
  };

  /** What a command waits for: in a line of standard error that the next one replaces, where that is a terminal. */
  #noteWaiting(event: SessionEvent & { type: 'waiting' }): void {
    const line = waitingLine(event);
    if (!this.#stderr.isTerminal) {
      if (event.message !== this.#waitsFor) this.note(line);
      this.#waitsFor = event.message;
      return;
    }
    this.#hasNote = true;
    const shown = this.#options.redactor.mask(line).replace(/[^ -~]/gu, '?');
    this.#stderr.write(ERASE_LINE + shown.slice(0, Math.max(1, this.#stderr.columns - 1)));
  }

  #eraseNote(): void {
    if (this.#hasNote) this.#stderr.write(ERASE_LINE);
    this.#hasNote = false;
  }

  setInputLine(text: string, cursor?: number): void {
    if (this.#options.interactive) this.#showBelow(text, cursor);
  }

  setStatusLine(text: string): void {
    this.#showBelow(text);
  }

  #showBelow(text: string, cursor = [...text].length): void {
    if (this.#options.output.json || !this.#stdout.isTerminal) return;
    const before = this.#shownInput();
    this.#inputLine = text;
    this.#cursor = cursor;
    if (this.#shownInput() !== before) this.#stdout.write(ERASE_LINE + this.#shownInput());
  }

  /** Counts the seconds of a wait below the transcript, where a person watches. */
  #wait(event: (SessionEvent & { type: 'waiting' }) | null): void {
    const { interactive, clock } = this.#options;
    this.#counting?.cancel();
    this.#counting = null;
    if (!interactive || !this.#stdout.isTerminal) return;
    const since = clock.monotonic();
    const show = () => {
      const before = this.#shownInput();
      this.#waitingLine = event ? waitingLine(event, Math.round((clock.monotonic() - since) / 1000)) : '';
      if (this.#shownInput() !== before) this.#stdout.write(ERASE_LINE + this.#shownInput());
      if (event) this.#counting = clock.after(SECOND, show);
    };
    show();
  }

  redraw(): void {
    this.#stdout.write(this.#shownInput());
  }

  help(modelId: string | null): void {
    if (this.#options.output.json) return;
    const input = this.#shownInput();
    const erase = input === '' ? '' : ERASE_LINE;
    this.#stdout.write(erase + this.#text(this.#transcript.help(modelId), this.#paint) + input);
  }

  follow(listener: Report): void {
    this.#followers.push(listener);
  }

  async close(): Promise<void> {
    this.#wait(null);
    this.#eraseNote();
    this.setStatusLine('');
    const { clock } = this.#options;
    await Promise.all([this.#stdout.flush(clock, FLUSH_TIME), this.#stderr.flush(clock, FLUSH_TIME)]);
    this.#log?.close();
  }

  #show(event: SessionEvent): void {
    if (this.#options.output.json) {
      const told = this.#deviceId === undefined ? event : { deviceId: this.#deviceId, ...event };
      this.#stdout.write(toNdjson(told, this.#options.clock.wall()));
      if (event.type === 'error') {
        const whose = this.#isClass && event.deviceId !== undefined ? `${event.deviceId}: ` : '';
        this.#stderr.write(`Error: ${visible(whose + oneLine(event.message))} [${event.code}]\n`);
      }
      return;
    }
    if (this.#options.form === 'results') {
      if (event.type === 'event' || event.type === 'gateway') this.note(event.message);
      if (event.type === 'waiting') this.#noteWaiting(event);
      if (event.type === 'error') {
        this.#eraseNote();
        this.#stderr.write(this.#text(errorLines(event, this.#options.output.verbose), this.#paintError));
      }
      return;
    }
    if (ENDS_WAITING.has(event.type) && !this.#isClass) this.#wait(event.type === 'waiting' ? event : null);
    const lines = this.#transcript.lines(event, this.#options.clock.monotonic());
    if (lines.length === 0) return;
    const input = this.#shownInput();
    const erase = input === '' ? '' : ERASE_LINE;
    if (event.type === 'error') {
      this.#stdout.write(erase);
      this.#stderr.write(this.#text(lines, this.#paintError));
      this.#stdout.write(input);
    } else {
      this.#stdout.write(erase + this.#text(lines, this.#paint) + input);
    }
  }

  /** Masked once more, since pretty-printed JSON has other escapes than the payload it was made from. */
  #text(lines: Line[], paint: Paint): string {
    return lines.map(({ tone, text }) => `${paint(tone, this.#options.redactor.mask(text))}\n`).join('');
  }

  /**
   * The end of what is being typed, or what stands at the cursor, in one row, with the cursor in its place: only a single
   * row can be erased where widths are not known.
   */
  #shownInput(): string {
    const printable = (text: string) => [...text].map((character) => (/[ -~]/.test(character) ? character : '?'));
    const shown = printable(this.#options.redactor.mask(this.#inputLine || this.#waitingLine));
    const before = printable(this.#inputLine).slice(0, this.#cursor);
    // Behind a mask nobody is to see how long it is.
    const isKnown = this.#inputLine !== '' && before.every((character, index) => character === shown[index]);
    const cursor = isKnown ? before.length : shown.length;
    const width = Math.max(1, this.#stdout.columns - 1);
    const start = Math.min(cursor, Math.max(0, shown.length - width));
    const row = shown.slice(start, start + width);
    const back = row.length - (cursor - start);
    return row.join('') + (back > 0 ? cursorLeft(back) : '');
  }

  readonly #onLogFailure = (reason: string): void => {
    this.#show({ type: 'event', level: 'warning', message: `The log file ends here: ${reason}` });
  };
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ');
}
