import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { main } from '../../src/cli/main.ts';
import { systemClock } from '../../src/clock.ts';
import type { Ended } from './cli.ts';

/** Runs the program within this process, in a folder, without terminal and environment: what a process of its own costs is saved. */
export async function runMain(args: readonly string[], cwd: string): Promise<Ended> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const code = await main({
    argv: args,
    env: {},
    // The streams of a process have more than these, but nothing that is used without a terminal.
    stdin: stdin as unknown as NodeJS.ReadStream,
    stdout: stdout as unknown as NodeJS.WriteStream,
    stderr: stderr as unknown as NodeJS.WriteStream,
    signals: new EventEmitter(),
    exit: (status) => {
      throw new Error(`the process was to end at once with ${status}`);
    },
    cwd,
    clock: systemClock,
    random: Math.random,
  });
  return { code, stdout: String(stdout.read() ?? ''), stderr: String(stderr.read() ?? '') };
}
