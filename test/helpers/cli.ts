import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { assertEvent } from './json-schema.ts';

/** What starts the program as users have it; test/run.mjs has compiled it. */
export const COMMAND: readonly [string, ...string[]] = [
  process.execPath,
  fileURLToPath(new URL('../../dist/cli.js', import.meta.url)),
];
/** A process that is not done by then hangs. */
const PATIENCE = 60_000;

/** One line of NDJSON. */
export type JsonEvent = { v: unknown; ts: unknown; type: string } & Record<string, unknown>;

export interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** The program as a process of its own, in an empty folder, with none of this computer's settings. */
export class Cli {
  readonly process: ChildProcess;
  /** Settles when the process has ended and everything that it wrote was read. */
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';
  #listeners = new Set<() => void>();
  #over = false;

  constructor(args: readonly string[], cwd: string) {
    const { PATH = '', SystemRoot = '' } = process.env;
    const [node, ...program] = COMMAND;
    this.process = spawn(node, [...program, ...args], {
      cwd,
      env: { PATH, SystemRoot },
      stdio: 'pipe',
    });
    const { stdout, stderr, stdin } = this.process;
    stdin?.on('error', () => undefined);
    stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
      this.#tell();
    });
    stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
      this.#tell();
    });
    const patience = setTimeout(() => this.process.kill('SIGKILL'), PATIENCE);
    this.ended = new Promise((resolve, reject) => {
      this.process.on('error', reject);
      this.process.on('close', (code) => {
        clearTimeout(patience);
        this.#over = true;
        this.#tell();
        resolve({ code, stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  /** The complete lines of standard output, as JSON. */
  events(): JsonEvent[] {
    return this.stdout.split('\n').slice(0, -1).map(parseEvent);
  }

  /** Waits for what `find` finds in what was written so far; fails when the process ends without. */
  until<T>(find: (cli: this) => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = find(this);
        if (found === undefined && !this.#over) return;
        this.#listeners.delete(look);
        if (found === undefined) reject(new Error(`it has ended without:\n${this.stdout}\n${this.stderr}`));
        else resolve(found);
      };
      this.#listeners.add(look);
      look();
    });
  }

  /** Waits for an event of NDJSON. */
  event(type: string, matches: (event: JsonEvent) => boolean = () => true): Promise<JsonEvent> {
    return this.until(() => this.events().find((event) => event.type === type && matches(event)));
  }

  /** Waits until standard output holds what `pattern` matches. */
  async text(pattern: RegExp): Promise<RegExpExecArray> {
    return this.until(() => pattern.exec(this.stdout) ?? undefined);
  }

  kill(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  #tell(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

/** The folders of this process; a test's own end may come before that of the program that works in one. */
const FOLDERS = new Set<string>();
process.on('exit', () => {
  for (const folder of FOLDERS) rmSync(folder, { recursive: true, force: true });
});

/** A folder of its own, which goes with the test's process. */
export function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'anycloud-iotc-test-'));
  FOLDERS.add(folder);
  return folder;
}

export function parseEvent(line: string): JsonEvent {
  const event: JsonEvent = JSON.parse(line);
  if (Object.hasOwn(event, 'v')) assertEvent('sessionEvent', event);
  return event;
}

/** Starts the program; the end of the test is its end at the latest. */
export function startCli(t: TestContext, args: readonly string[], options: { cwd?: string } = {}): Cli {
  const cli = new Cli(args, options.cwd ?? emptyFolder());
  t.after(() => cli.kill('SIGKILL'));
  return cli;
}

/** Runs the program to its end. */
export function runCli(...args: string[]): Promise<Ended> {
  return new Cli(args, emptyFolder()).ended;
}
