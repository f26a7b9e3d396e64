import { closeSync, fstatSync } from 'node:fs';
import { systemClock } from '../clock.ts';
import { invocationOf } from './invocation.ts';
import { main } from './main.ts';

/**
 * Runs the program in this process, and ends the process.
 * @param file the program's own file, as it may be named in the arguments
 */
export async function start(file: string): Promise<void> {
  const { argv, env, stdout } = process;
  // At its exit Node gives a terminal the modes that it has found. With a pager behind standard output, which has begun
  // sooner, those are the pager's; what is closed is left alone.
  process.on('exit', () => {
    if (stdout.isTTY) return;
    for (const descriptor of [0, 2]) if (isDevice(descriptor)) closeSync(descriptor);
  });
  const code = await main({
    argv: argv.slice(2),
    env,
    platform: process.platform,
    invocation: invocationOf(argv[1] ?? '', file, env, process.cwd()),
    get stdin() {
      return process.stdin;
    },
    stdout,
    get stderr() {
      return process.stderr;
    },
    signals: process,
    exit: (code) => process.exit(code),
    suspend: (job) => {
      if (process.platform !== 'win32') process.kill(job ? 0 : process.pid, job ? 'SIGTSTP' : 'SIGSTOP');
    },
    openBrowser: (url, onFailure) => {
      // Loaded only by those who ask for it.
      void import('./open-browser.ts').then(({ openBrowser }) => openBrowser(url, onFailure));
    },
    cwd: process.cwd(),
    clock: systemClock,
    random: Math.random,
  });
  // The port, the simulator and the terminal are closed; nothing that is left may keep the process.
  process.exit(code);
}

/** Whether a terminal may be open as this; `node:tty` would know, and takes long to load. */
function isDevice(descriptor: number): boolean {
  try {
    return fstatSync(descriptor).isCharacterDevice();
  } catch {
    return false;
  }
}
