import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isAllowed, readTarget } from '../../src/gateway/target.ts';
import { anyText } from '../helpers/any-text.ts';

const DPS_HOST = 'global.azure-devices-provisioning.net';
const target = (userName: string) => readTarget(userName, DPS_HOST);

test('a user name of DPS leads to the DPS that is set, and one of a hub to that hub', () => {
  assert.deepEqual(target('0ne00A1B2C3/registrations/board-1/api-version=2019-03-31'), {
    service: 'dps',
    host: DPS_HOST,
    deviceId: 'board-1',
  });
  assert.deepEqual(
    target('Hub-1.Azure-Devices.NET/board-1/?api-version=2021-04-12&model-id=dtmi:com:example:Board;1'),
    {
      service: 'hub',
      host: 'hub-1.azure-devices.net',
      deviceId: 'board-1',
    },
  );
});

test('what is not spelt exactly so leads nowhere', () => {
  const rest = '/board-1/?api-version=2021-04-12';
  for (const host of [
    'hub.azure-devices.net.',
    'hub.azure-devices.net:8883',
    'user@hub.azure-devices.net',
    'evil.com#.azure-devices.net',
    'evil.com\\.azure-devices.net',
    'evil.com%2f.azure-devices.net',
    ' hub.azure-devices.net',
    'hub.azure-devices.net ',
    'hub..azure-devices.net',
    '.azure-devices.net',
    '-hub.azure-devices.net',
    'hub_1.azure-devices.net',
    'hub\u0000.azure-devices.net',
    'h\u00fcb.azure-devices.net',
    'hub.azure\u2010devices.net',
    'hub.azure-devices\u3002net',
    '[::1]',
    '::1',
    '1.2.3',
    '0127.0.0.1',
    '1.2.3.4.5',
    '',
    `${'a'.repeat(64)}.azure-devices.net`,
    `${'a.'.repeat(125)}azure-devices.net`,
  ]) {
    assert.equal(target(host + rest), null, host);
  }
  for (const userName of [
    '',
    'hub.azure-devices.net',
    'hub.azure-devices.net/board-1',
    'hub.azure-devices.net/board-1/',
    'hub.azure-devices.net/board-1/api-version=2021-04-12',
    'hub.azure-devices.net/board-1/module-1/?api-version=2021-04-12',
    'hub.azure-devices.net/board-1/?api-version=2021-04-12\n',
    'hub.azure-devices.net//?api-version=2021-04-12',
    '/registrations/board-1/api-version=2019-03-31',
    '0ne1/registrations/board-1/?api-version=2019-03-31',
    'evil.com/registrations/board-1/api-version=2019-03-31',
    '0ne1/registrations/../api-version=2019-03-31/x',
  ]) {
    assert.equal(target(userName), null, userName);
  }
});

test('only hosts of Azure, and those that are named, are connected to', () => {
  const named = ['192.168.1.10', 'Local-Hub'];
  for (const host of [
    'hub.azure-devices.net',
    'hub.device.azure-devices.net',
    'global.azure-devices-provisioning.net',
    'hub.azure-devices.us',
    'global.azure-devices-provisioning.cn',
    '192.168.1.10',
    'local-hub',
  ]) {
    assert.ok(isAllowed(host, named), host);
  }
  for (const host of [
    'azure-devices.net',
    'evilazure-devices.net',
    'hub.azure-devices.net.evil.com',
    'hub.azure-devices.com',
    'azure-devices.net.evil.com',
    '192.168.1.1',
    '127.0.0.1',
    'sub.local-hub',
  ]) {
    assert.ok(!isAllowed(host, named), host);
  }
});

test('nothing that is no host of Azure gets through, whatever the user name', () => {
  fc.assert(
    fc.property(anyText({ maxLength: 60 }), (text) => {
      const found = target(`${text}/board-1/?api-version=1`);
      if (!found || found.service === 'dps') return;
      assert.match(found.host, /^[0-9a-z.-]+$/);
      if (isAllowed(found.host, [])) assert.match(found.host, /\.azure-devices(?:-provisioning)?\.(?:net|us|cn)$/);
    }),
  );
});
