import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BrokerSettings } from '../../../src/modem/modem.ts';
import { type Product, RNWF02, RNWF11 } from '../../../src/modem/rnwf/product.ts';
import { type Scripted, scripted } from './scripted.ts';

const HOST = 'global.azure-devices-provisioning.net';
const broker = (host: string): BrokerSettings => ({ host, port: 8883, clientId: 'd', userName: 'u', tls: true });
const mqtt = (host: string) => [
  `AT+MQTTC=1,"${host}"`,
  'AT+MQTTC=2,8883',
  'AT+MQTTC=3,"d"',
  'AT+MQTTC=4,"u"',
  'AT+MQTTC=5,""',
  'AT+MQTTC=6,60',
  'AT+MQTTC=7,1',
  'AT+MQTTC=8,3',
  'AT+MQTTC=9,700',
];
const CERTIFICATES = '+FS:2,1,"DigiCertGlobalRootG2"\r\n+FS:2,1,"anycloud_iotc_cert"\r\nOK';
const KEYS = '+FS:2,2,"anycloud_iotc_key"\r\nOK';

async function withTls(product: Product, firmware: string, script: (s: Scripted) => void, host: string) {
  const s = await scripted(product, firmware);
  script(s);
  await s.run((modem) => modem.mqtt.configure(broker(host), s.signal));
}

test('RNWF02 proves who it is with its files, and verifies the name of the server', async () => {
  const identity = [
    'AT+TLSC=1,1,"DigiCertGlobalRootG2"',
    'AT+TLSC=1,2,"anycloud_iotc_cert"',
    'AT+TLSC=1,3,"anycloud_iotc_key"',
    `AT+TLSC=1,5,"${HOST}"`,
    `AT+TLSC=1,6,"${HOST}"`,
  ];
  const verification = ['AT+TLSC=1,40,1', 'AT+TLSC=1,41,1'];
  for (const [firmware, settings] of [
    ['1.0.0 0 630f6fcf [13:57:15 Jun 27 2023]', identity],
    ['3.1.0 1 58a15dc2', [...identity, ...verification]],
  ] as const) {
    const script = (s: Scripted) => {
      s.wire.command('AT+FS=2,1', CERTIFICATES).command('AT+FS=2,2', KEYS);
      s.accepts(...settings, ...mqtt(HOST));
    };
    await withTls(RNWF02, firmware, script, HOST);
  }
});

test('RNWF02 without an identity is told so before anything is set', async () => {
  for (const [certificates, keys, what] of [
    ['OK', 'OK', 'no certificate and no private key'],
    [CERTIFICATES, 'OK', 'no private key'],
    ['+FS:2,1,"DigiCertGlobalRootG2"\r\nOK', KEYS, 'no certificate'],
  ] as const) {
    const s = await scripted();
    s.wire.command('AT+FS=2,1', certificates).command('AT+FS=2,2', keys);
    await assert.rejects(s.clock.until(s.modem.mqtt.configure(broker(HOST), s.signal)), {
      code: 'E_IDENTITY_MISSING',
      message: new RegExp(`holds ${what} of`),
    });
    s.wire.done();
  }
});

test('RNWF11 uses its secure element, and a wildcard where its field is too short for a name', async () => {
  for (const [host, domain] of [
    ['myhub.azure-devices.net', 'myhub.azure-devices.net'],
    [`${'h'.repeat(14)}.azure-devices.net`, `${'h'.repeat(14)}.azure-devices.net`],
    [`${'h'.repeat(15)}.azure-devices.net`, '*.azure-devices.net'],
    // One too long even so: 34 bytes with the wildcard.
  ] as const) {
    await withTls(
      RNWF11,
      '78de24c4 [09:48:06 Nov  2 2023]',
      (s) => {
        s.accepts('AT+TLSC=1,1,"DigiCertGlobalRootG2"', `AT+TLSC=1,5,"${host}"`, `AT+TLSC=1,6,"${domain}"`);
        s.accepts('AT+TLSC=1,8,1', ...mqtt(host), 'AT+MQTTC=10,0');
      },
      host,
    );
  }
});
