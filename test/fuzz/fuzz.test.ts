import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
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
    )
    .map((text) => Buffer.from(text, 'latin1')),
);

test('whatever the module prints into telemetry, telemetry goes on', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(fc.nat(3_000), fragment), { minLength: 1, maxLength: 12 }), async (noise) => {
      const bench = await virtualSimulation({ settings: { interval: 1 } });
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
    { numRuns: RUNS },
  );
});

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
