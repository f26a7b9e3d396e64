import { setMaxListeners } from 'node:events';
import { fileURLToPath } from 'node:url';
import { asciiJson } from '../azure/json.ts';
import type { Clock } from '../clock.ts';
import type { Json } from '../events.ts';
import { toJson } from './json-value.ts';

/** Where the program's own code is; a frame of the stack outside of it is the person's. */
const OWN = new URL('..', import.meta.url);
const OWN_FILES = [OWN.href, fileURLToPath(OWN)];
const LONGEST_SENTENCE = 200;

/** A handler that has not done what it should. */
export interface Failure {
  /** `late`: it has not ended in time; `stopped`: the device was stopped meanwhile. What it still does counts no more. */
  readonly kind: 'threw' | 'late' | 'unusable' | 'stopped';
  /** What is wrong, short enough for an answer to the cloud. */
  readonly sentence: string;
  /** The whole of it, with the handler's name, file and line. */
  readonly message: string;
  /** What was thrown. */
  readonly error?: unknown;
}

/** What has come of calling a person's code. */
export type Outcome<T> = { readonly kind: 'done'; readonly value: T } | Failure;

export interface UserCodeOptions {
  readonly clock: Clock;
  /** Seconds that a handler has. */
  readonly timeout: number;
  /** Where a handler stands, as `file:line`; null where that cannot be told. */
  readonly locate: (handler: unknown) => string | null;
  readonly warn: (message: string) => void;
}

/** Calls a person's code: what it throws, or does not end, is told with file and line, and never thrown further. */
export class UserCode {
  readonly #options: UserCodeOptions;
  readonly #stop = new AbortController();

  constructor(options: UserCodeOptions) {
    this.#options = options;
    setMaxListeners(0, this.#stop.signal);
  }

  /** Aborted when the device is stopped. */
  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  stop(): void {
    this.#stop.abort(new Error('the device has been stopped'));
  }

  /**
   * Calls a handler, and waits for its end as long as it may take.
   * @param what names it in a sentence: `The command "reboot"`
   * @param call is given a signal that is aborted when its time is up, or the device is stopped meanwhile
   */
  async run(what: string, handler: unknown, call: (signal: AbortSignal) => unknown): Promise<Outcome<unknown>> {
    const { clock, timeout } = this.#options;
    if (this.signal.aborted) return this.#failure('stopped', what, 'was not called', handler);
    const time = new AbortController();
    const ended = new Promise<Failure>((resolve) => {
      time.signal.addEventListener('abort', () => {
        const kind = this.signal.aborted ? 'stopped' : 'late';
        resolve(this.#failure(kind, what, `has not ended within ${timeout} s`, handler));
      });
    });
    const onStop = () => time.abort(this.signal.reason);
    this.signal.addEventListener('abort', onStop);
    const timer = clock.after(1000 * timeout, () => time.abort(new Error(`${what} has not ended within ${timeout} s`)));
    try {
      return await Promise.race([this.#settled(what, handler, () => call(time.signal)), ended]);
    } finally {
      timer.cancel();
      this.signal.removeEventListener('abort', onStop);
    }
  }

  /** As `run`, for a handler whose result goes to the cloud; undefined where it gives none. */
  async value(
    what: string,
    handler: unknown,
    call: (signal: AbortSignal) => unknown,
  ): Promise<Outcome<Json | undefined>> {
    const outcome = await this.run(what, handler, call);
    if (outcome.kind !== 'done') return outcome;
    if (outcome.value === undefined) return { kind: 'done', value: undefined };
    try {
      return { kind: 'done', value: toJson(outcome.value) };
    } catch (error) {
      return this.#failure('unusable', what, `gave a value that cannot be sent: ${sentenceOf(error)}`, handler);
    }
  }

  /** Calls a handler that nobody waits for, and that may go on as long as the device does. */
  launch(what: string, handler: unknown, call: () => unknown): void {
    void this.#settled(what, handler, call).then((outcome) => {
      if (outcome.kind !== 'done') this.warn(outcome.message);
    });
  }

  /** Says what is wrong with a person's code. */
  warn(message: string): void {
    if (!this.signal.aborted) this.#options.warn(message);
  }

  async #settled(what: string, handler: unknown, call: () => unknown): Promise<Outcome<unknown>> {
    try {
      return { kind: 'done', value: await call() };
    } catch (error) {
      const sentence = sentenceOf(error);
      const where = userFrame(error) ?? this.#options.locate(handler);
      return { kind: 'threw', sentence, message: `${what} has failed: ${sentence}${inBrackets(where)}`, error };
    }
  }

  #failure(kind: Failure['kind'], what: string, predicate: string, handler: unknown): Failure {
    const where = this.#options.locate(handler);
    const sentence = shorten(`${what} ${predicate}`);
    return { kind, sentence, message: `${sentence}${inBrackets(where)}` };
  }
}

/** What was thrown, as one short line; anything can be thrown. */
export function sentenceOf(error: unknown): string {
  const text = careful(() => (error instanceof Error ? error.message || error.name : String(error)));
  return shorten(text?.split(/[\r\n]/, 1)[0] ?? 'something without words was thrown');
}

/** Where a person's code has thrown it, as `file:line`; null where the stack does not tell. */
export function userFrame(error: unknown): string | null {
  const stack = careful(() => (error instanceof Error ? String(error.stack) : '')) ?? '';
  for (const line of stack.split('\n')) {
    const [, file, number] = /^\s+at .*?\(?((?:file:\/\/\/|\/|[A-Za-z]:[\\/])[^()]*):(\d+):\d+\)?$/.exec(line) ?? [];
    if (file === undefined || OWN_FILES.some((own) => file.startsWith(own)) || file.includes('/node_modules/'))
      continue;
    return `${file.startsWith('file:') ? fileURLToPath(file) : file}:${number}`;
  }
  return null;
}

/** Looks at what a person's code has thrown, which may throw again. */
function careful<T>(look: () => T): T | null {
  try {
    return look();
  } catch {
    return null;
  }
}

function inBrackets(where: string | null): string {
  return where === null ? '' : ` (${where})`;
}

/** One line that has room in the module's answers, where every letter beyond ASCII takes six (AT protocol 4.2). */
function shorten(text: string): string {
  const letters = [...text.replace(/\p{Cc}/gu, ' ')];
  if (asciiJson(letters.join('')).length <= LONGEST_SENTENCE) return letters.join('');
  while (asciiJson(letters.join('')).length > LONGEST_SENTENCE) letters.length = Math.floor(letters.length * 0.9);
  return `${letters.join('')}...`;
}
