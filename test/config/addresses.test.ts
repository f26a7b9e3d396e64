import assert from 'node:assert/strict';
import { isIPv4 } from 'node:net';
import { test } from 'node:test';
import fc from 'fast-check';
import { ownAddress } from '../../src/config/checks.ts';

/** Whether the setting takes `text` as an address. */
const taken = (text: string) => 'value' in ownAddress(text);

test('an address is what Node takes for one of IPv4', () => {
  const octet = fc.oneof(
    fc.integer({ min: 0, max: 300 }).map(String),
    fc.constantFrom('', '00', '01', '256', '-1', ' 1', '1e1'),
  );
  const address = fc.array(octet, { minLength: 3, maxLength: 5 }).map((octets) => octets.join('.'));
  fc.assert(
    fc.property(address, (text) => {
      fc.pre(text !== '0.0.0.0' && text.trim() === text);
      assert.equal(taken(text), isIPv4(text), text);
    }),
  );
  for (const text of ['255.255.255.255', '192.168.1.10', '1.2.3.4']) assert.ok(taken(text), text);
  for (const text of ['256.1.1.1', '1.2.3', '1.2.3.4.5', '01.2.3.4', '::1', '']) assert.ok(!taken(text), text);
});
