import { StringDecoder } from 'node:string_decoder';
import type { Clock, Timer } from '../clock.ts';
import { type Key, KeyDecoder } from './keys.ts';
import { LineEditor } from './line-editor.ts';

/** The part of a terminal's input that is used; `process.stdin` is one. */
export interface KeyboardInput {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'end' | 'close', listener: () => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  off(event: 'data', listener: (chunk: Buffer) => void): unknown;
  off(event: 'end' | 'close', listener: () => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

export interface KeyboardOptions {
  stdin: KeyboardInput;
  clock: Clock;
  /** Where signals arrive; `process` is one. */
  signals: {
    on(signal: NodeJS.Signals, listener: () => void): unknown;
    off(signal: NodeJS.Signals, listener: () => void): unknown;
  };
  /** The longest line that is taken, in bytes. */
  longestLine: number;
  /** The ESC key. */
  onEscape(): void;
  /** Ctrl-C, which is no signal in raw mode. */
  onInterrupt(): void;
  /** Suspends this process, and where `job` is true all that belongs to it, until SIGCONT. */
  suspend(job: boolean): void;
  /** The process goes on, and the screen is somebody else's. */
  onContinue(): void;
  /** The ? key, on an empty line. */
  onHelp(): void;
  /** The b key, on an empty line. */
  onButton(): void;
  /** The t key, on an empty line. */
  onTelemetry(): void;
  /** A line for the module, which starts with AT. */
  onLine(line: string): void;
  /** A sentence on why a line was not taken. */
  onNote(message: string): void;
  /** The line being typed has changed, or the cursor has moved: so many characters stand before it. */
  onEdit(line: string, cursor: number): void;
  /** The terminal is gone. */
  onEnd(): void;
}

export interface Keyboard {
  /** Leaves the terminal as it was found; calling it again does nothing. */
  close(): void;
}

/** Silence in milliseconds after which an ESC was the key, and not the first byte of another one. */
const ESCAPE_SILENCE = 50;

/**
 * Listens to the keys of a terminal. Without one, nothing is touched.
 *
 * Node restores the terminal at every kind of exit but a signal that it does not handle, so SIGHUP and SIGTSTP restore it
 * here; ending the process is left to whoever ends the session. In raw mode Ctrl-Z is a key, and stops the whole job as the
 * terminal would: a shell waits for all of it.
 * @returns null when `stdin` is no terminal
 */
export function attachKeyboard(options: KeyboardOptions): Keyboard | null {
  const { stdin } = options;
  if (!stdin.isTTY || !stdin.setRawMode) return null;
  return new TerminalKeyboard(options);
}

class TerminalKeyboard implements Keyboard {
  readonly #options: KeyboardOptions;
  readonly #keys = new KeyDecoder();
  readonly #characters = new StringDecoder('utf8');
  readonly #line: LineEditor;
  /** What `onEdit` was told last. */
  #told = { text: '', cursor: 0 };
  #silence: Timer | null = null;
  #closed = false;

  constructor(options: KeyboardOptions) {
    this.#options = options;
    this.#line = new LineEditor(options.longestLine);
    const { stdin, signals } = options;
    stdin.on('data', this.#onData);
    stdin.on('end', this.#onEnd);
    stdin.on('close', this.#onEnd);
    stdin.on('error', this.#onEnd);
    signals.on('SIGHUP', this.#onHangUp);
    signals.on('SIGTSTP', this.#onStop);
    signals.on('SIGCONT', this.#onContinue);
    this.#setRawMode(true);
    stdin.resume();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#silence?.cancel();
    const { stdin, signals } = this.#options;
    stdin.off('data', this.#onData);
    stdin.off('end', this.#onEnd);
    stdin.off('close', this.#onEnd);
    signals.off('SIGHUP', this.#onHangUp);
    signals.off('SIGTSTP', this.#onStop);
    signals.off('SIGCONT', this.#onContinue);
    this.#setRawMode(false);
    stdin.pause();
  }

  readonly #onHangUp = (): void => this.#setRawMode(false);

  readonly #onStop = (): void => {
    this.#setRawMode(false);
    this.#options.suspend(false);
  };

  readonly #onContinue = (): void => {
    this.#setRawMode(true);
    this.#options.onContinue();
  };

  /** Stays attached to `error` for good, since an error that nobody hears ends the process. */
  readonly #onEnd = (): void => {
    if (this.#closed) return;
    this.close();
    this.#options.onEnd();
  };

  readonly #onData = (chunk: Buffer): void => {
    this.#silence?.cancel();
    this.#handle(this.#keys.decode(this.#characters.write(chunk)));
    if (this.#keys.waiting && !this.#closed) this.#awaitSilence();
  };

  /** A busy process may be late in reading, so once more after what has already arrived was read. */
  #awaitSilence(): void {
    const { clock } = this.#options;
    this.#silence = clock.after(ESCAPE_SILENCE, () => {
      this.#silence = clock.after(0, () => this.#handle(this.#keys.silence()));
    });
  }

  #handle(keys: Key[]): void {
    for (const key of keys) {
      if (this.#closed) return;
      switch (key.kind) {
        case 'character':
          this.#type(key.character);
          break;
        case 'edit':
          this.#line[key.edit]();
          break;
        case 'enter':
          this.#enter();
          break;
        case 'escape':
          this.#options.onEscape();
          break;
        case 'interrupt':
          this.#options.onInterrupt();
          break;
        case 'suspend':
          this.#options.suspend(true);
          break;
      }
    }
    if (!this.#closed) this.#tell();
  }

  #tell(): void {
    const { text, cursor } = this.#line;
    if (text === this.#told.text && cursor === this.#told.cursor) return;
    this.#told = { text, cursor };
    this.#options.onEdit(text, cursor);
  }

  /** On an empty line a few characters are keys: what goes to the module begins with another one. */
  #type(character: string): void {
    const { onHelp, onButton, onTelemetry } = this.#options;
    const action = new Map([
      ['?', onHelp],
      ['b', onButton],
      ['t', onTelemetry],
    ]).get(character);
    if (action && this.#line.text === '') action();
    else this.#line.insert(character);
  }

  #enter(): void {
    const line = this.#line.take();
    this.#tell();
    if (line === null) {
      this.#options.onNote(`A command has at most ${this.#options.longestLine} bytes; what you typed was not sent`);
    } else if (line.startsWith('AT')) {
      this.#options.onLine(line);
    } else if (line !== '') {
      this.#options.onNote(
        'Only a line that starts with AT goes to the module; ? shows the keys, ESC ends the session',
      );
    }
  }

  #setRawMode(raw: boolean): void {
    try {
      this.#options.stdin.setRawMode?.(raw);
    } catch {
      // The terminal is gone, and with it what could be restored.
    }
  }
}
