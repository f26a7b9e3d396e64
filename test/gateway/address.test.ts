import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopbackAddress, plainAddress, reachable } from '../../src/gateway/address.ts';

test('an IPv4 address that is written as IPv6 is that IPv4 address', () => {
  assert.equal(plainAddress('::ffff:192.168.1.50'), '192.168.1.50');
  assert.equal(plainAddress('::FFFF:192.168.1.50'), '192.168.1.50');
  assert.equal(plainAddress('192.168.1.50'), '192.168.1.50');
  assert.equal(plainAddress('FE80::1'), 'fe80::1');
  assert.equal(plainAddress('::ffff:999.1.1.1'), '::ffff:999.1.1.1');
});

test('loopback is known in both forms', () => {
  for (const address of ['127.0.0.1', '127.8.8.8', '::1']) assert.ok(isLoopbackAddress(address));
  for (const address of ['128.0.0.1', '12.7.0.1', '::2', '1270.0.0.1']) assert.ok(!isLoopbackAddress(address));
});

test('the addresses that a board reaches are those in its network, by its own netmask where it tells', () => {
  const own = [
    { address: '192.168.1.10', netmask: '255.255.255.0', name: 'wlan0' },
    { address: '192.168.2.10', netmask: '255.255.255.0', name: 'eth0' },
    { address: '10.0.0.5', netmask: '255.0.0.0', name: 'tun0' },
  ];
  const names = (board: string, netmask: string | null) => reachable(board, netmask, own).map(({ name }) => name);
  assert.deepEqual(names('192.168.1.50', '255.255.255.0'), ['wlan0']);
  assert.deepEqual(names('192.168.1.50', null), ['wlan0']);
  assert.deepEqual(names('192.168.3.50', '255.255.0.0'), ['wlan0', 'eth0']);
  assert.deepEqual(names('10.9.8.7', '255.255.255.0'), []);
  assert.deepEqual(names('10.9.8.7', null), ['tun0']);
  assert.deepEqual(names('172.16.0.1', null), []);
  // What is no netmask says nothing.
  assert.deepEqual(names('192.168.1.50', '0.0.0.0'), ['wlan0']);
  assert.deepEqual(names('192.168.1.50', '255.0.255.0'), ['wlan0']);
  assert.deepEqual(names('192.168.1.10', '255.255.255.255'), ['wlan0']);
});
