#!/usr/bin/env node
import { closeSync, fstatSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const OLDEST = [20, 17] as const;
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
  process.stderr.write(`anycloud-iotc needs Node.js ${OLDEST.join('.')} or newer; this is ${process.versions.node}.\n`);
  process.exitCode = 1;
} else {
  try {
    await start();
  } catch (error) {
    // The program could not even be loaded whole, so it cannot say it in its own way.
    if (!(error instanceof Error && 'code' in error && error.code === 'EMFILE')) throw error;
    process.stderr.write('Error: This computer lets the program open no more files. Raise the limit: ulimit -n 1024\n');
    process.exit(3);
  }
}

async function start(): Promise<void> {
  // One file brings all of them, and what not every command needs is loaded by those that do: streams, too.
  const { main, invocationOf, systemClock } = await import('./cli/start.ts');
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
    invocation: invocationOf(argv[1] ?? '', fileURLToPath(import.meta.url), env, process.cwd()),
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
      void import('./cli/open-browser.ts').then(({ openBrowser }) => openBrowser(url, onFailure));
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
