import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { RNWF02, RNWF11 } from '../../../src/modem/rnwf/product.ts';
import { DEVICE, pki } from '../../helpers/board.ts';
import { type Scripted, scripted } from './scripted.ts';

const CERTIFICATE = 'c'.repeat(300);
const KEY = 'k'.repeat(100);
const hex = (text: string) => `[${Buffer.from(text).toString('hex').toUpperCase()}]`;
const ROOT = new X509Certificate(pki.ca);
const DEVICE_CERTIFICATE = new X509Certificate((await pki.device(DEVICE)).certificate);

function storing({ wire }: Scripted): void {
  wire
    .command('AT+FS=2,1', '+FS:2,1,"DigiCertGlobalRootG2"\r\nOK')
    .command('AT+FS=2,2')
    .command('AT+FS=4', '+FS:4,45056,17\r\nOK');
}

test('an identity is written in full blocks, the certificate first (RNWF 9)', async () => {
  const s = await scripted();
  storing(s);
  const block = 'c'.repeat(128);
  s.wire.command('AT+FS=1,1,5,"anycloud_iotc_cert",300', '+FS:1,20489\r\nOK');
  s.wire.command(`AT+FSTSFR=20489,1,${hex(block)}`, '+FSTSFR:20489,1,172\r\nOK');
  s.wire.command(`AT+FSTSFR=20489,2,${hex(block)}`, '+FSTSFR:20489,2,44\r\nOK');
  s.wire.command(`AT+FSTSFR=20489,3,${hex('c'.repeat(44))}`, '+FSTSFR:20489,3,0\r\nOK');
  s.wire.command('AT+FS=1,2,5,"anycloud_iotc_key",100', '+FS:1,20490\r\nOK');
  s.wire.command(`AT+FSTSFR=20490,1,${hex(KEY)}`, '+FSTSFR:20490,1,0\r\nOK');
  const progress: number[] = [];
  await s.run(({ identityStore }) => {
    assert.ok(identityStore);
    return identityStore.write({ certificate: CERTIFICATE, key: KEY }, s.signal, (sent) => progress.push(sent));
  });
  assert.deepEqual(progress, [128, 256, 300, 400]);
});

test('what is there already is deleted first', async () => {
  const s = await scripted();
  s.wire.command('AT+FS=2,1', '+FS:2,1,"anycloud_iotc_cert"\r\nOK').command('AT+FS=3,1,"anycloud_iotc_cert"');
  s.wire.command('AT+FS=2,2', '+FS:2,2,"anycloud_iotc_key"\r\nOK').command('AT+FS=3,2,"anycloud_iotc_key"');
  s.wire.command('AT+FS=4', '+FS:4,1,0\r\nOK');
  await assert.rejects(
    s.clock.until(Promise.resolve(s.modem.identityStore?.write({ certificate: 'c', key: 'k' }, s.signal))),
    {
      failure: 'limit',
      message: /2 bytes; the module has room for 1/,
    },
  );
  s.wire.done();
});

test('a block whose answer was lost is asked after, and sent again only where it has to be', async () => {
  for (const [report, again] of [
    ['+FSTSFR:9,1,0', false],
    ['+FSTSFR:9,0,1', true],
  ] as const) {
    const s = await scripted();
    storing(s);
    s.wire.command('AT+FS=1,1,5,"anycloud_iotc_cert",1', '+FS:1,9\r\nOK').expect('AT+FSTSFR=9,1,[63]\r\n');
    s.wire.command('AT+FSTSFR=9', `${report}\r\nOK`);
    if (again) s.wire.command('AT+FSTSFR=9,1,[63]', '+FSTSFR:9,1,0\r\nOK');
    s.wire.command('AT+FS=1,2,5,"anycloud_iotc_key",1', '+FS:1,9\r\nOK');
    s.wire.command('AT+FSTSFR=9,1,[6B]', '+FSTSFR:9,1,0\r\nOK');
    await s.run((modem) => Promise.resolve(modem.identityStore?.write({ certificate: 'c', key: 'k' }, s.signal)));
  }
});

test('a full flash, and firmware without this transfer, are told in words', async () => {
  for (const [status, message] of [
    ['ERROR:7.4,"File Create"', /no room/],
    ['ERROR:7.0,"Unsupported"', /from version 3\.0 on/],
  ] as const) {
    const s = await scripted();
    storing(s);
    s.wire.command('AT+FS=1,1,5,"anycloud_iotc_cert",1', status);
    const work = Promise.resolve(s.modem.identityStore?.write({ certificate: 'c', key: 'k' }, s.signal));
    await assert.rejects(s.clock.until(work), { failure: 'limit', message });
    s.wire.done();
  }
});

test('the certificate in the flash is read back block by block, and a key never', async () => {
  const s = await scripted();
  const pem = DEVICE_CERTIFICATE.toString();
  s.wire
    .command('AT+FS=2,1', '+FS:2,1,"anycloud_iotc_cert"\r\nOK')
    .command('AT+FS=5,1,5,"anycloud_iotc_cert"', '+FS:5,3\r\nOK');
  for (let at = 0, block = 1; at < pem.length; at += 128, block++) {
    const left = Math.max(0, pem.length - at - 128);
    s.wire.command(`AT+FSTSFR=3,${block},128`, `+FSTSFR:3,${block},${left},${hex(pem.slice(at, at + 128))}\r\nOK`);
  }
  const [read] = await s.run((modem) => modem.certificates.device(s.signal));
  assert.equal(read?.fingerprint256, DEVICE_CERTIFICATE.fingerprint256);
});

test('a root certificate is stored once, under a name that tells it', async () => {
  const s = await scripted();
  const pem = ROOT.toString();
  const name = `root_${ROOT.fingerprint256.replaceAll(':', '').slice(0, 16)}`;
  s.wire.command('AT+FS=2,1').command(`AT+FS=1,1,5,"${name}",${pem.length}`, '+FS:1,1\r\nOK');
  for (let at = 0, block = 1; at < pem.length; at += 128, block++) {
    const left = Math.max(0, pem.length - at - 128);
    s.wire.command(`AT+FSTSFR=1,${block},${hex(pem.slice(at, at + 128))}`, `+FSTSFR:1,${block},${left}\r\nOK`);
  }
  assert.equal((await s.run((modem) => modem.certificates.trust(pem, s.signal)))[0], true);
  s.wire.command('AT+FS=2,1', `+FS:2,1,"${name}"\r\nOK`);
  assert.equal((await s.run((modem) => modem.certificates.trust(pem, s.signal)))[0], false);
});

test('RNWF11 reads its secure element: PEM with escapes, or DER (RNWF 10)', async () => {
  const s = await scripted(RNWF11, '78de24c4 [09:48:06 Nov  2 2023]');
  const certificate = DEVICE_CERTIFICATE;
  const pem = certificate.toString();
  s.wire.command('AT+ECCRDCERT=1,1500', `+ECCRDCERT:${pem.length},0,"${pem.replaceAll('\n', '\\n')}"\r\nOK`);
  s.wire.command(
    'AT+ECCRDCERT=3,1500',
    `+ECCRDCERT:${ROOT.raw.length},0,[${ROOT.raw.toString('hex').toUpperCase()}]\r\nOK`,
  );
  s.wire.command('AT+ECCRDCERT=2,1500', 'ERROR:26.0,"ECC"');
  const [found] = await s.run(async ({ certificates }) => [
    await certificates.read('device', s.signal),
    await certificates.read('root', s.signal),
    await certificates.read('signer', s.signal),
  ]);
  assert.deepEqual(
    found.map((each) => each?.fingerprint256),
    [certificate.fingerprint256, ROOT.fingerprint256, undefined],
  );
  assert.equal(s.modem.identityStore, null);
});

test('one with files has no other certificates than that', async () => {
  const s = await scripted(RNWF02);
  assert.deepEqual((await s.run((modem) => modem.certificates.read('signer', s.signal)))[0], null);
});
