import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
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
port.resume();
port.write('A');
`;

/** Milliseconds from the start of a process to its end. */
function duration(args: string[]): Promise<number> {
  const started = performance.now();
  const { status } = spawnSync(process.execPath, args, { cwd: PROJECT, stdio: 'ignore' });
  if (status !== 0) throw new Error(`node ${args.join(' ')} has failed`);
  return Promise.resolve(performance.now() - started);
}

/**
 * Milliseconds from the start of a program to its first byte on a serial port, whose other end is here; then the
 * program is killed, and with it ends the port.
 */
async function firstByte(args: (port: string) => string[]): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'anycloud-iotc-bench-'));
  const port = join(folder, 'port');
  const socat = spawn('socat', [`pty,raw,echo=0,link=${port}`, 'stdio'], { stdio: ['pipe', 'pipe', 'ignore'] });
  try {
    while (!existsSync(port)) await pause(5);
    const arrived = new Promise<'arrived'>((resolve) => socat.stdout.once('data', () => resolve('arrived')));
    const started = performance.now();
    const program = spawn(process.execPath, args(port), { cwd: PROJECT, stdio: ['ignore', 'ignore', 'inherit'] });
    const ended = new Promise<'ended'>((resolve) => program.once('exit', () => resolve('ended')));
    const first = await Promise.race([arrived, ended]);
    const took = performance.now() - started;
    program.kill('SIGKILL');
    if (first === 'ended') throw new Error('a program has ended before it wrote to the port');
    await ended;
    return took;
  } finally {
    socat.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
}

async function startOnPort(): Promise<Row[]> {
  if (spawnSync('socat', ['-V']).error) {
    process.stderr.write('the start up to the first byte is not measured: it needs socat\n');
    return [];
  }
  const { ssid, passphrase } = SETTINGS.wifi;
  const settings = ['--ssid', ssid, '--passphrase', passphrase, '--id-scope', SETTINGS.idScope];
  const result = await compare(
    PORT_ROUNDS,
    () => firstByte((port) => [CLI, '--port', port, ...settings]),
    () => firstByte((port) => ['--input-type=module', '--eval', BARE, port]),
  );
  return [ratio('start to first byte on the port', 'ms', 'serialport alone', result, { atMost: 1.35 })];
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
    rows.push(ratio(flag, 'ms', 'node -e 0', result, { atMost: 1.35 }));
  }
  return [...rows, ...(await startOnPort())];
}
