import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** What a block may take, and what a program may take to end, in milliseconds. */
const PATIENCE = 90_000;
const GOODBYE = 15_000;

/** A response that is an error is one for the command too: pages show curl without the flags for that. */
const PRELUDE = 'set -euo pipefail\ncurl() { command curl --silent --show-error --fail-with-body "$@"; }\n';

/** What a program that goes on has written so far. */
interface Running {
  child: ChildProcess;
  script: string;
  output: string;
  ended: Promise<void>;
}

/** Somebody who follows a page at a terminal: a folder, variables, and programs that are left running meanwhile. */
export class Reader {
  readonly #folder: string;
  readonly #env: NodeJS.ProcessEnv;
  #running: Running[] = [];

  constructor(folder: string, env: NodeJS.ProcessEnv) {
    this.#folder = folder;
    this.#env = env;
    writeFileSync(this.#variables, '');
  }

  /** Types a script, and waits for its end. @throws Error when it fails */
  async type(script: string): Promise<void> {
    const running = this.#start(script, `\nexport -p > ${JSON.stringify(this.#variables)}\n`);
    const patience = setTimeout(() => this.#signal(running, 'SIGKILL'), PATIENCE);
    await running.ended;
    clearTimeout(patience);
    const { exitCode, signalCode } = running.child;
    if (exitCode !== 0) throw new Error(`it ended with ${exitCode ?? signalCode}:\n${script}\n${running.output}`);
  }

  /** Types a script and leaves it running when it has written `text`. @throws Error when it ends, or is silent, instead */
  async leaveRunning(script: string, text: string): Promise<void> {
    const running = this.#start(script, '');
    this.#running.push(running);
    await new Promise<void>((resolve, reject) => {
      const fail = (why: string) => reject(new Error(`${why} without "${text}":\n${script}\n${running.output}`));
      const patience = setTimeout(() => fail('it goes on'), PATIENCE);
      const look = () => {
        if (!running.output.includes(text)) return;
        clearTimeout(patience);
        resolve();
      };
      running.child.stdout?.on('data', look);
      running.child.stderr?.on('data', look);
      void running.ended.then(() => {
        clearTimeout(patience);
        fail('it has ended');
      });
    });
  }

  /** Ends what was left running, as Ctrl-C does, the last one first. @throws Error when one does not end */
  async interrupt(): Promise<void> {
    const stubborn: string[] = [];
    for (const running of this.#running.splice(0).reverse()) {
      let patience: NodeJS.Timeout | undefined;
      this.#signal(running, 'SIGINT');
      const isLate = new Promise<boolean>((resolve) => {
        patience = setTimeout(resolve, GOODBYE, true);
      });
      if (await Promise.race([running.ended, isLate])) {
        stubborn.push(running.script);
        this.#signal(running, 'SIGKILL');
      }
      clearTimeout(patience);
    }
    if (stubborn.length > 0) throw new Error(`Ctrl-C has not ended:\n${stubborn.join('\n')}`);
  }

  get #variables(): string {
    return join(this.#folder, '.variables');
  }

  /** The port of the HTTP API is another one where the usual one is taken; a reader would see that. */
  #withRealPort(script: string): string {
    const ports = this.#running.map(({ output }) => /http:\/\/127\.0\.0\.1:(\d+)/.exec(output)?.[1]);
    const port = ports.findLast((found) => found !== undefined);
    return port === undefined ? script : script.replaceAll('127.0.0.1:7070', `127.0.0.1:${port}`);
  }

  #start(script: string, epilogue: string): Running {
    const variables = readFileSync(this.#variables, 'utf8');
    const whole = `${PRELUDE}${variables}\nset -a\n${this.#withRealPort(script)}${epilogue}`;
    const options = { cwd: this.#folder, env: this.#env, detached: true } as const;
    const child = spawn('bash', ['-c', whole], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
    const running: Running = {
      child,
      script,
      output: '',
      ended: new Promise((resolve, reject) => child.on('error', reject).on('close', () => resolve())),
    };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        running.output += text;
      });
    }
    return running;
  }

  /** A terminal sends it to every program of the script. */
  #signal({ child }: Running, signal: NodeJS.Signals): void {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // All of it has ended.
    }
  }
}
