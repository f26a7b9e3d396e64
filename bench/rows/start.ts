import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Row, ratio } from '../row.ts';
import { SETTINGS } from '../session.ts';
import { compare } from '../statistics.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
const CLI = join(PROJECT, 'dist', 'cli.js');
const ROUNDS = 40;
const PORT_ROUNDS = 20;

/** All that it takes to get a byte to a port. */
const BARE = `
import { SerialPort } from 'serialport';
const port = new SerialPort({ path: process.argv[1], baudRate: 230400 });
port.write('A');
`;

/** Milliseconds from the start of a process to its end. */
function duration(args: string[]): Promise<number> {
  const started = performance.now();
  const { status } = spawnSync(process.execPath, args, { cwd: PROJECT, stdio: 'ignore' });
  if (status !== 0) throw new Error(`node ${args.join(' ')} has failed`);
  return Promise.resolve(performance.now() - started);
}

/** A serial port whose other end is here; it stays while programs open and close it. */
class PseudoPort {
  readonly path: string;
  readonly #folder = mkdtempSync(join(tmpdir(), 'anycloud-iotc-bench-'));
  readonly #socat: ChildProcess;
  #held = -1;

  constructor() {
    this.path = join(this.#folder, 'port');
    this.#socat = spawn('socat', [`pty,raw,echo=0,link=${this.path}`, 'stdio'], { stdio: ['pipe', 'pipe', 'ignore'] });
  }

  /** Holds it open, since it would end with the first program that closes it. */
  async hold(): Promise<void> {
    while (!existsSync(this.path)) await pause(5);
    this.#held = openSync(this.path, 'r+');
  }

  /** Milliseconds from the start of a program to its first byte on the port; then the program is killed. */
  async firstByte(args: string[]): Promise<number> {
    const arrived = new Promise<void>((resolve) => this.#socat.stdout?.once('data', () => resolve()));
    const started = performance.now();
    const program = spawn(process.execPath, args, { cwd: PROJECT, stdio: 'ignore' });
    const ended = new Promise<void>((resolve) => program.once('exit', () => resolve()));
    await Promise.race([arrived, ended]);
    const took = performance.now() - started;
    if (program.exitCode !== null) throw new Error(`node ${args.join(' ')} has ended without writing`);
    program.kill('SIGKILL');
    await ended;
    return took;
  }

  close(): void {
    if (this.#held >= 0) closeSync(this.#held);
    this.#socat.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true });
  }
}

async function firstByte(): Promise<Row[]> {
  if (spawnSync('socat', ['-V']).error) {
    process.stderr.write('the start up to the first byte is not measured: it needs socat\n');
    return [];
  }
  const port = new PseudoPort();
  try {
    await port.hold();
    const { ssid, passphrase } = SETTINGS.wifi;
    const settings = ['--ssid', ssid, '--passphrase', passphrase, '--id-scope', SETTINGS.idScope];
    const result = await compare(
      PORT_ROUNDS,
      () => port.firstByte([CLI, '--port', port.path, ...settings]),
      () => port.firstByte(['--input-type=module', '--eval', BARE, port.path]),
    );
    return [ratio('start to first byte on the port', 'ms', 'serialport alone', result, { atMost: 1.5 })];
  } finally {
    port.close();
  }
}

/** How long a person waits. */
export async function start(): Promise<Row[]> {
  const rows: Row[] = [];
  for (const flag of ['--help', '--version']) {
    const result = await compare(
      ROUNDS,
      () => duration([CLI, flag]),
      () => duration(['-e', '0']),
    );
    rows.push(ratio(flag, 'ms', 'node -e 0', result, { atMost: 1.5 }));
  }
  return [...rows, ...(await firstByte())];
}
