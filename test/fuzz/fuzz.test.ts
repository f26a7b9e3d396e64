import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Family } from '../../src/modem/detect.ts';
import { DEVICE, virtualSimulation } from '../helpers/simulation.ts';

const RUNS = Number(process.env['FUZZ_RUNS'] ?? 300);

// Pieces of the module's own language, so that nonsense comes close to sense.
const fragment = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc
    .constantFrom(
      'OK\r\n>',
      'ERROR:47,"MQTT Error"\r\n',
      '\r+MQTTPUB:3,"t/x",5,"',
      '\r+MQTTPUB:49,"$iothub/twin/PATCH/properties/desired/?$version=9",6,"{"a":1"\r\n>',
      '\r+MQTTPUB:37,"$iothub/methods/POST/reboot/?$rid=zz",2,"{}"\r\n>',
      '\r+MQTTCONN:1\r\n>',
      '\r+TIME:2,12\r\n>',
      '#',
      '>',
      '\r\n',
      'Buffer Overflow\r\n',
      '+WSTAAIP:"1.2.3.4"',
      // And of that of the other family.
      'ERROR:8.0,"MQTT Error"\r\n',
      '\r+MQTTSUBRX:0,1,0,"t/x","',
      '\r+MQTTSUBRX:0,1,0,"$iothub/twin/PATCH/properties/desired/?$version=9",9,1546\r\n>',
      '\r+MQTTSUBRX:0,0,0,"$iothub/methods/POST/reboot/?$rid=zz","{}"\r\n>',
      '\r+WSTALD:1\r\n>',
      '\r+MQTTCONN:ERROR:8.0\r\n>',
      '\r+BOOT:"RNWF - AT Command Interface"\r\n>',
      '+MQTTSUBRD:9,3,"abc"\r\n',
    )
    .map((text) => Buffer.from(text, 'latin1')),
);

for (const [family, runs] of [
  ['anycloud', RUNS],
  ['rnwf02', Math.ceil(RUNS / 4)],
  ['rnwf11', Math.ceil(RUNS / 4)],
] as const) {
  test(`${family}: whatever the module prints into telemetry, telemetry goes on`, () => print(family, runs));
}

async function print(family: Family, runs: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(3_000), fragment), { minLength: 1, maxLength: 12 }), async (noise) => {
      const bench = await virtualSimulation({ family, settings: { interval: 1 } });
      void bench.run();
      await bench.telemetry(1);
      for (const [pause, bytes] of noise) {
        bench.module.faults.raw(bytes);
        await bench.clock.advance(pause);
      }
      const before = bench.of('telemetry').length;
      await bench.telemetry(before + 2, 300_000);
      await bench.stop();
    }),
    { numRuns: runs },
  );
}

test('whatever the cloud asks for, every command is answered and telemetry goes on', async () => {
  const request = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.record({
      delay: fc.oneof(fc.string({ maxLength: 20 }), fc.constantFrom('PT0S', 'PT5S', 'P7D', 'P8D', '-PT1S')),
    }),
  );
  const name = fc.constantFrom('reboot', 'sendMsg', 'x', 'a.b', 'UPPER');
  const wish = fc.dictionary(
    fc.constantFrom('telemetryInterval', 'led_user', 'rgb_led_red', 'ipAddress', 'fan', 'constructor'),
    fc.oneof(fc.jsonValue({ maxDepth: 1 }), fc.integer({ min: -1, max: 101 })),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(name, request, wish), { minLength: 1, maxLength: 6 }), async (requests) => {
      const bench = await virtualSimulation();
      void bench.run();
      await bench.telemetry(1);
      for (const [method, body, desired] of requests) {
        const call = bench.cloud.invokeMethod(DEVICE, method, JSON.parse(JSON.stringify(body)));
        const patch = bench.cloud.patchDesired(DEVICE, JSON.parse(JSON.stringify(desired))).catch(() => 0);
        const { status, response } = await bench.clock.until(call);
        assert.ok([200, 400, 404].includes(status), `${method}: ${status}`);
        assert.equal(typeof (response as { status?: unknown }).status, 'string');
        await patch;
      }
      const before = bench.of('telemetry').length;
      await bench.telemetry(before + 1, 200_000_000);
      assert.ok(!bench.states().includes('reset'));
      await bench.stop();
    }),
    { numRuns: RUNS },
  );
});
