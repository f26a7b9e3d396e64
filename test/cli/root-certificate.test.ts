import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { readRootCertificate } from '../../src/cli/root-certificate.ts';
import { systemClock } from '../../src/clock.ts';
import { AppError, EXIT } from '../../src/errors.ts';
import { createPki } from '../../src/simulator/cloud/pki.ts';
import { authority } from '../helpers/authority.ts';
import { emptyFolder } from '../helpers/cli.ts';

const cwd = emptyFolder();
const clock = systemClock;
const now = clock.wall();
const [pki, azure, other, expired, large] = await Promise.all([
  createPki({ hosts: ['localhost'], now }),
  authority({ name: 'DigiCert Global Root G2' }),
  authority({ name: 'Workshop Root' }),
  authority({ name: 'Baltimore', notAfter: now - 1000 }),
  authority({ name: 'Large Root', padding: 1200 }),
]);

function write(name: string, content: string | Buffer): string {
  writeFileSync(join(cwd, name), content);
  return name;
}

const read = (given: string) => readRootCertificate(given, { cwd, clock });

function complaint(given: string): string {
  try {
    return assert.fail(read(given).name);
  } catch (error) {
    assert.ok(error instanceof AppError, String(error));
    assert.equal(error.exitCode, EXIT.configuration);
    return `${error.message}. ${error.hint}`;
  }
}

test('of a bundle, the root that is needed is loaded, and what is left out is told', () => {
  const first = read(write('bundle.pem', [other, azure, expired].join('\n')));
  assert.equal(first.name, 'DigiCert Global Root G2');
  assert.equal(new X509Certificate(first.pem).fingerprint, new X509Certificate(azure).fingerprint);
  assert.match(first.choice ?? '', /"DigiCert Global Root G2" is loaded; left out: "Workshop Root", "Baltimore"/);
  const without = read(write('others.pem', [expired, large, pki.server.certificate, other].join('\n')));
  assert.equal(without.name, 'Workshop Root');
  const many = read(write('many.pem', [azure, ...Array.from({ length: 9 }, () => other)].join('\n')));
  assert.match(many.choice ?? '', /and 5 more$/);
  assert.equal(read(write('one.pem', `# a comment\n${other}`)).choice, null);
});

test('one of a bundle can be named, and a file that is so called comes first', () => {
  write('named.pem', [azure, other].join('\n'));
  assert.equal(read('named.pem#Workshop Root').name, 'Workshop Root');
  assert.equal(read('named.pem#workshop root').name, 'Workshop Root');
  assert.match(
    complaint('named.pem#Nobody'),
    /none that is named "Nobody".*"DigiCert Global Root G2", "Workshop Root"/,
  );
  assert.equal(read(write('a#b.pem', other)).name, 'Workshop Root');
});

test('DER is a certificate like any other', () => {
  assert.equal(read(write('root.der', new X509Certificate(other).raw)).pem, new X509Certificate(other).toString());
});

test('what the module would take and never forgive gets a sentence of its own', () => {
  const rows: [name: string, content: string | Buffer, says: RegExp][] = [
    ['utf16.pem', Buffer.from(`\uFEFF${other}`, 'utf16le'), /is UTF-16 text; save it as UTF-8/],
    ['broken.der', Buffer.concat([new X509Certificate(other).raw.subarray(0, 200)]), /not a certificate: a \.pfx/],
    ['large.pem', large, /too large for the module: it has \d+ bytes as PEM, and the module takes 1500/],
    ['expired.pem', expired, /has expired on/],
    ['leaf.pem', pki.server.certificate, /not one of a certificate authority.*root of the chain/],
    ['key.pem', pki.server.key, /has no certificate in it, but a private key/],
    ['text.pem', 'hello', /has no certificate in it/],
    ['empty.pem', '', /has no certificate in it/],
    ['pair.pem', expired + large, /has 2 certificates, none of which.*"Baltimore", has expired/],
    ['huge.pem', other + '\n'.repeat(1024 * 1024), /more than 1024 KiB/],
  ];
  for (const [name, content, says] of rows) assert.match(complaint(write(name, content)), says, name);
  assert.match(complaint('none.pem'), /does not exist/);
  assert.match(complaint('.'), /is a folder/);
});
