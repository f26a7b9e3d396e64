import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { AnyCloudLink } from '../../../src/modem/anycloud/link.ts';
import { parseNetwork, scan } from '../../../src/modem/anycloud/scan.ts';
import type { SeenNetwork } from '../../../src/modem/modem.ts';
import { anyText } from '../../helpers/any-text.ts';
import { type Board, board, NETWORK } from '../../helpers/board.ts';

const PREFIX = '+WSCNIND:-48,3,6,"5C:76:95:1B:D9:2F",';

function seen({ clock, module, signal }: Board, ssid?: string): Promise<SeenNetwork[]> {
  return clock.until(scan(new AnyCloudLink(module.connect(), clock), signal, ssid));
}

test('a network is read from its line, whatever its name holds', () => {
  const names: [printed: string, ssid: string][] = [
    ['"Workshop 2"', 'Workshop 2'],
    ['[]', ''],
    ['[436166C3A9]', 'Café'],
    ['"a"b\\c,d"', 'a"b\\c,d'],
  ];
  for (const [printed, ssid] of names) {
    assert.deepEqual(parseNetwork(PREFIX + printed), {
      ssid,
      rssi: -48,
      channel: 6,
      security: 'wpa2',
      bssid: '5C:76:95:1B:D9:2F',
    });
  }
  fc.assert(
    fc.property(anyText({ minLength: 1, maxLength: 16 }), (ssid) => {
      const hex = Buffer.from(ssid).toString('hex').toUpperCase();
      assert.equal(parseNetwork(`${PREFIX}[${hex}]`)?.ssid, Buffer.from(ssid).toString());
    }),
  );
});

test('what is no such line is no network', () => {
  for (const line of [
    '+WSCNDONE',
    PREFIX,
    `${PREFIX}"cut`,
    `${PREFIX}[4]`,
    PREFIX.replace(',3,', ',4,').concat('"a"'),
  ]) {
    assert.equal(parseNetwork(line), null, line);
  }
  fc.assert(fc.property(fc.string(), (text) => parseNetwork(text) === null || text.startsWith('+WSCNIND:')));
});

test('all networks are found, the strongest first', async () => {
  const accessPoints = [
    { ...NETWORK, ssid: 'far', rssi: -80, security: 'open' as const },
    { ...NETWORK, ssid: 'Café "1"', rssi: -30, security: 'wpa' as const },
    NETWORK,
  ];
  const networks = await seen(await board({ accessPoints }));
  assert.deepEqual(
    networks.map(({ ssid, security }) => [ssid, security]),
    [
      ['Café "1"', 'wpa'],
      [NETWORK.ssid, 'wpa2'],
      ['far', 'open'],
    ],
  );
  assert.deepEqual(
    (await seen(await board({ accessPoints }), 'far')).map(({ ssid }) => ssid),
    ['far'],
  );
});

test('a scan that finds nothing ends, although the module does not say so', async () => {
  const there = await board({ accessPoints: [] });
  const start = there.clock.monotonic();
  assert.deepEqual(await seen(there), []);
  const took = there.clock.monotonic() - start;
  assert.ok(took >= 10_000 && took < 11_000, `${took} ms`);
});

test('a scan that is refused says so, and one that is aborted ends', async () => {
  const { clock, module } = await board();
  const modem = new AnyCloudLink(module.connect(), clock);
  await clock.until(modem.executeIdempotent({ text: 'AT+WSTAC=1,"absent"' }, new AbortController().signal));
  await clock.until(modem.executeIdempotent({ text: 'AT+WSTA=1,20000' }, new AbortController().signal));
  await assert.rejects(clock.until(scan(modem, new AbortController().signal)), { code: 'E_MODULE_REFUSED' });
  const stop = new AbortController();
  const other = await board({ accessPoints: [] });
  const running = scan(new AnyCloudLink(other.module.connect(), other.clock), stop.signal);
  running.catch(() => undefined);
  await other.clock.advance(500);
  stop.abort(new Error('Ctrl-C'));
  await assert.rejects(other.clock.until(running), /Ctrl-C/);
});
