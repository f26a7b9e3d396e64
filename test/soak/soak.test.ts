import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { AtLink } from '../../src/at/link.ts';
import { systemClock } from '../../src/clock.ts';
import type { JsonObject } from '../../src/events.ts';
import { DIALECT } from '../../src/modem/anycloud/dialect.ts';
import type { Urc } from '../../src/modem/anycloud/urc.ts';
import type { Family } from '../../src/modem/detect.ts';
import { DEVICE, seeded, type VirtualSimulation, virtualSimulation } from '../helpers/simulation.ts';

const HOUR = 3_600_000;

/** The host's end of a wire that a test feeds. */
class Fed extends Duplex {
  override _read(): void {}
  override _write(_chunk: unknown, _encoding: BufferEncoding, done: () => void): void {
    done();
  }
}

test('a million events pass the AT link, and none of them stays', async () => {
  const wire = new Fed();
  const link = new AtLink<Urc>(wire, systemClock, DIALECT);
  let seen = 0;
  link.on('event', () => seen++);
  const block = Buffer.from('\r+MQTTPUB:3,"t/x",15,"{"a":1,"b":"x"}"\r\n>'.repeat(1_000));
  const run = async (blocks: number) => {
    for (let n = 0; n < blocks; n++) {
      wire.push(block);
      await new Promise((resolve) => setImmediate(resolve));
    }
    globalThis.gc?.();
    return process.memoryUsage().heapUsed;
  };
  const before = await run(50);
  const after = await run(950);
  assert.equal(seen, 1_000_000);
  assert.ok(after - before < 20e6, `${((after - before) / 1e6).toFixed(1)} MB more`);
});

/** Faults that pass by themselves, or are taken back after a while. */
const FAULTS: ((bench: VirtualSimulation, random: () => number) => void)[] = [
  ({ module }) => module.faults.mqttDrop(),
  ({ module }) => module.faults.mqttReset(),
  ({ module }) => module.faults.wifiDrop(),
  ({ module }) => module.faults.reset(),
  ({ module }) => module.faults.dhcpRenew(),
  ({ module }, random) => module.faults.noise(1 + Math.floor(random() * 100)),
  ({ module }, random) => module.faults.dropReceived(1 + Math.floor(random() * 20)),
  ({ module }, random) => module.faults.dropTransmitted(1 + Math.floor(random() * 20)),
  ({ module }, random) => module.faults.stall(Math.floor(random() * 6_000)),
  ({ module, clock }) => {
    module.faults.preempt(25);
    clock.after(120_000, () => module.faults.preempt(0));
  },
  ({ module, clock }) => {
    module.faults.omit('puback');
    clock.after(60_000, () => module.faults.omit(undefined));
  },
  (bench) => {
    bench.unplug();
    bench.clock.after(20_000, () => bench.plug());
  },
  ({ module, clock }) => {
    module.faults.crash();
    clock.after(5_000, () => module.powerOn());
  },
];

for (const [family, hours] of [
  ['anycloud', 24],
  ['rnwf02', 6],
  ['rnwf11', 6],
] as const) {
  test(`${family}: ${hours} hours with a random fault every ten minutes end in telemetry, with everything answered`, (t) =>
    soak(t, family, hours));
}

async function soak(t: TestContext, family: Family, hours: number): Promise<void> {
  const seed = Number(process.env['SOAK_SEED'] ?? Math.floor(Math.random() * 1e9));
  t.diagnostic(`SOAK_SEED=${seed}`);
  const random = seeded(seed);
  const bench = await virtualSimulation({ seed, family, settings: { qos: 1, interval: 30 } });
  t.after(() => bench.stop());
  let ended: unknown = null;
  bench.run().then(
    () => {
      ended = 'ended';
    },
    (error: unknown) => {
      ended = error;
    },
  );
  await bench.telemetry(1);
  const end = bench.clock.monotonic() + hours * HOUR;
  let version = 0;
  while (bench.clock.monotonic() < end) {
    FAULTS[Math.floor(random() * FAULTS.length)]?.(bench, random);
    await bench.clock.advance(60_000 + random() * 240_000);
    version = await bench.cloud.patchDesired(DEVICE, { led_user: 1 + Math.floor(random() * 3) });
    await bench.clock.advance(240_000);
    assert.equal(ended, null, `${String(ended)}; seed ${seed}`);
  }
  await bench.clock.advance(10 * 60_000);
  const sent = bench.of('telemetry').length;
  await bench.telemetry(sent + 2, HOUR);

  // Every sample that fell due was acknowledged, but for those still waiting; the hub has the last thousand of them.
  const due = (hours * HOUR) / 30_000;
  assert.ok(sent > due * 0.98, `${sent} of ${due}; seed ${seed}`);
  const twin = bench.cloud.twin(DEVICE) as { properties: { reported: JsonObject; desired: JsonObject } };
  const ack = twin.properties.reported['led_user'] as JsonObject;
  assert.deepEqual([ack['av'], ack['value']], [version, twin.properties.desired['led_user']], `seed ${seed}`);
}
