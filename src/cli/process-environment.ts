import type { Clock } from '../clock.ts';
import type { ExitCode } from '../errors.ts';

/** Everything that the program takes from the outside world. */
export interface ProcessEnvironment {
  /** The arguments, without node and the script. */
  argv: readonly string[];
  env: NodeJS.ProcessEnv;
  /** The system that the program runs on. */
  platform: NodeJS.Platform;
  /** What starts the program, as it can be typed here. */
  invocation: string;
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  stderr: NodeJS.WriteStream;
  signals: Signals;
  /** Ends the process at once. */
  exit(code: ExitCode): void;
  /** Suspends the process, and where `job` is true all that was started with it, until SIGCONT. */
  suspend(job: boolean): void;
  /** Opens an address in the person's browser; `onFailure` is called when there is none to be started. */
  openBrowser(url: string, onFailure: () => void): void;
  /** The folder in which `.env` is looked for. */
  cwd: string;
  clock: Clock;
  /** Evenly distributed in [0, 1). */
  random: () => number;
}

/** Where the signals of the system arrive, and errors that nothing has caught; `process` is one. */
export interface Signals {
  on(event: NodeJS.Signals | 'uncaughtException', listener: (reason: unknown) => void): unknown;
  off(event: NodeJS.Signals | 'uncaughtException', listener: (reason: unknown) => void): unknown;
}
