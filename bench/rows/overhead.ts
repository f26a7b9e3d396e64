import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { dirname, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { systemClock } from '../../src/clock.ts';
import { drive, isTelemetry } from '../bare-driver.ts';
import { figure, type Row, ratio } from '../row.ts';
import { startSession } from '../session.ts';
import { paired, summarise } from '../statistics.ts';

/** It lies beside the program that this is a part of. */
const MODULE = join(dirname(process.argv[1] ?? ''), 'module-process.mjs');
const ROUNDS = 7;
/** The module boots within half a second. */
const BOOT = 1_500;
/** What is still to do after the first telemetry is done by then. */
const SETTLING = 2_000;
/** CPU time is measured over so many milliseconds, so many times. */
const IDLE = 10_000;
const IDLE_ROUNDS = 3;

interface Wire {
  stream: Socket;
  close(): void;
}

/** A module that has just booted, in a process of its own. */
async function boot(): Promise<Wire> {
  const child: ChildProcess = spawn(process.execPath, [MODULE], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (!child.stdout) throw new Error('the module has no output');
  const [port] = await once(child.stdout.setEncoding('utf8'), 'data');
  const stream = connect({ host: '127.0.0.1', port: Number(port), noDelay: true });
  await once(stream, 'connect');
  await pause(BOOT);
  return {
    stream,
    close() {
      stream.destroy();
      child.kill('SIGKILL');
    },
  };
}

interface Connected {
  /** What it has sent, up to the first telemetry. */
  commands: string[];
  /** Milliseconds from its first byte to the last one of the first telemetry. */
  took: number;
}

/** Runs a session until its first telemetry, then `meanwhile`. */
async function connectSession(meanwhile: () => Promise<void> = async () => undefined): Promise<Connected> {
  const { stream, close } = await boot();
  const sent: { line: string; at: number }[] = [];
  const session = startSession(stream, systemClock, {}, (event) => {
    if (event.type === 'at' && event.dir === 'tx') sent.push({ line: event.line, at: performance.now() });
  });
  try {
    await session.atWork;
    const last = sent.findIndex(({ line }) => isTelemetry(line));
    const took = (sent[last]?.at ?? Number.NaN) - (sent[0]?.at ?? Number.NaN);
    await meanwhile();
    await session.stop();
    return { commands: sent.slice(0, last + 1).map(({ line }) => line), took };
  } finally {
    close();
  }
}

async function driveBare(commands: readonly string[]): Promise<number> {
  const { stream, close } = await boot();
  try {
    return await drive(stream, commands);
  } finally {
    close();
  }
}

/** What the session adds to the time that module and cloud need, and what it costs while it waits. */
export async function overhead(): Promise<Row[]> {
  const idle: number[] = [];
  const { commands } = await connectSession(async () => {
    await pause(SETTLING);
    for (let round = 0; round < IDLE_ROUNDS; round++) {
      const before = process.cpuUsage();
      await pause(IDLE);
      const { user, system } = process.cpuUsage(before);
      idle.push((user + system) / 1000 / IDLE);
    }
  });
  const pairs: [number, number][] = [];
  // At the same time, since both do little but wait, and each has a module of its own.
  for (let round = 0; round < ROUNDS; round++) {
    const [{ took }, bare] = await Promise.all([connectSession(), driveBare(commands)]);
    pairs.push([took / 1000, bare / 1000]);
  }
  return [
    ratio('first byte to first telemetry', 's', 'bare driver', paired(pairs), { atMost: 1.02 }),
    figure('CPU of a session in the telemetry loop', 's/s', summarise(idle), { atMost: 0.002 }),
  ];
}
