import assert from 'node:assert/strict';
import { test } from 'node:test';
import { accessToken, deviceKey, isKey } from '../../src/gateway/shared-access.ts';

// The example that Microsoft's documentation of symmetric keys at DPS gives.
const GROUP_KEY = '8isrFI1sGsIlvvFSSFRiMfCNzv21fjbE/+ah/lSh3lF8e2YG1Te7w1KpZhJFFXJrqYKi9yegxkqIChbqOS9Egw==';
const ID = 'sn-007-888-abc-mac-a1-b2-c3-d4-e5-f6';
const KEY = 'Jsm0lyGpjaVYVP2g3FnmnmG9dI/9qU24wNoykUmermc=';

test('the key of a device is derived as Azure does', () => {
  assert.equal(deviceKey(GROUP_KEY, ID), KEY);
});

test('a token names what it is for, and who may sign it', () => {
  const hub = { service: 'hub', host: 'h.azure-devices.net', deviceId: 'd:1' } as const;
  const forHub = accessToken(KEY, 'H.azure-devices.net/d:1/?api-version=2021-04-12', hub, 1_800_000_000);
  assert.match(
    forHub,
    /^SharedAccessSignature sr=h\.azure-devices\.net%2Fdevices%2Fd%3A1&sig=[0-9A-Za-z%]+&se=1800000000$/,
  );
  const dps = { service: 'dps', host: 'dps', deviceId: ID } as const;
  const forDps = accessToken(KEY, `0ne1/registrations/${ID}/api-version=2019-03-31`, dps, 1_800_000_000);
  assert.ok(forDps.startsWith(`SharedAccessSignature sr=0ne1%2Fregistrations%2F${ID}&sig=`));
  assert.ok(forDps.endsWith('&se=1800000000&skn=registration'));
  assert.notEqual(forDps, accessToken(GROUP_KEY, `0ne1/registrations/${ID}/api-version=1`, dps, 1_800_000_000));
});

test('only what can be a key is taken for one', () => {
  assert.ok(isKey(KEY));
  assert.ok(isKey(GROUP_KEY));
  for (const text of ['', 'abc', KEY.slice(1), `${KEY} `, KEY.replaceAll('/', '_'), 'A'.repeat(200)]) {
    assert.ok(!isKey(text), text);
  }
});
