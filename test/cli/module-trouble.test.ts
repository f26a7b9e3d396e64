import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer as createTcpServer, type Server } from 'node:net';
import { test } from 'node:test';
import { createServer } from 'node:tls';
import { aliasesOf } from '../../src/cli/doctor/aliases.ts';
import { failedBy } from '../../src/cli/doctor/check-result.ts';
import { type CheckContext, MODULE_CHECKS } from '../../src/cli/doctor/module-checks.ts';
import { findRate } from '../../src/cli/doctor/rates.ts';
import { checkServer } from '../../src/cli/doctor/server.ts';
import { systemClock } from '../../src/clock.ts';
import { AppError, EXIT } from '../../src/errors.ts';
import type { SessionEvent } from '../../src/events.ts';
import { AnyCloudLink } from '../../src/modem/anycloud/link.ts';
import { identifyModem } from '../../src/modem/detect.ts';
import type { Modem } from '../../src/modem/modem.ts';
import { reportDialogue } from '../../src/session/report.ts';
import { createPki } from '../../src/simulator/cloud/pki.ts';
import { type Board, board, DEVICE, NETWORK, otherDevice, pki } from '../helpers/board.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

/** What a person is told who meets this device in place of a board. */
async function meeting(reply: (line: string) => string | null): Promise<AppError> {
  const clock = new VirtualClock();
  const { host } = otherDevice(reply);
  const error = await clock.until(identifyModem(host, clock, new AbortController().signal)).then(
    () => assert.fail('it was taken for an AnyCloud module'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof AppError, String(error));
  assert.equal(error.exitCode, EXIT.module);
  assert.ok(host.destroyed, 'the port was left open');
  return error;
}

test('a module is synchronized, in whatever condition it is', async () => {
  for (const left of ['', 'ATE0\r\n', 'ATV0\r\n', 'AT+LOADCERT=100,"x"\r\nabc', 'AT+WS']) {
    const { clock, module, signal } = await board();
    module.connect().write(left);
    await clock.advance(1_000);
    const modem = await clock.until(identifyModem(module.connect(), clock, signal));
    assert.equal(await clock.until(modem.firmware(signal)), '0.3.2', left);
  }
});

test('silence, a wrong rate and other devices are told apart', async () => {
  assert.match((await meeting(() => null)).message, /^Nothing answers/);
  assert.match((await meeting(() => '\x00\xf8\x80\xfe\xff\x1c')).message, /baud rate is likely wrong/);
  const sensor = await meeting(() => 'temperature 21.5\r\n');
  assert.match(sensor.message, /prints text.*temperature 21\.5/);
  const modem = await meeting((line) => `${line}\r\n${line === 'AT+GMM' ? '+GMM="ESP32"\r\n' : ''}OK\r\n`);
  assert.match(modem.message, /answers, but is no module that this program knows.*"ESP32"/);
  const mute = await meeting((line) => `${line}\r\nOK\r\n`);
  assert.match(mute.message, /does not say its model/);
  const picky = await meeting((line) => `${line}\r\nERROR\r\n`);
  assert.match(picky.message, /no module that this program knows/);
});

test('each try without an answer is told, except the last, which is the error', async () => {
  const clock = new VirtualClock();
  const { host } = otherDevice(() => null);
  const told: SessionEvent[] = [];
  const onModem = (modem: Modem) => reportDialogue((event) => told.push(event), modem);
  await assert.rejects(clock.until(identifyModem(host, clock, new AbortController().signal, null, onModem)));
  assert.deepEqual(
    told.filter(({ type }) => type === 'waiting'),
    [1, 2, 3, 4, 5, 6, 7].map((count) => ({ type: 'waiting', message: 'no answer yet', count, total: 8 })),
  );
  assert.deepEqual(told[0], { type: 'at', dir: 'tx', line: 'AT' });
});

test('the rate at which something answers is found, and each port closed again', async () => {
  const clock = new VirtualClock();
  const opened: { rate: number; closed: () => boolean }[] = [];
  const open = async (rate: number) => {
    // What arrived at the wrong rates is the beginning of the first line at the right one.
    let first = true;
    const { host } = otherDevice((line) => {
      if (rate !== 115_200) return '\xff\xfe';
      const reply = first ? 'ERROR:2,"Invalid AT Command"' : 'OK';
      first = false;
      return `${line}\r\n${reply}\r\n>`;
    });
    opened.push({ rate, closed: () => host.destroyed });
    return host;
  };
  const signal = new AbortController().signal;
  assert.equal(await clock.until(findRate([230_400, 115_200, 9_600], open, clock, signal)), 115_200);
  assert.deepEqual(
    opened.map(({ rate, closed }) => [rate, closed()]),
    [
      [230_400, true],
      [115_200, true],
    ],
  );
  assert.equal(await clock.until(findRate([230_400, 9_600], open, clock, signal)), null);
});

/** The verdicts on a module, as `status message` by check. */
async function verdicts(
  { clock, module, signal }: Board,
  desired: Partial<CheckContext> = {},
): Promise<Record<string, string>> {
  const modem = await clock.until(identifyModem(module.connect(), clock, signal));
  const patient = {
    module: modem,
    clock,
    simulate: false,
    hasGateway: false,
    invocation: 'anycloud-iotc',
    deviceId: null,
    ssid: NETWORK.ssid,
    security: 'wpa2' as const,
    ...desired,
  };
  const all: Record<string, string> = {};
  for (const [id, check] of MODULE_CHECKS) {
    const { status, message, hint } = await clock.until(check(patient, signal).catch(failedBy));
    assert.equal(hint === '', status === 'ok' || status === 'skipped', `${id}: ${hint}`);
    all[id] = `${status} ${message}`;
  }
  return all;
}

test('a board in order has nothing that failed', async () => {
  const all = await verdicts(await board());
  assert.deepEqual(Object.keys(all), ['firmware', 'certificate', 'device-id', 'wi-fi', 'clock']);
  assert.match(all['firmware'] ?? '', /^warning .*0\.3\.2.*2025-05-12/);
  assert.match(all['certificate'] ?? '', new RegExp(`^ok .*${DEVICE}`));
  assert.match(all['device-id'] ?? '', /^ok .*read from the certificate/);
  assert.match(all['wi-fi'] ?? '', /^ok .*-48 dBm/);
  assert.match(all['clock'] ?? '', /^skipped/);
  assert.match((await verdicts(await board(), { simulate: true }))['firmware'] ?? '', /^ok/);
});

test('each check finds its own trouble', async () => {
  const other = await verdicts(await board(), { deviceId: 'someone-else', ssid: 'Elsewhere' });
  assert.match(other['device-id'] ?? '', /^failed .*someone-else.*sn0123A1B2C3D4E5F601/);
  assert.match(other['wi-fi'] ?? '', /^failed .*"Elsewhere" is not in range/);
  const same = await verdicts(await board(), { deviceId: DEVICE, ssid: null });
  assert.match(same['device-id'] ?? '', /^ok/);
  assert.match(same['wi-fi'] ?? '', /^skipped/);
  const open = await board({ accessPoints: [{ ...NETWORK, security: 'open' }] });
  assert.match((await verdicts(open))['wi-fi'] ?? '', /^warning .*open, but WIFI_SECURITY is wpa2/);
  const wpa3 = { accessPoints: [{ ...NETWORK, security: 'wpa3' as const }], family: 'rnwf11' as const };
  assert.match((await verdicts(await board(wpa3)))['wi-fi'] ?? '', /^warning .*wpa3, but WIFI_SECURITY is wpa2/);
  assert.match((await verdicts(await board(wpa3), { security: 'wpa3' }))['wi-fi'] ?? '', /^ok .*wpa3/);
  assert.match((await verdicts(await board({ ...wpa3, family: 'anycloud' })))['wi-fi'] ?? '', /^failed .*not in range/);
  const wep = await board({ accessPoints: [{ ...NETWORK, security: 'wep' }] });
  assert.match((await verdicts(wep))['wi-fi'] ?? '', /^failed .*cannot join/);
});

test('a certificate is checked against the time, and against the limit of the module', async () => {
  const issuedIn = async (year: number) => createPki({ hosts: [], now: Date.UTC(year) });
  const old = await board({ identity: await (await issuedIn(2000)).device(DEVICE) });
  assert.match((await verdicts(old))['certificate'] ?? '', /^failed .*expired/);
  const early = await board({ identity: await (await issuedIn(2030)).device(DEVICE) });
  assert.match((await verdicts(early))['certificate'] ?? '', /^failed .*not yet/);
  const long = await board({ identity: await pki.device('a'.repeat(24)) });
  assert.match((await verdicts(long))['device-id'] ?? '', /^failed .*23 bytes/);
  const unreadable = await board({ identity: { ...(await pki.device(DEVICE)), certificate: 'no PEM' } });
  const all = await verdicts(unreadable);
  assert.match(all['certificate'] ?? '', /^failed .*no device certificate/);
  assert.match(all['device-id'] ?? '', /^skipped/);
});

test('the clock of the module is compared with that of this computer', async () => {
  for (const [ahead, expected] of [
    [0, /^ok/],
    [3600, /^warning .*36\d\d seconds ahead/],
    [-3600, /^warning .*3[56]\d\d seconds behind/],
  ] as const) {
    const there = await board();
    const modem = new AnyCloudLink(there.module.connect(), there.clock);
    const seconds = Math.floor(there.clock.wall() / 1000) + ahead;
    await there.clock.until(modem.executeIdempotent({ text: `AT+TIME=1,${seconds}` }, there.signal));
    assert.match((await verdicts(there))['clock'] ?? '', expected);
  }
});

test('a DPS answers TLS, or is told to be in another way of trouble', async (t) => {
  const signal = new AbortController().signal;
  const check = (
    port: number,
    host = 'localhost',
    root: string | null = null,
    aliases = async (): Promise<string[]> => [],
  ) => checkServer({ host, port, root, setting: 'DPS_HOST' }, systemClock, signal, aliases);
  const listening = async (server: Server) => {
    server.listen(0, 'localhost');
    t.after(() => server.close());
    await once(server, 'listening');
    const address = server.address();
    return typeof address === 'object' && address !== null ? address.port : assert.fail('it has no port');
  };
  const { certificate: cert, key } = pki.server;
  const port = await listening(createServer({ cert, key }));
  const good = await check(port, 'localhost', pki.ca);
  assert.equal(good.status, 'ok', good.message);
  const gateway = await check(port, 'localhost', pki.ca, async () => ['a.example', 'ihsu-prod.Gateway.example']);
  assert.equal(gateway.status, 'warning');
  assert.match(gateway.message, /alias of ihsu-prod\.Gateway\.example/);
  const harmless = await check(port, 'localhost', pki.ca, async () => ['a.example']);
  assert.equal(harmless.status, 'ok');
  const untrusted = await check(port);
  assert.equal(untrusted.status, 'failed');
  assert.match(untrusted.message, /does not answer TLS on port/);
  const plain = await check(await listening(createTcpServer((socket) => socket.end('no TLS'))));
  assert.equal(plain.status, 'failed');
  const unknown = await check(port, 'no-such-name.invalid');
  assert.deepEqual([unknown.status, /does not resolve/.test(unknown.message)], ['failed', true]);
});

test('a DPS that does not answer is given up, and Ctrl-C does not wait for it', async (t) => {
  const server = createTcpServer();
  server.listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const clock = new VirtualClock();
  const connected = once(server, 'connection');
  const late = checkServer(
    { host: '127.0.0.1', port, root: null, setting: 'DPS_HOST' },
    clock,
    new AbortController().signal,
  );
  await connected;
  await clock.advance(10_000);
  assert.match((await late).message, /no answer within 10 s/);
  const stop = new AbortController();
  const stopped = checkServer({ host: '127.0.0.1', port, root: null, setting: 'DPS_HOST' }, clock, stop.signal);
  stop.abort(new Error('Ctrl-C'));
  await assert.rejects(stopped, /Ctrl-C/);
});

test('aliases are followed to their end, and a circle has one too', async () => {
  const chain: Record<string, string> = { a: 'b', b: 'c', x: 'y', y: 'x' };
  const resolve = async (name: string) => [chain[name] ?? assert.fail('ENODATA')];
  assert.deepEqual(await aliasesOf('a', resolve), ['b', 'c']);
  assert.deepEqual(await aliasesOf('c', resolve), []);
  assert.equal((await aliasesOf('x', resolve)).length, 8);
});
