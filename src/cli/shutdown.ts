import type { Timer } from '../clock.ts';
import { type AppError, EXIT, type ExitCode, toAppError } from '../errors.ts';
import type { ProcessEnvironment } from './process-environment.ts';

/** How a run has ended. */
export interface ExitStatus {
  code: ExitCode;
  reason: string;
}

/** A run that was asked to end has this long, in milliseconds. */
const GRACE = 2_000;

const SIGNALS = {
  SIGINT: EXIT.interrupted,
  SIGTERM: EXIT.terminated,
  SIGHUP: EXIT.terminated,
  // Ctrl-Break, on Windows only.
  SIGBREAK: EXIT.interrupted,
} as const;

/** Everything from outside that ends a run: keys, signals, a closed output, time. The second request ends it at once. */
export class Shutdown {
  readonly #environment: ProcessEnvironment;
  readonly #controller = new AbortController();
  readonly #listeners: [keyof typeof SIGNALS | 'uncaughtException', (reason: unknown) => void][];
  readonly #timers: Timer[] = [];
  readonly #onExit: ((failure: AppError | null) => void)[] = [];
  /** What ended the run; null while nothing has. */
  exitStatus: ExitStatus | null = null;
  /** What nothing has caught, and what has ended the run therefore. */
  failure: AppError | null = null;

  /** Whether the run goes on after something that nothing has caught, because it was not the program's own. */
  survives: (reason: unknown) => boolean = () => false;

  constructor(environment: ProcessEnvironment) {
    this.#environment = environment;
    const onUncaught = (reason: unknown) => {
      if (this.survives(reason)) return;
      this.failure ??= toAppError(reason);
      this.request(this.failure.exitCode, this.failure.message);
    };
    this.#listeners = [['uncaughtException', onUncaught]];
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGBREAK'] as const) {
      this.#listeners.push([name, () => this.request(SIGNALS[name], name)]);
    }
    for (const [name, listener] of this.#listeners) environment.signals.on(name, listener);
  }

  /** Aborted when the run is to end. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Asks the run to end; asked again, or not obeyed in time, the process ends at once. */
  request(code: ExitCode, reason: string): void {
    if (this.exitStatus) {
      this.#exit(code);
      return;
    }
    this.exitStatus = { code, reason };
    this.#timers.push(this.#environment.clock.after(GRACE, () => this.#exit(code)));
    this.#controller.abort(new Error(reason));
  }

  /** Asks the run to end at a time, on the monotonic clock, in milliseconds. */
  requestAt(time: number): void {
    const wait = time - this.#environment.clock.monotonic();
    this.#timers.push(
      this.#environment.clock.after(wait, () => this.request(EXIT.done, 'the requested time has passed')),
    );
  }

  /** Has `listener` called when the process is ended at once, with what nothing has caught. */
  onExit(listener: (failure: AppError | null) => void): void {
    this.#onExit.push(listener);
  }

  /** Stops listening. */
  dispose(): void {
    for (const [name, listener] of this.#listeners) this.#environment.signals.off(name, listener);
    for (const timer of this.#timers) timer.cancel();
  }

  #exit(code: ExitCode): void {
    for (const listener of this.#onExit) listener(this.failure);
    this.#environment.exit(code);
  }
}
