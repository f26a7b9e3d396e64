import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { AppError } from '../../src/errors.ts';
import { openIdentity } from '../../src/gateway/identity-folder.ts';
import { emptyFolder } from '../helpers/cli.ts';

const NOW = Date.parse('2026-11-23T12:00:00Z');
const YEAR = 365.25 * 86_400_000;

const refused = (promise: Promise<unknown>, message: RegExp) =>
  assert.rejects(promise, (error: unknown) => {
    assert.ok(error instanceof AppError);
    assert.equal(error.code, 'E_GATEWAY_IDENTITY');
    assert.equal(error.exitCode, 9);
    assert.match(error.message, message);
    assert.notEqual(error.hint, '');
    return true;
  });

test('an identity is made on first use, for its owner alone, and stays', async () => {
  const folder = join(emptyFolder(), 'identity');
  const made = await openIdentity(folder, 'board:1', NOW);
  assert.deepEqual(readdirSync(folder).sort(), ['board_1.cert.pem', 'board_1.key.pem']);
  assert.equal(made.isNew, true);
  if (process.platform !== 'win32') {
    assert.equal(statSync(made.key).mode & 0o777, 0o600);
    assert.equal(statSync(folder).mode & 0o777, 0o700);
  }
  const certificate = new X509Certificate(made.credentials.certificate);
  assert.equal(certificate.subject, 'CN=board:1');
  assert.equal(certificate.verify(certificate.publicKey), true);
  assert.equal(certificate.ca, false);
  assert.equal(certificate.fingerprint.replaceAll(':', ''), made.thumbprint);
  assert.ok(Date.parse(certificate.validFrom) < NOW);
  assert.ok(Math.abs(Date.parse(certificate.validTo) - NOW - 10 * YEAR) < 0.01 * YEAR);
  const again = await openIdentity(folder, 'board:1', NOW + YEAR);
  assert.deepEqual(again, { ...made, isNew: false });
});

test('two that make it at the same time have the same', async () => {
  const folder = emptyFolder();
  const [one, two] = await Promise.all([openIdentity(folder, 'b', NOW), openIdentity(folder, 'b', NOW)]);
  assert.deepEqual(one.credentials, two.credentials);
  assert.equal(readdirSync(folder).length, 2);
});

test('a key without its certificate is given one: the run before may have been cut short', async () => {
  const folder = emptyFolder();
  const { certificate, credentials } = await openIdentity(folder, 'b', NOW);
  rmSync(certificate);
  const again = await openIdentity(folder, 'b', NOW);
  assert.equal(again.isNew, true);
  assert.equal(again.credentials.key, credentials.key);
});

test('what does not fit is told, and not replaced', async () => {
  const folder = emptyFolder();
  const { certificate, key } = await openIdentity(folder, 'b', NOW);
  const [goodCertificate, goodKey] = [readFileSync(certificate, 'utf8'), readFileSync(key, 'utf8')];
  await refused(openIdentity(folder, 'b', NOW + 11 * YEAR), /has expired on/);
  await refused(openIdentity(folder, 'b', NOW - YEAR), /is valid from .* on only/);
  writeFileSync(certificate, 'no certificate');
  await refused(openIdentity(folder, 'b', NOW), /no certificate that can be read/);
  const other = await openIdentity(folder, 'other', NOW);
  writeFileSync(certificate, other.credentials.certificate);
  await refused(openIdentity(folder, 'b', NOW), /is for "other", not for "b"/);
  writeFileSync(certificate, goodCertificate);
  writeFileSync(key, other.credentials.key);
  await refused(openIdentity(folder, 'b', NOW), /does not belong to the certificate/);
  writeFileSync(key, 'no key');
  await refused(openIdentity(folder, 'b', NOW), /no private key/);
  writeFileSync(key, goodKey);
  assert.equal((await openIdentity(folder, 'b', NOW)).isNew, false);
  writeFileSync(join(folder, 'file'), '');
  await refused(openIdentity(join(folder, 'file'), 'b', NOW), /cannot be used/);
});
