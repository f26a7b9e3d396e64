import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import type { JsonObject } from '../../src/events.ts';
import { isJsonObject } from '../../src/json.ts';
import { largestLimits } from '../../src/modem/detect.ts';
import {
  DEVICE,
  type VirtualSimulation,
  type VirtualSimulationOptions,
  virtualSimulation,
} from '../helpers/simulation.ts';

/** What a session knows of no family: it is the same on each of them. */
const FAMILIES = ['rnwf02', 'rnwf11'] as const;
const LONG = 'x'.repeat(1_500);

async function bench(options: VirtualSimulationOptions): Promise<VirtualSimulation> {
  const made = await virtualSimulation(options);
  void made.run();
  return made;
}

/** The value of `telemetryInterval` that the twin shows, once it is acknowledged. */
function interval({ cloud }: VirtualSimulation): unknown {
  const { properties } = cloud.twin(DEVICE) as { properties: { reported: JsonObject } };
  const reported = properties.reported['telemetryInterval'];
  return isJsonObject(reported) && reported['ac'] === 200 ? reported['value'] : undefined;
}

/** A line of a module as other sources print it: with blanks, hexadecimal in lower case, a comma in a code. */
function otherwise(line: string): string {
  const hexadecimal = line.replace(/\[[0-9A-F]+\]/g, (digits) => digits.toLowerCase());
  const withComma = hexadecimal.replace(/ERROR:(\d+)\.(\d+)/, 'ERROR:$1,$2');
  if (!/^[\r>\0]*\+/.test(withComma)) return withComma;
  return withComma.replace(/"(?:\\.|[^"\\])*"|[:,]/g, (part) => (part.length === 1 ? `${part} ` : part));
}

/** The host's end of a wire that prints each line of the module like that, and byte by byte. */
function reprinted(inner: Duplex): Duplex {
  let rest = '';
  const outer = new Duplex({
    read: () => undefined,
    write(chunk, _, done) {
      inner.write(chunk, done);
    },
    destroy(error, done) {
      inner.destroy();
      done(error);
    },
  });
  inner.on('data', (chunk: Buffer) => {
    rest += chunk.toString('latin1');
    // An echo, or a prompt, has no line end to wait for.
    const end = rest.includes('+') ? rest.lastIndexOf('\n') + 1 : rest.length;
    const text = rest.slice(0, end).split('\n').map(otherwise).join('\n');
    rest = rest.slice(end);
    for (const byte of Buffer.from(text, 'latin1')) outer.push(Uint8Array.of(byte));
  });
  inner.on('close', () => outer.destroy());
  return outer;
}

for (const family of FAMILIES) {
  test(`${family}: it does not matter in which of its forms the module prints what it says`, async (t) => {
    const s = await virtualSimulation({ family, expected: null, settings: { qos: 1 } });
    t.after(() => s.stop());
    const connect = s.module.connect.bind(s.module);
    s.module.connect = () => reprinted(connect());
    void s.run();
    await s.telemetry(2);
    await s.cloud.patchDesired(DEVICE, { telemetryInterval: 3, long: LONG });
    await s.until(() => interval(s) === 3);
    const answer = s.cloud.invokeMethod(DEVICE, 'reboot', { delay: 'PT5S' });
    assert.equal((await s.clock.until(answer)).status, 200);
    // Each query was understood the first time.
    const queries = s.sent().filter((line) => /^AT\+(?:GMM|GMR|WSTA)$/.test(line));
    assert.ok(queries.length <= 5, queries.join('\n'));
    assert.equal(s.sent().filter((line) => line === 'AT+RST').length, 0);
  });
}

const WPA3 = { ssid: 'AnyCloud-Demo', passphrase: 'correct horse', security: 'wpa3' } as const;
const WPA3_IN_REACH = [{ ...WPA3, bssid: '5C:76:95:1B:D9:2F', channel: 6, rssi: -48 }];

test('AnyCloud has no WPA3, and says so', async (t) => {
  const s = await bench({ family: 'anycloud', settings: { wifi: WPA3 }, module: { accessPoints: WPA3_IN_REACH } });
  t.after(() => s.stop());
  await assert.rejects(s.clock.until(s.run()), { code: 'E_CONFIG', exitCode: 3 });
});

for (const family of FAMILIES) {
  test(`${family}: a network with WPA3 is joined`, async (t) => {
    const s = await bench({ family, settings: { wifi: WPA3 }, module: { accessPoints: WPA3_IN_REACH } });
    t.after(() => s.stop());
    await s.telemetry(1);
  });

  test(`${family}: a network with WPA3 is not joined as one with WPA2, nor the other way round`, async (t) => {
    const asked = await bench({ family, module: { accessPoints: WPA3_IN_REACH } });
    t.after(() => asked.stop());
    await assert.rejects(asked.clock.until(asked.run()), { code: 'E_WIFI_JOIN' });
    const other = await bench({ family, settings: { wifi: WPA3 } });
    t.after(() => other.stop());
    await assert.rejects(other.clock.until(other.run()), { code: 'E_WIFI_JOIN' });
  });

  test(`${family}: a session to telemetry, a property and a command`, async (t) => {
    const s = await bench({ family, pace: 'real' });
    t.after(() => s.stop());
    await s.telemetry(2);
    const { length } = s.of('property');
    await s.cloud.patchDesired(DEVICE, { telemetryInterval: 3 });
    await s.until(() => s.of('property').length > length);
    const answer = s.cloud.invokeMethod(DEVICE, 'reboot', { delay: 'PT5S' });
    assert.equal((await s.clock.until(answer)).status, 200);
    await s.until(() => s.of('command').length === 1);
    await s.until(() => interval(s) === 3);
    // It has nothing to ask for twice, and nothing to reset.
    const sent = s.sent();
    assert.equal(sent.filter((line) => line === 'AT+RST').length, 0);
    assert.equal(sent.filter((line) => line === 'AT+MQTTCONN=1').length, 2);
  });

  test(`${family}: a broker that drops the connection is connected to again, and the twin read`, async (t) => {
    const s = await bench({ family });
    t.after(() => s.stop());
    await s.telemetry(1);
    for (const drop of ['mqttDrop', 'mqttReset'] as const) {
      const twins = s.of('twin').length;
      s.module.faults[drop]();
      await s.until(() => s.of('twin').length > twins);
      await s.telemetry(1);
    }
    assert.ok(s.sent().filter((line) => line === 'AT+MQTTCONN=1').length >= 4);
    assert.equal(s.sent().filter((line) => line === 'AT+RST').length, 0);
  });

  test(`${family}: a lost network and a reset are recovered from`, async (t) => {
    const s = await bench({ family });
    t.after(() => s.stop());
    await s.telemetry(1);
    s.module.faults.wifiDrop();
    await s.telemetry(2, 300_000);
    s.module.faults.reset();
    await s.telemetry(2, 300_000);
  });

  test(`${family}: a twin longer than a printed line is read in a second step`, async (t) => {
    const s = await bench({ family });
    t.after(() => s.stop());
    await s.telemetry(1);
    await s.cloud.patchDesired(DEVICE, { note: LONG, telemetryInterval: 4 });
    await s.until(() => s.sent().some((line) => line.startsWith('AT+MQTTSUBRD=')));
    await s.until(() => interval(s) === 4);
  });

  test(`${family}: events that come late, in pieces or not at all cost nothing but time`, async (t) => {
    const s = await bench({ family, pace: 'real' });
    t.after(() => s.stop());
    s.module.control('late-events 400');
    s.module.control('preempt 50');
    await s.telemetry(2, 300_000);
    s.module.control('lose-events 2');
    s.module.faults.mqttDrop();
    await s.telemetry(3, 300_000);
  });
}

test('the modem is found out about by a session that expects no family', async (t) => {
  for (const family of ['anycloud', ...FAMILIES] as const) {
    const s = await virtualSimulation({ family, expected: null });
    t.after(() => s.stop());
    void s.run();
    await s.telemetry(1);
    assert.deepEqual(s.sent().slice(0, 3), ['AT', 'ATE1', 'AT+GMM'], family);
  }
});

test('a family that is expected and is not there ends the session, and says what is', async (t) => {
  const s = await virtualSimulation({ family: 'rnwf02', expected: 'rnwf11' });
  t.after(() => s.stop());
  await assert.rejects(s.clock.until(s.run()), { code: 'E_MODULE_UNKNOWN', message: /RNWF02/ });
});

test('limits before a module is known are those of the one with the most room', () => {
  const limits = largestLimits(null);
  assert.ok(limits.command >= 1_024 && limits.clientId >= 64, JSON.stringify(limits));
});
