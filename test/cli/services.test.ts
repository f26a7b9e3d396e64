import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer, isIP } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import { readCertificates, readKey } from '../../src/cli/certificate-files.ts';
import { readEnrollment } from '../../src/cli/cloud-enrollments.ts';
import { addressesOf, portError, withoutUsualPort } from '../../src/cli/listening.ts';
import { main } from '../../src/cli/main.ts';
import { readRules } from '../../src/cli/module/broker-address.ts';
import { WireLines } from '../../src/cli/module/wire-lines.ts';
import type { ProcessEnvironment } from '../../src/cli/process-environment.ts';
import { systemClock } from '../../src/clock.ts';
import { AppError } from '../../src/errors.ts';
import { commonName } from '../../src/modem/certificate.ts';
import { lockFolder } from '../../src/simulator/cloud/folder-lock.ts';
import { createLocalCloud } from '../../src/simulator/cloud/local-cloud.ts';
import { createPki } from '../../src/simulator/cloud/pki.ts';
import { isLoopback } from '../../src/web/loopback.ts';

const folder = mkdtempSync(join(tmpdir(), 'anycloud-iotc-test-'));
const pki = await createPki({ hosts: [], now: Date.parse('2026-11-23T12:00:00Z') });
const device = await pki.device('board-1');
const otherKey = generateKeyPairSync('ec', {
  namedCurve: 'P-256',
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  publicKeyEncoding: { type: 'spki', format: 'pem' },
}).privateKey;
const FILES = {
  'board.pem': device.certificate,
  'board.key': device.key,
  'other.key': otherKey,
  'text.pem': 'no certificate at all',
  'utf16.pem': Buffer.from(`\ufeff${device.certificate}`, 'utf16le'),
  'store.pfx': Buffer.from([0x30, 0x82, 0x01, 0x00, 0x02, 0x01, 0x03]),
  'broken.pem': '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n',
};
for (const [name, content] of Object.entries(FILES)) writeFileSync(join(folder, name), content);

/** Runs the program inside this process, without a terminal, settings or signals. */
async function complaint(...argv: string[]): Promise<[code: number, text: string]> {
  const streams = { stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough() };
  const code = await main({
    ...(streams as unknown as Pick<ProcessEnvironment, 'stdin' | 'stdout' | 'stderr'>),
    argv,
    env: {},
    platform: 'linux' as const,
    invocation: 'anycloud-iotc',
    signals: { on: () => undefined, off: () => undefined },
    exit: (code) => assert.fail(`exit(${code})`),
    suspend: () => undefined,
    openBrowser: () => undefined,
    cwd: folder,
    clock: systemClock,
    random: () => 0.5,
  });
  return [code, String(streams.stderr.read() ?? '')];
}

test('module and cloud check every option before they begin, and say what it must be', async () => {
  const module = ['module', '--port', 'x'];
  const cases: [argv: string[], code: number, text: RegExp][] = [
    [['module'], 3, /--port is missing/],
    [[...module, '--cert', 'board.pem'], 3, /--cert and --key belong together/],
    [[...module, '--cert', 'none.pem', '--key', 'board.key'], 3, /none\.pem does not exist/],
    [[...module, '--cert', 'text.pem', '--key', 'board.key'], 3, /text\.pem has no certificate in it/],
    [
      [...module, '--cert', 'board.pem', '--key', 'other.key'],
      3,
      /other\.key holds a key that does not belong to the certificate/,
    ],
    [[...module, '--ca', 'broken.pem'], 3, /broken\.pem has a certificate that cannot be read/],
    [[...module, '--resolve', 'a=b'], 3, /--resolve is wrong: "a=b" must be <name>=<host>:<port>/],
    [[...module, '--seed', '-1'], 3, /--seed is wrong: "-1" must be a whole number/],
    [[...module, '--tls', '1.1'], 3, /--tls is wrong: "1\.1" must be one of 1\.2, 1\.3/],
    [[...module, '--passphrase', 'short'], 3, /--passphrase is wrong: its value must have 8 to 63/],
    [['module', '--port', '/dev/no-such-port'], 4, /There is no serial port/],
    [['cloud', '--mqtt-port', '65536'], 3, /--mqtt-port is wrong: "65536" must be a whole number from 0 to 65535/],
    [['cloud', '--plain-port', 'x'], 3, /--plain-port is wrong/],
    [['cloud', '--sntp', 'x'], 3, /--sntp is wrong/],
    [['cloud', '--sntp-date', 'May'], 3, /--sntp-date is wrong: "May" must be a date/],
    [['cloud', '--enroll', 'a b'], 3, /--enroll is wrong: "a b"/],
    [['cloud', '--enroll', 'a=none.pem'], 3, /none\.pem does not exist/],
    [['cloud', '--enroll', 'none.pem'], 3, /none\.pem does not exist/],
    [['cloud', '--enroll', 'a=utf16.pem'], 3, /utf16\.pem is UTF-16 text/],
    [['cloud', '--enroll', 'a=board.key'], 3, /board\.key has no certificate in it, but a private key/],
    [['cloud', '--enroll', 'a=store.pfx'], 3, /store\.pfx is binary, and not a certificate: a \.pfx/],
    [['cloud', '--mqtt-port', '0', '--http-port', '0', '--forget', 'x'], 3, /"x" is not enrolled/],
    [['cloud', '--group', 'text.pem'], 3, /text\.pem has no certificate in it/],
    [['cloud', '--data', 'text.pem'], 3, /The folder .*text\.pem cannot be used/],
    [
      ['cloud', '--data', 'held'],
      3,
      /The folder .*held cannot be used: it is in use by the local cloud of this process/,
    ],
    [['cloud', '--enrol', 'a b'], 3, /--enroll is wrong: "a b"/],
    [['cloud', '--models', 'gone'], 3, /gone does not exist[\s\S]*--models \(MODELS\) takes/],
    [['cloud', '--models', 'text.pem'], 3, /text\.pem is not JSON/],
    [['cloud', '--host', 'a/b'], 3, /--host is wrong/],
    [['cloud', '--host', '192.0.2.1', '--mqtt-port', '0'], 3, /192\.0\.2\.1 is not an address of this computer/],
    [['cloud', 'x'], 2, /too many arguments/],
  ];
  const held = join(folder, 'held');
  const { release } = lockFolder(held, systemClock.wall());
  for (const [argv, code, text] of cases) {
    const [found, stderr] = await complaint(...argv);
    assert.match(stderr, text);
    assert.equal(found, code, argv.join(' '));
  }
  assert.deepEqual(readdirSync(held), ['cloud.lock.1'], 'what another cloud holds is not touched');
  release();
});

test('a device is enrolled by its id, its certificate, or both', () => {
  const leaf = readCertificates('--enroll', 'board.pem', folder)[0];
  writeFileSync(join(folder, 'board.der'), leaf.raw);
  writeFileSync(join(folder, 'chain.pem'), device.signer + leaf.toString());
  const enrolled = (text: string) => {
    const request = readEnrollment(text, folder);
    assert.ok('enrollment' in request);
    return [request.enrollment.kind === 'individual' && request.enrollment.registrationId, request.confirmation];
  };
  const until = new Date(leaf.validTo).toISOString().slice(0, 10);
  const expected = `Enrolled board-1 with the certificate in board.der, valid until ${until}`;
  assert.deepEqual(enrolled('board.der'), ['board-1', expected]);
  assert.deepEqual(enrolled('board-1=board.der'), ['board-1', expected]);
  assert.equal(enrolled('other=board.pem')[0], 'other');
  assert.match(String(enrolled('chain.pem')[1]), /^Enrolled board-1 .*; chain\.pem holds 1 more/);
  assert.deepEqual(readEnrollment('board-2', folder), { issueTo: 'board-2' });
});

test('certificates and keys are read from PEM files', () => {
  const [leaf, signer, ...more] = readCertificates('--cert', 'board.pem', folder);
  assert.deepEqual([commonName(leaf), signer && commonName(signer), more], ['board-1', 'Device signer', []]);
  assert.equal(readKey('--key', 'board.key', folder, leaf), device.key);
  assert.throws(() => readKey('--key', 'text.pem', folder, leaf), /no private key that can be read/);
});

test('a broker is found by its name, else where * leads', () => {
  const rules = readRules(['Hub.example=127.0.0.1:8883', '*=[::1]:1883', 'dps.example=localhost:1']);
  assert.deepEqual(rules('hub.EXAMPLE'), { host: '127.0.0.1', port: 8883 });
  assert.deepEqual(rules('dps.example'), { host: 'localhost', port: 1 });
  assert.deepEqual(rules('constructor'), { host: '::1', port: 1883 });
  assert.equal(readRules([])('hub.example'), undefined);
  for (const wrong of ['', 'a', '=b:1', 'a=b', 'a=b:', 'a=b:0', 'a=b:65536', 'a=::1:1', 'a=b:1:2', 'a=[b]:1']) {
    assert.throws(() => readRules([wrong]), AppError, wrong);
  }
});

test('where a computer is reached follows from what it listens on', () => {
  assert.deepEqual(addressesOf('board.local'), ['board.local']);
  for (const host of ['0.0.0.0', '::']) {
    const addresses = addressesOf(host);
    assert.ok(addresses.length > 0 && !addresses.includes(host));
    const families = addresses.map((address) => isIP(address));
    assert.deepEqual(families, families.toSorted());
    assert.ok(host === '::' || families.every((family) => family === 4));
  }
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) assert.ok(isLoopback(host), host);
  for (const host of ['0.0.0.0', '::', '192.168.1.2', '127.0.0.1.example', 'my.localhost'])
    assert.ok(!isLoopback(host));
});

test('why a port cannot be had is one sentence', () => {
  const system = (code: string) => Object.assign(new Error('text of the system'), { code, port: 8883 });
  const cases: [code: string, text: RegExp][] = [
    ['EADDRINUSE', /^Port 8883 is in use by another program$/],
    ['EACCES', /^You are not allowed to use port 8883$/],
    ['EADDRNOTAVAIL', /^h is not an address of this computer$/],
    ['ENOTFOUND', /^h is not an address of this computer$/],
    ['EMFILE', /^Port 8883 cannot be used: text of the system$/],
  ];
  for (const [code, text] of cases) assert.match(portError(system(code), 'h').message, text);
  const bug = new TypeError('no system error');
  assert.equal(portError(bug, 'h'), bug);
});

test('the bytes of a wire become the same lines, wherever they are cut', () => {
  const piece = fc.constantFrom('AT', '\r', '\n', '\r\n', '+WSTA:1,"Café 日本"', '>', ' ', 'x'.repeat(5000));
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), fc.array(fc.nat(60_000), { maxLength: 6 }), (pieces, cuts) => {
      const bytes = Buffer.from(pieces.join(''));
      const lines: string[] = [];
      const wire = new WireLines((line) => lines.push(line));
      const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
      for (const [index, start] of places.entries()) wire.push(bytes.subarray(start, places[index + 1] ?? start));
      wire.flush();
      const whole = pieces
        .join('')
        .split(/[\r\n]+/)
        .filter((line) => line !== '');
      const kept = whole.map((line) => Buffer.from(line).subarray(0, 8192).toString('utf8'));
      assert.deepEqual(lines, kept);
    }),
    { numRuns: 200 },
  );
});

test('where 443 cannot be had, the cloud takes another port and says what that means', async (t) => {
  const server = createServer().listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port: preferred } = server.address() as AddressInfo;
  const cloud = createLocalCloud({ clock: systemClock, random: Math.random, pki, idScope: 'x', enrollments: [] });
  t.after(() => cloud.close());
  const { httpsPort, httpsProblem } = await cloud.listen({ httpPort: 0, httpsPort: { preferred } });
  assert.deepEqual([httpsPort === preferred, httpsProblem], [false, 'EADDRINUSE']);
  const inUse = withoutUsualPort(httpsPort, 'EADDRINUSE');
  assert.match(
    inUse,
    /^Azure's service SDKs cannot be used: they know no port but 443, which is in use by another program/,
  );
  assert.ok(inUse.includes(`lead port 443 to ${httpsPort}`));
  assert.match(withoutUsualPort(1, 'EACCES'), /which you are not allowed to use/);
});
