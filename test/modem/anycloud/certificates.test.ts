import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { ModemError } from '../../../src/modem/modem.ts';
import { createPki } from '../../../src/simulator/cloud/pki.ts';
import { DEVICE, pki } from '../../helpers/board.ts';
import { type Scripted, scripted } from './scripted.ts';

// The bytes after a + are what the module may lose; few certificates have none.
let PEM = pki.ca;
while ((PEM.match(/\+/g) ?? []).length < 3)
  PEM = (await createPki({ hosts: [], now: Date.parse('2026-11-23T12:00:00Z') })).ca;
const DER = new X509Certificate(PEM).raw;
const NONE = 'ERROR:1,"General Error"';

/** A certificate as `AT+READCERT` prints PEM: escaped, with the length of what it stands for. */
function printedPem(number: number, pem: string): string {
  return `+READCERT:${number}, ${pem.length},"${pem.replaceAll('\n', '\\n')}"\r\nOK`;
}

/** A certificate as `AT+READCERT=3` prints DER. */
function printedDer(der: Buffer): string {
  return `+READCERT:3, ${der.length},[${der.toString('hex').toUpperCase()}]\r\nOK`;
}

const LOAD = `AT+LOADCERT=${PEM.length},"root.pem"`;
const LOADED = '+LOADCERT:0\r\n>';

/** The module asks for the certificate. */
function asked({ wire }: Scripted): void {
  wire.expect(`${LOAD}\r\n`, `${LOAD}\r\n#`);
}

test('the certificates of the chain are read by their numbers', async () => {
  for (const [kind, number] of [
    ['device', 1],
    ['root', 2],
    ['signer', 4],
  ] as const) {
    const s = await scripted();
    s.wire.command(`AT+READCERT=${number}`, printedPem(number, PEM));
    const [certificate] = await s.run((modem) => modem.certificates.read(kind, s.signal));
    assert.deepEqual(certificate?.raw, DER, kind);
  }
});

test('a certificate that is not there, or damaged, is none', async () => {
  for (const answer of [
    NONE,
    printedPem(2, PEM.slice(0, -60)),
    printedPem(2, PEM).replace(/^\+READCERT:2, \d+/, `+READCERT:2, ${PEM.length - 1}`),
    '+READCERT:2, 3,"\\q"\r\nOK',
    '+READCERT:2, 2,[3082]\r\nOK',
  ]) {
    const s = await scripted();
    s.wire.command('AT+READCERT=2', answer);
    assert.deepEqual(await s.run((modem) => modem.certificates.read('root', s.signal)), [null, 0], answer);
  }
});

test('reading a certificate has five seconds', async () => {
  const s = await scripted();
  const echoed = 'AT+READCERT=2\r\n';
  s.wire.expect(echoed, echoed, [4_900, `${printedPem(2, PEM)}\r\n>`]);
  const [certificate, ms] = await s.run((modem) => modem.certificates.read('root', s.signal));
  assert.deepEqual([certificate?.raw, ms], [DER, 4_900]);
});

test('the device certificate is the first of the chain', async () => {
  const s = await scripted();
  const pem = (await pki.device(DEVICE)).certificate;
  s.wire.command('AT+READCERT=1', printedPem(1, pem));
  const [certificate] = await s.run((modem) => modem.certificates.device(s.signal));
  assert.match(certificate?.subject ?? '', new RegExp(DEVICE));
});

test('a root certificate that the module has already is not loaded again', async () => {
  const s = await scripted();
  s.wire.command('AT+READCERT=3', printedDer(DER));
  assert.deepEqual(await s.run((modem) => modem.certificates.trust(PEM, s.signal)), [false, 0]);
});

test('a root certificate goes in one burst when the module asks for it, and not before', async () => {
  const s = await scripted();
  const other = new X509Certificate((await pki.device('other')).certificate).raw;
  s.wire.command('AT+READCERT=3', printedDer(other));
  s.wire.expect(`${LOAD}\r\n`, `${LOAD}\r\n`, [80, '#']).expect(PEM, [60, LOADED]);
  const progress: number[] = [];
  const loaded = await s.run((modem) => modem.certificates.trust(PEM, s.signal, (sent) => progress.push(sent)));
  assert.deepEqual(loaded, [true, 140]);
  assert.deepEqual(progress, [PEM.length]);
});

test('when the burst has lost bytes it is sent again with a pause after each +', async () => {
  const parts = PEM.match(/[^+]*\+|[^+]+$/g) ?? [];
  assert.ok(parts.length > 2);
  const s = await scripted();
  s.wire.command('AT+READCERT=3', NONE);
  asked(s);
  s.wire.expect(PEM).expect('+++', [1_050, '\r\nOK\r\n>\r+LOADCERT:1\r\n>']);
  asked(s);
  for (const part of parts.slice(0, -1)) s.wire.expect(part);
  s.wire.expect(parts.at(-1) ?? '', [10, LOADED]);
  const [loaded, ms] = await s.run((modem) => modem.certificates.trust(PEM, s.signal));
  assert.equal(loaded, true);
  assert.equal(ms, 3_000 + 1_300 + 450 * (parts.length - 1) + 10);
  const times = s.wire.written.slice(-parts.length).map(({ at }) => at);
  for (const [index, at] of times.entries()) {
    if (index > 0) assert.equal(at - (times[index - 1] ?? 0), 450);
  }
});

test('a certificate that the module cannot read is refused', async () => {
  const s = await scripted();
  s.wire.command('AT+READCERT=3', NONE);
  asked(s);
  s.wire.expect(PEM, '+LOADCERT:1\r\n>');
  await assert.rejects(s.clock.until(s.modem.certificates.trust(PEM, s.signal)), { code: 'E_MODULE_REFUSED' });
  s.wire.done();
});

test('a module that says OK instead of asking for the certificate is asked who it is', async () => {
  const s = await scripted();
  s.wire.command('AT+READCERT=3', NONE).command(LOAD).command('AT+GMM', '+GMM="PIC32MZW1"\r\nOK');
  await assert.rejects(s.clock.until(s.modem.certificates.trust(PEM, s.signal)), { code: 'E_MODULE_REFUSED' });
  s.wire.done();
});

test('a module that is silent twice is given up', async () => {
  const s = await scripted();
  s.wire.command('AT+READCERT=3', NONE).expect(`${LOAD}\r\n`).expect('+++').expect(`${LOAD}\r\n`);
  const start = s.clock.monotonic();
  await assert.rejects(s.clock.until(s.modem.certificates.trust(PEM, s.signal)), { code: 'E_MODULE_TIMEOUT' });
  s.wire.done();
  assert.equal(s.clock.monotonic() - start, 3_000 + 1_300 + 60_000);
});

test('a certificate is no larger than the buffer of the module', async () => {
  const pem = (length: number) => PEM.padEnd(length, '\n');
  const fits = await scripted();
  fits.wire.command('AT+READCERT=3', NONE);
  fits.wire.expect('AT+LOADCERT=1500,"root.pem"\r\n', 'AT+LOADCERT=1500,"root.pem"\r\n#').expect(pem(1500), LOADED);
  assert.deepEqual(await fits.run((modem) => modem.certificates.trust(pem(1500), fits.signal)), [true, 0]);
  const large = await scripted();
  large.wire.command('AT+READCERT=3', NONE);
  const error = await large.clock
    .until(large.modem.certificates.trust(pem(1501), large.signal))
    .catch((e: unknown) => e);
  assert.ok(error instanceof ModemError && error.failure === 'limit');
  assert.match(error.message, /1501 bytes; the module takes 1 to 1500/);
  large.wire.done();
  assert.equal(large.modem.certificates.longestRoot, 1500);
});
