import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { test } from 'node:test';
import { RNWF02, RNWF11 } from '../../../src/modem/rnwf/product.ts';
import { framesOf } from '../../../src/modem/rnwf/xmodem.ts';
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

test('a full flash, and firmware without any transfer, are told in words', async () => {
  for (const [status, byXmodem, message] of [
    ['ERROR:7.4,"File Create"', null, /no room/],
    ['ERROR:7.0,"Unsupported"', 'ERROR:7.4,"File Create"', /no room/],
    ['ERROR:0.4,"Invalid Parameter"', 'ERROR:7.0,"Unsupported"', /takes no files, neither/],
  ] as const) {
    const s = await scripted();
    storing(s);
    s.wire.command('AT+FS=1,1,5,"anycloud_iotc_cert",1', status);
    if (byXmodem) s.wire.command('AT+FS=1,1,2,"anycloud_iotc_cert",1', byXmodem);
    const work = Promise.resolve(s.modem.identityStore?.write({ certificate: 'c', key: 'k' }, s.signal));
    await assert.rejects(s.clock.until(work), { failure: 'limit', message });
    s.wire.done();
  }
});

const NAME = `root_${ROOT.fingerprint256.replaceAll(':', '').slice(0, 16)}`;
const UNSUPPORTED = 'ERROR:7.0,"Unsupported File Transfer Protocol"';

/** A module that takes files by XMODEM only, and is asked to. */
async function old(): Promise<Scripted & { pem: string; open: string; frames: string[] }> {
  const s = await scripted(RNWF11, '78de24c4 [09:48:06 Nov  2 2023]');
  const pem = ROOT.toString();
  s.wire.command('AT+FS=2,1').command(`AT+FS=1,1,5,"${NAME}",${pem.length}`, UNSUPPORTED);
  const frames = framesOf(Buffer.from(pem)).map((frame) => frame.toString('latin1'));
  return { ...s, pem, open: `AT+FS=1,1,2,"${NAME}",${pem.length}`, frames };
}

test('where there is no transfer in command lines it is XMODEM, with the status before it or after it (RNWF 9)', async () => {
  for (const [before, after] of [
    ['', `\x06\r+FSUP:1,1,"${NAME}",${ROOT.toString().length}\r\n>OK\r\n>`],
    ['', '\x06\r\nOK\r\n>'],
    ['OK\r\n', `\x06\r+FSUP:1,1,"${NAME}",1\r\n>`],
    ['OK\r\n>', '\x06'],
  ] as const) {
    const s = await old();
    const progress: number[] = [];
    s.wire.expect(`${s.open}\r\n`, `${s.open}\r\n${before}#`, [20, 'C']);
    assert.equal(s.frames[0]?.slice(0, 30), '\x01\x01\xfe-----BEGIN CERTIFICATE-----');
    for (const frame of s.frames) s.wire.expect(frame, [5, '\x06']);
    s.wire.expect('\x04', after).command('AT+FS=2,1', `+FS:2,1,"${NAME}"\r\nOK`);
    const [isLoaded] = await s.run((modem) => modem.certificates.trust(s.pem, s.signal, (sent) => progress.push(sent)));
    assert.equal(isLoaded, true);
    assert.deepEqual([progress.length, progress.at(-1)], [s.frames.length, s.pem.length]);
  }
});

test('a file that is not there at the end is waited for, and then missed', async () => {
  for (const isLate of [true, false]) {
    const s = await old();
    s.wire.expect(`${s.open}\r\n`, `${s.open}\r\nOK\r\n#C`);
    for (const frame of s.frames) s.wire.expect(frame, '\x06');
    s.wire.expect('\x04', '\x06');
    s.wire.command('AT+FS=2,1', 'OK', ...(isLate ? [[900, `\r+FSUP:1,1,"${NAME}"\r\n>`] as const] : []));
    if (isLate) s.wire.command('AT+FS=2,1', `+FS:2,1,"${NAME}"\r\nOK`);
    else s.wire.command('AT+FS=2,1').command(`AT+FS=3,1,"${NAME}"`, 'ERROR:7.2,"File Not Found"');
    const work = s.run((modem) => modem.certificates.trust(s.pem, s.signal));
    if (isLate) assert.deepEqual(await work, [true, 900]);
    else await assert.rejects(work, { failure: 'refused', message: /does not have it/ });
    s.wire.done();
  }
});

test('a transfer that fails is left before anything else is sent, and a part of a file is deleted', async () => {
  const cases: [answer: string, left: [string, string?][], failure: object][] = [
    ['\x18\x18\r\nERROR:7.5,"File write failed"\r\n>', [], { failure: 'limit', message: /no room/ }],
    ['ERROR:7.5,"File write failed"\r\n>', [], { failure: 'limit', message: /no room/ }],
    ['\x18\x18', [['+++', 'OK\r\n>']], { failure: 'refused', message: /broken off/ }],
    ['\x18\x18', [['+++'], ['\r\n', 'ERROR:0.2,"Invalid AT Command"\r\n>']], { message: /broken off/ }],
    ['\x15', [['\x18\x18', 'ERROR:0.1,"General Error"\r\n>']], { failure: 'timed-out', message: /not understood/ }],
    ['', [['\x18\x18'], ['+++'], ['\r\n']], { failure: 'timed-out', message: /stopped answering/ }],
  ];
  for (const [answer, left, failure] of cases) {
    const s = await old();
    s.wire.expect(`${s.open}\r\n`, `${s.open}\r\n#C`);
    const tries = answer === '\x15' ? 10 : answer === '' ? 3 : 1;
    for (let count = 0; count < tries; count++) s.wire.expect(s.frames[0] ?? '', ...(answer ? [answer] : []));
    for (const [write, print] of left) s.wire.expect(write, ...(print ? [[5, print] as const] : []));
    s.wire.command(`AT+FS=3,1,"${NAME}"`, 'ERROR:7.2,"File Not Found"').command('AT+WSTA', '+WSTA:0\r\nOK');
    await assert.rejects(
      s.run((modem) => modem.certificates.trust(s.pem, s.signal)),
      failure,
    );
    await s.clock.until(s.modem.wifi.state({ ssid: 'x', security: 'open', passphrase: '' }, 'ntp', s.signal));
    s.wire.done();
  }
});

test('an abort breaks the transfer off, and the module is back at its command line then', async () => {
  const s = await old();
  const abort = new AbortController();
  s.wire.expect(`${s.open}\r\n`, `${s.open}\r\n#C`).expect(s.frames[0] ?? '');
  s.wire.expect('\x18\x18', [3, '\r\nERROR:0.1,"General Error"\r\n>']);
  s.wire.command(`AT+FS=3,1,"${NAME}"`, 'ERROR:7.2,"File Not Found"');
  const work = s.modem.certificates.trust(s.pem, abort.signal);
  work.catch(() => undefined);
  await s.clock.advance(1_000);
  const start = s.clock.monotonic();
  const reason = new Error('enough');
  abort.abort(reason);
  await assert.rejects(s.clock.until(work), reason);
  assert.equal(s.clock.monotonic() - start, 3);
  s.wire.done();
});

test('a prompt that never comes leaves no transfer behind, and deletes nothing', async () => {
  const s = await old();
  s.wire.expect(`${s.open}\r\n`).expect('+++').command('AT+WSTA', '+WSTA:0\r\nOK');
  await assert.rejects(s.clock.until(s.modem.certificates.trust(s.pem, s.signal)), { failure: 'timed-out' });
  await s.clock.until(s.modem.wifi.state({ ssid: 'x', security: 'open', passphrase: '' }, 'ntp', s.signal));
  s.wire.done();
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
