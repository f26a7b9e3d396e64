import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { main } from '../../src/cli/main.ts';
import type { ProcessEnvironment } from '../../src/cli/process-environment.ts';
import { systemClock } from '../../src/clock.ts';
import type { Ended } from './cli.ts';

/** A program's surroundings within this process, in a folder, without terminal and environment. */
export function surroundings(args: readonly string[], cwd: string) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const written = { stdout: '', stderr: '' };
  stdout.setEncoding('utf8').on('data', (text: string) => {
    written.stdout += text;
  });
  stderr.setEncoding('utf8').on('data', (text: string) => {
    written.stderr += text;
  });
  const signals = new EventEmitter();
  const opened: string[] = [];
  const environment: ProcessEnvironment = {
    argv: args,
    env: {},
    platform: 'linux',
    invocation: 'anycloud-iotc',
    // The streams of a process have more than these, but nothing that is used without a terminal.
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: stdout as unknown as NodeJS.WriteStream,
    stderr: stderr as unknown as NodeJS.WriteStream,
    signals,
    exit: (status) => {
      throw new Error(`the process was to end at once with ${status}`);
    },
    suspend: () => undefined,
    openBrowser: (url) => void opened.push(url),
    cwd,
    clock: systemClock,
    random: Math.random,
  };
  return {
    environment,
    signals,
    /** The addresses that a browser was to open. */
    opened,
    ended: (code: number): Ended => ({ code, ...written }),
  };
}

/** Runs the program within this process: what a process of its own costs is saved. */
export async function runMain(args: readonly string[], cwd: string): Promise<Ended> {
  const { environment, ended } = surroundings(args, cwd);
  return ended(await main(environment));
}
