import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { firewallCommand } from '../../src/cli/gateway/firewall.ts';
import { chooseAddress } from '../../src/cli/gateway/own-addresses.ts';
import { AppError } from '../../src/errors.ts';
import { emptyFolder } from '../helpers/cli.ts';
import { runMain } from '../helpers/in-process.ts';

const OWN = [
  { address: '192.168.1.10', netmask: '255.255.255.0', name: 'wlan0' },
  { address: '192.168.1.11', netmask: '255.255.255.0', name: 'eth0' },
  { address: '10.0.0.5', netmask: '255.255.255.0', name: 'tun0' },
];

test('the address is the one in the network of the board; where several fit, they are named', () => {
  const choose = (ip: string, own = OWN) => chooseAddress('auto', { ip, netmask: '255.255.255.0' }, own);
  assert.equal(choose('10.0.0.77'), '10.0.0.5');
  assert.equal(choose('192.168.1.50', OWN.slice(1)), '192.168.1.11');
  assert.equal(chooseAddress('192.168.1.10', { ip: '10.0.0.77', netmask: null }, OWN), '192.168.1.10');
  const refused = (attempt: () => string, message: RegExp) =>
    assert.throws(attempt, (error: unknown) => {
      assert.ok(error instanceof AppError);
      assert.equal(error.code, 'E_GATEWAY_ADDRESS');
      assert.match(error.message, message);
      return true;
    });
  refused(() => choose('192.168.1.50'), /several addresses: 192\.168\.1\.10 \(wlan0\), 192\.168\.1\.11 \(eth0\)$/);
  refused(() => choose('172.16.0.9'), /in the network of the board \(172\.16\.0\.9\); it has 192\.168\.1\.10/);
  refused(() => choose('172.16.0.9', []), /This computer is not in the network/);
  refused(() => chooseAddress('auto', null, OWN), /several addresses/);
});

test('each system has its own way through its firewall', () => {
  assert.match(firewallCommand('win32', 1883), /^netsh .*localport=1883$/);
  assert.match(firewallCommand('darwin', 1883), /socketfilterfw/);
  assert.match(firewallCommand('linux', 1884), /ufw allow 1884\/tcp, or sudo firewall-cmd --add-port=1884\/tcp$/);
});

test('a gateway that cannot be started says why, with the exit code 9, and what it was given wrong with 3', async (t) => {
  const cwd = emptyFolder();
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
  t.after(() => taken.close());
  const address = taken.address();
  const port = address !== null && typeof address === 'object' ? String(address.port) : '';
  const board = ['--board', 'board-1'];
  const run = (...args: string[]) => runMain(['gateway', ...args], cwd);

  const busy = await run('--gateway', '127.0.0.1', '--gateway-port', port, ...board);
  assert.equal(busy.code, 9);
  assert.match(busy.stderr, new RegExp(`Port ${port} of 127\\.0\\.0\\.1 is in use`));
  assert.match(busy.stderr, /--gateway-port/);
  assert.ok(existsSync(join(cwd, 'gateway-identity', 'board-1.cert.pem')));

  const foreign = await run('--gateway', '203.0.113.1', '--gateway-port', '0', ...board);
  assert.equal(foreign.code, 9);
  assert.match(foreign.stderr, /203\.0\.113\.1 is not an address of this computer/);

  writeFileSync(join(cwd, 'key'), 'this is no key');
  const keyed = await run('--gateway', '127.0.0.1', '--key-file', 'key', ...board);
  assert.equal(keyed.code, 9);
  assert.match(keyed.stderr, /The file key has no key in it/);
  assert.doesNotMatch(keyed.stderr, /this is no key/);

  for (const [args, message] of [
    [['--gateway', '127.0.0.1'], /--board is missing/],
    [['--gateway', '0.0.0.0', ...board], /one IPv4 address of this computer/],
    [['--board', 'a=b'], /must be the device id of a board/],
    [['--gateway', '127.0.0.1', '--ca', 'nothing.pem', ...board], /nothing\.pem/],
    [['--gateway', '127.0.0.1', '--resolve', 'nonsense', ...board], /--resolve is wrong/],
  ] as const) {
    const { code, stderr } = await run(...args);
    assert.equal(code, 3, stderr);
    assert.match(stderr, message);
  }
});
