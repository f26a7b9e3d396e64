import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { AtError } from '../../../src/at/error.ts';
import { createModem } from '../../../src/modem/detect.ts';
import type { Modem } from '../../../src/modem/modem.ts';
import { createVirtualModule } from '../../../src/simulator/module/virtual-module.ts';
import { pki } from '../../helpers/board.ts';
import { virtualSimulation } from '../../helpers/simulation.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';

// RNWF11 1.0, and RNWF02 before 3.0, take files by XMODEM only.

const device = await pki.device('pump-7');
const ROOT = new X509Certificate(pki.ca);
const SECRET = device.key.split('\n')[1] ?? '';

/** A modem at a virtual module, in virtual time, with everything that it tells of the wire. */
async function rig(family: 'rnwf02' | 'rnwf11', pace: 'real' | 'instant' = 'instant', t?: TestContext) {
  const clock = new VirtualClock();
  const module = createVirtualModule({
    family,
    firmware: '2.0',
    blank: true,
    clock,
    random: () => 0.5,
    dial: () => Promise.reject(new Error('no network')),
    identity: device,
    accessPoints: [],
    pace,
  });
  t?.after(() => module.close());
  const modem: Modem = await createModem(module.connect(), clock, null);
  const told: string[] = [];
  modem.on('sent', (line) => told.push(line));
  modem.on('received', (line) => told.push(line));
  module.powerOn();
  const { signal } = new AbortController();
  await clock.until(modem.sync(signal));
  return { clock, module, modem, told, signal };
}

for (const family of ['rnwf02', 'rnwf11'] as const) {
  test(`${family}: a root certificate is stored, whatever happens to the frames on their way`, async (t) => {
    for (const fault of ['ok', 'damage', 'lose-ack']) {
      const { clock, module, modem, told, signal } = await rig(family, 'real', t);
      assert.equal(module.control(`xmodem ${fault}`), 'ok');
      const sent: number[] = [];
      const pem = ROOT.toString();
      assert.equal(await clock.until(modem.certificates.trust(pem, signal, (count) => sent.push(count))), true);
      assert.equal(sent.at(-1), pem.length);
      assert.ok(told.includes(`(${pem.length} bytes of data were transferred)`), fault);
      assert.equal(await clock.until(modem.certificates.trusts(pem, signal)), true);
      assert.equal(await clock.until(modem.certificates.trust(pem, signal)), false);
    }
  });

  test(`${family}: a transfer that fails leaves nothing behind, and the next command works`, async (t) => {
    for (const [fault, failure, within] of [
      ['xmodem cancel', { failure: 'refused' }, 1_000],
      ['xmodem silence', { failure: 'timed-out' }, 35_000],
      ['flash full', { failure: 'limit', message: /no room/ }, 1_000],
    ] as const) {
      const { clock, module, modem, signal } = await rig(family, 'instant', t);
      assert.equal(module.control(fault), 'ok');
      const start = clock.monotonic();
      await assert.rejects(clock.until(modem.certificates.trust(ROOT.toString(), signal)), failure, fault);
      assert.ok(clock.monotonic() - start < within, `${fault}: ${clock.monotonic() - start} ms`);
      assert.equal(await clock.until(modem.certificates.trusts(ROOT.toString(), signal)), false, fault);
      module.control('xmodem ok');
      module.control('flash ok');
      assert.equal(await clock.until(modem.certificates.trust(ROOT.toString(), signal)), true, fault);
    }
  });

  test(`${family}: an abort, a reset and a lost wire end a transfer`, async (t) => {
    const pem = ROOT.toString();
    const aborted = await rig(family, 'real', t);
    const abort = new AbortController();
    const work = aborted.modem.certificates.trust(pem, abort.signal, () => abort.abort(new Error('enough')));
    await assert.rejects(aborted.clock.until(work), { message: 'enough' });
    assert.notEqual(await aborted.clock.until(aborted.modem.firmware(aborted.signal)), null);
    assert.equal(await aborted.clock.until(aborted.modem.certificates.trusts(pem, aborted.signal)), false);

    const restarted = await rig(family, 'real', t);
    const reset = restarted.modem.certificates.trust(pem, restarted.signal, (sent) => {
      if (sent === 256) restarted.module.faults.reset();
    });
    await assert.rejects(restarted.clock.until(reset), { failure: 'reset' });
    await restarted.clock.until(restarted.modem.sync(restarted.signal));

    const gone = await rig(family, 'real', t);
    const closed = gone.modem.certificates.trust(pem, gone.signal, () => gone.modem.close());
    await assert.rejects(gone.clock.until(closed), { failure: 'closed' });
  });
}

test('whatever the wire says in between, a transfer ends, and a file is there as it is or not at all', async () => {
  const pem = ROOT.toString();
  const noise = fc.oneof(
    fc.uint8Array({ maxLength: 20 }),
    fc
      .constantFrom(
        '\x06',
        '\x15',
        '\x18',
        '\x18\x18',
        'C',
        'OK\r\n>',
        'ERROR:7.5\r\n>',
        '\r+WSTALD:1\r\n>',
        '#',
        '\r\n',
      )
      .map((text) => Buffer.from(text, 'latin1')),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 6 }), fc.nat(400), noise), { minLength: 1, maxLength: 4 }),
      async (noises) => {
        const { clock, module, modem, signal } = await rig('rnwf11', 'real');
        const work = modem.certificates.trust(pem, signal, (sent) => {
          for (const [frame, pause, bytes] of noises) {
            if (sent >> 7 !== frame) continue;
            clock.after(pause / 10, () => {
              if (bytes.length < 5) module.faults.raw(bytes);
              else module.faults.dropReceived(bytes.length);
            });
          }
        });
        const isLoaded = await clock.until(work).catch((error: unknown) => {
          if (error instanceof AtError) return false;
          throw error;
        });
        await clock.until(modem.sync(signal));
        assert.equal(await clock.until(modem.certificates.trusts(pem, signal)), isLoaded);
        if (!isLoaded) assert.equal(await clock.until(modem.certificates.trust(pem, signal)), true);
        module.close();
      },
    ),
    { numRuns: 8 },
  );
});

test('an identity is stored by XMODEM, and no part of its key is told', async (t) => {
  const { clock, modem, told, signal } = await rig('rnwf02', 'instant', t);
  const { identityStore: store } = modem;
  assert.ok(store);
  const empty = { certificate: null, hasCertificate: false, hasKey: false };
  assert.deepEqual(await clock.until(store.read(signal)), empty);
  const { certificate, key } = device;
  await clock.until(store.write({ certificate, key }, signal));
  assert.deepEqual(await clock.until(store.read(signal)), { ...empty, hasCertificate: true, hasKey: true });
  assert.ok(SECRET.length > 30);
  assert.ok(told.includes(`(${key.length} bytes of data were transferred)`));
  for (const line of told) assert.ok(!line.includes(SECRET.slice(0, 16)), line);
});

for (const family of ['rnwf02', 'rnwf11'] as const) {
  test(`${family}: a session loads its root by XMODEM, and comes to telemetry`, async (t) => {
    const bench = await virtualSimulation({
      family,
      expected: null,
      settings: { rootCert: pki.ca },
      module: { firmware: '2.0' },
    });
    t.after(() => bench.stop());
    void bench.run();
    await bench.telemetry(1);
    const sent = bench.sent();
    assert.ok(
      sent.some((line) => line.startsWith('AT+FS=1,1,2,"root_')),
      sent.join('\n'),
    );
    assert.ok(sent.some((line) => /^AT\+TLSC=1,1,"root_/.test(line)));
  });
}
