import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { TestContext } from 'node:test';

/** The reason to skip what needs pseudo-terminals; false where there is none. */
export const withoutSocat =
  spawnSync('socat', ['-V']).error === undefined ? false : 'socat is not installed, so there are no pseudo-terminals';

/** Starts socat; the end of the test is its end at the latest. */
export function startSocat(t: TestContext, ...args: string[]): ChildProcess {
  const socat = spawn('socat', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  socat.stdin?.on('error', () => undefined);
  t.after(() => socat.kill('SIGKILL'));
  return socat;
}

/** A null-modem cable between two pseudo-terminals. */
export class Cable {
  readonly #t: TestContext;
  readonly #ends: readonly [string, string];
  #socat: ChildProcess | null = null;

  /** @param ends names of links that stand for the terminals, in one folder */
  constructor(t: TestContext, ends: readonly [string, string]) {
    this.#t = t;
    this.#ends = ends;
  }

  /** Resolves when both ends are there, and socat passes on what comes: before that it may not listen to SIGTERM. */
  async plug(): Promise<void> {
    const ends = this.#ends.map((end) => `pty,raw,echo=0,link=${end}`);
    const socat = spawn('socat', ['-d', '-d', ...ends], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#t.after(() => socat.kill('SIGKILL'));
    this.#socat = socat;
    let said = '';
    await new Promise<void>((resolve, reject) => {
      socat.stderr.on('data', (text: Buffer) => {
        said += text.toString();
        if (said.includes('starting data transfer loop')) resolve();
      });
      socat.once('exit', () => reject(new Error(`socat has ended: ${said}`)));
    });
  }

  /** Both ends go away, as with a USB adapter. */
  async unplug(): Promise<void> {
    const gone = new Promise((resolve) => this.#socat?.once('exit', resolve));
    this.#socat?.kill('SIGTERM');
    await gone;
    const left = this.#ends.filter((end) => readdirSync(dirname(end)).includes(basename(end)));
    if (left.length > 0) throw new Error(`socat has left ${left.join(', ')}`);
  }
}
