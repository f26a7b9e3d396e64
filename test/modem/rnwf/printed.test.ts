import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RNWF02, RNWF11 } from '../../../src/modem/rnwf/product.ts';
import { event, scripted } from './scripted.ts';

const NETWORK = { ssid: 'DEMO_AP', security: 'wpa2', passphrase: 'password' } as const;
const NTP = 'pool.ntp.org';

test('blanks behind colons and commas, and at the ends of lines, change nothing', async () => {
  const s = await scripted();
  s.wire.command('AT+WSTA', '+WSTA: 1, 1 \r\nOK').command('AT+WSTAC=1', '+WSTAC: 1, "DEMO_AP"\r\nOK');
  s.wire.command('AT+SNTPC=3', `+SNTPC:3 , "${NTP}" \r\nOK`).command('AT+SNTPC=1', '+SNTPC: 1 ,0x01\r\nOK ');
  assert.deepEqual((await s.run((modem) => modem.wifi.state(NETWORK, NTP, s.signal)))[0], { active: true, own: true });
  s.wire.command('AT+NETIFC=0,40', '+NETIFC: 0, 40.0, "FE80::1/64"\r\n+NETIFC: 40.1, "192.168.1.5/24"\r\nOK');
  assert.equal((await s.run((modem) => modem.wifi.address(s.signal)))[0], '192.168.1.5');
  s.wire.command('AT+MQTTCONN', '+MQTTCONN: 1 \r\nOK');
  assert.equal((await s.run((modem) => modem.mqtt.isConnected(s.signal)))[0], true);
  s.wire.command('AT+MQTTPUB=0,1,0,"t","p"', '+MQTTPUB: 7\r\nOK', [5, event('+MQTTPUBACK: 7')]);
  assert.equal((await s.run((modem) => modem.mqtt.publish('t', 'p', 1, s.signal)))[0], true);
  s.wire.command('AT+TIME=3', 'OK', [5, event('+TIME: "2025-10-24T18:03:43.00Z"')]);
  assert.equal((await s.run((modem) => modem.readTime(s.signal)))[0], 1_761_329_023);
});

test('what a module is called is read with a colon or an equals sign', async () => {
  for (const [product, line, isIt] of [
    [RNWF02, '+GMM:"PIC32MZW2"', true],
    [RNWF02, '+GMM="RNWF02"', true],
    [RNWF02, '+GMM: "RNWF02PC" ', true],
    [RNWF02, '+GMM:"PIC32MZW1"', false],
    [RNWF11, '+GMM:"PIC32MZW1"', true],
    [RNWF11, '+GMM="RNWF11"', true],
    [RNWF11, '+GMM="PIC32MZW1"', false],
  ] as const) {
    assert.equal(product.model.test(line), isIt, line);
  }
  const s = await scripted();
  s.wire.command('AT+GMR', '+GMR="3.2.0 1 a1ac4a492"\r\nOK');
  assert.equal((await s.run((modem) => modem.firmware(s.signal)))[0], '3.2.0');
});

test('the printed sessions of the file system are read, however the wire cuts them (RNWF 9)', async () => {
  const listing = ['AmazonRootCA1', 'BaltimoreCyberTrustRoot', 'DigiCert', 'anycloud_iotc_cert', 'VeriSign'];
  const text = `AT+FS=2,1\r\n${listing.map((name) => `+FS:2,1,"${name}"\r\n`).join('')}OK\r\n>`;
  for (const cut of [1, 2, 7, 64]) {
    const s = await scripted();
    s.wire.expect('AT+FS=2,1\r\n', ...(text.match(new RegExp(`[^]{1,${cut}}`, 'g')) ?? []));
    s.wire.command('AT+FS=2,2').command('AT+FS=5,1,5,"anycloud_iotc_cert"', 'ERROR:7.0');
    const { identityStore: store } = s.modem;
    assert.ok(store);
    const [read] = await s.run(() => store.read(s.signal));
    assert.deepEqual(read, { certificate: null, hasCertificate: true, hasKey: false });
  }
});
