import assert from 'node:assert/strict';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { main } from '../../src/cli/main.ts';
import { Attendance } from '../../src/cli/session/attendance.ts';
import type { SessionEvent } from '../../src/events.ts';
import { type Ended, emptyFolder, parseEvent } from '../helpers/cli.ts';
import { runMain, surroundings } from '../helpers/in-process.ts';

const CLASS = ['--simulate', '--pace', 'instant', '--http-port', '0', '--boards', '3'];
const IDS = ['board-1', 'board-2', 'board-3'];

function folder(t: TestContext): string {
  const cwd = emptyFolder();
  t.after(() => rmSync(cwd, { recursive: true }));
  return cwd;
}

const events = ({ stdout }: Ended) => stdout.trim().split('\n').map(parseEvent);

/** Runs a class; `act` is called with each line of JSON as it comes, and what ends the class as Ctrl-C would. */
async function runClass(
  args: readonly string[],
  cwd: string,
  act: (event: Record<string, unknown>, interrupt: () => void) => Promise<void>,
): Promise<Ended> {
  const { environment, signals, ended } = surroundings([...CLASS, '--json', ...args], cwd);
  const acts: Promise<void>[] = [];
  let rest = '';
  environment.stdout.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) acts.push(act(parseEvent(line), () => signals.emit('SIGINT')));
  });
  const code = await main(environment);
  await Promise.all(acts);
  return ended(code);
}

async function ask(url: unknown, path: string, method = 'GET', body?: unknown): Promise<unknown> {
  const response = await fetch(`${url}${path}`, {
    method,
    ...(body !== undefined && { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  });
  assert.ok(response.ok, `${method} ${path}: ${response.status}`);
  return response.json();
}

/** What it keeps outside of its handlers is its own, of each board. */
const COUNTER = `
import { defineDevice } from 'anycloud-iotc';
let loads = 0;
export default defineDevice({ telemetry: { loads: () => ++loads } });
`;

describe('a class', { concurrency: true }, () => {
  test('each board of a class is a device of its own, and its lines are those of a session', async (t) => {
    const identities = new Map<string, string>();
    const modules: string[] = [];
    let url: unknown;
    const { code, stdout, stderr } = await runClass(['--count', '2', '--interval', '1'], folder(t), async (event) => {
      url ??= event['url'];
      if (event['type'] !== 'telemetry') return;
      const id = String(event['deviceId']);
      if (identities.has(id)) return;
      identities.set(id, '');
      const [identity, module] = await Promise.all([
        ask(url, `/api/devices/${id}/identity`),
        ask(url, `/api/module?deviceId=${id}`),
      ]);
      identities.set(id, JSON.stringify(identity));
      modules.push(JSON.stringify(module));
    });
    assert.deepEqual([code, stderr], [0, '']);
    const all = events({ code, stdout, stderr });
    assert.deepEqual([...identities.keys()].sort(), IDS);
    assert.equal(new Set(identities.values()).size, 3, 'each has a certificate of its own');
    assert.equal(modules.length, 3);
    const nobodys = all.filter(({ deviceId }) => deviceId === undefined);
    assert.deepEqual(
      nobodys.map(({ type, message, reason }) => [type, message ?? reason]),
      [
        ['event', '3 of 3 boards have sent telemetry'],
        ['exit', 'the requested number of messages was sent by every board'],
      ],
    );
    assert.equal(all.at(-1), nobodys.at(-1));
    const temperatures = new Set<string>();
    for (const id of IDS) {
      const own = all.filter(({ deviceId }) => deviceId === id);
      assert.equal(own[0]?.type, 'local-cloud');
      assert.deepEqual([own.at(-1)?.type, own.at(-1)?.['code']], ['exit', 0]);
      const sent = own.filter(({ type }) => type === 'telemetry').map(({ body }) => JSON.stringify(body));
      assert.equal(sent.length, 2, '--count is for each');
      temperatures.add(sent.join());
      assert.ok(own.some(({ type, deviceId }) => type === 'assigned' && deviceId === id));
    }
    assert.equal(temperatures.size, 3, 'no two measure the same');
  });

  test('a board that fails ends no other, and the class ends like it', async (t) => {
    let struck = false;
    const { code, stdout, stderr } = await runClass(['--count', '1'], folder(t), async ({ type, url }) => {
      if (type !== 'local-cloud' || struck) return;
      struck = true;
      const [register, kick] = ['board-2', 'board-3'].map((deviceId) => ({
        type: 'dps',
        answer: 'disabled',
        deviceId,
      }));
      await ask(url, '/api/faults', 'POST', register);
      await ask(url, '/api/faults', 'POST', { ...kick, answer: 'status', status: 401 });
    });
    assert.equal(code, 7);
    const all = events({ code, stdout, stderr });
    const exits = all.filter(({ type }) => type === 'exit').map(({ deviceId, code }) => `${deviceId} ${code}`);
    assert.deepEqual(exits.sort(), ['board-1 0', 'board-2 7', 'board-3 7', 'undefined 7']);
    assert.equal(all.at(-1)?.['reason'], 'of 3 boards board-2 board-3 failed');
    assert.deepEqual(
      all.filter(({ type }) => type === 'error').map(({ deviceId, code }) => [deviceId, code]),
      [
        ['board-2', 'E_DPS_DISABLED'],
        ['board-3', 'E_DPS_REFUSED'],
      ],
    );
    assert.match(stderr, /^Error: board-2: .*\[E_DPS_DISABLED\]$/m);
  });

  test('Ctrl-C ends all boards in good order', async (t) => {
    const sending = new Set<unknown>();
    const { code, stdout, stderr } = await runClass([], folder(t), async ({ type, deviceId }, interrupt) => {
      if (type !== 'telemetry') return;
      sending.add(deviceId);
      if (sending.size === 3) interrupt();
    });
    assert.deepEqual([code, stderr], [130, '']);
    const exits = events({ code, stdout, stderr }).filter(({ type }) => type === 'exit');
    assert.deepEqual(
      exits.map(({ code, reason }) => [code, reason]),
      Array.from({ length: 4 }, () => [130, 'SIGINT']),
    );
  });

  test('the transcript calls the roll; the log file has every line with its board', async (t) => {
    const cwd = folder(t);
    writeFileSync(join(cwd, 'counter.mjs'), COUNTER);
    const log = join(cwd, 'class.log');
    const device = ['--device', 'counter.mjs', '--device-id', 'desk'];
    const { code, stdout, stderr } = await runMain([...CLASS, ...device, '--count', '1', '--log-file', log], cwd);
    assert.deepEqual([code, stderr], [0, '']);
    const [cloud, ...rest] = stdout.trim().split('\n');
    assert.match(String(cloud), /^The local cloud and the page of all boards are at http:/);
    assert.deepEqual(rest.slice(-2), [
      'Event: 3 of 3 boards have sent telemetry',
      'Session ended: the requested number of messages was sent by every board (exit code 0)',
    ]);
    assert.deepEqual(rest.slice(0, -2).sort(), [
      'desk-1  telemetry {"loads":1}',
      'desk-2  telemetry {"loads":1}',
      'desk-3  telemetry {"loads":1}',
    ]);
    const logged = readFileSync(log, 'utf8');
    for (const id of ['desk-1', 'desk-2', 'desk-3'])
      assert.match(logged, new RegExp(`^[^ ]+Z ${id} tx AT\\+WSTAC`, 'm'));
  });
});

test('what does not go together with --boards is said at once', async (t) => {
  const cwd = folder(t);
  const wrong = async (...args: string[]) => {
    const { code, stderr } = await runMain(args, cwd);
    assert.equal(code, 3);
    return stderr;
  };
  for (const count of ['0', '101', '-1', 'many', '2.5']) {
    assert.match(await wrong('--simulate', '--boards', count), /--boards is wrong: .* must be .*1.*100/);
  }
  const real = await wrong(
    '--boards',
    '3',
    '--port',
    'COM5',
    '--ssid',
    'a',
    '--security',
    'open',
    '--id-scope',
    '0ne1',
  );
  assert.match(real, /--simulate is missing.*docs\/classroom\.md/);
  const id = 'x'.repeat(63);
  const all = await wrong(...CLASS, '--port', 'COM5', '--stdin', '--gateway', '--device-id', id);
  for (const what of ['--port', '--stdin', 'GATEWAY'])
    assert.match(all, new RegExp(`- ${what} does not go with --boards`));
  assert.match(all, /DEVICE_ID must have at most \d+ characters with --boards/);
});

test('attendance: who is missing, who comes back, and which failure counts', () => {
  const attendance = new Attendance(IDS);
  const take = (event: SessionEvent) => attendance.take(event);
  const telemetry = (deviceId: string) => take({ type: 'telemetry', body: 1, deviceId });
  assert.equal(attendance.line(), '0 of 3 send telemetry, board-1 board-2 board-3 not');
  assert.equal(take({ type: 'state', state: 'sync', deviceId: 'board-1' }), false);
  assert.equal(telemetry('board-1'), true);
  assert.equal(telemetry('board-1'), false);
  telemetry('board-2');
  assert.equal(attendance.becomesComplete(), false);
  assert.equal(take({ type: 'state', state: 'await-reconnect', deviceId: 'board-1' }), true);
  assert.equal(attendance.line(), '1 of 3 send telemetry, board-1 board-3 not');
  take({ type: 'exit', code: 8, reason: '', deviceId: 'board-3' });
  assert.deepEqual([attendance.becomesComplete(), attendance.becomesComplete()], [true, false]);
  assert.equal(attendance.summary(), '2 of 3 boards have sent telemetry, board-3 failed');
  take({ type: 'exit', code: 5, reason: '', deviceId: 'board-2' });
  assert.deepEqual(attendance.failure(), { code: 5, reason: 'of 3 boards board-3 board-2 failed' });
  take({ type: 'exit', code: 130, reason: '', deviceId: 'board-1' });
  assert.equal(attendance.line(), '0 of 3 send telemetry, board-3 board-2 failed');
  const many = new Attendance(Array.from({ length: 30 }, (_, index) => `b-${index}`));
  assert.equal(many.line(), '0 of 30 send telemetry, 30 not');
});
