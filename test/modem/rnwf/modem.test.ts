import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dialectOf } from '../../../src/modem/rnwf/dialect.ts';
import { RnwfModem } from '../../../src/modem/rnwf/modem.ts';
import { RNWF02, RNWF11 } from '../../../src/modem/rnwf/product.ts';
import { holdsSecret, SECRET_PARAMETER } from '../../../src/modem/rnwf/secrets.ts';
import { ScriptedStream } from '../../helpers/scripted-stream.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';
import { event, scripted } from './scripted.ts';

function fresh(product = RNWF02) {
  const clock = new VirtualClock();
  const wire = new ScriptedStream(clock);
  const modem = new RnwfModem(wire, clock, product);
  return { clock, wire, modem, sync: () => clock.until(modem.sync(new AbortController().signal)) };
}

const GMR = '+GMR:"3.1.0 1 58a15dc2 [15:01:42 Aug 19 2025]"\r\nOK';

test('a stuck transfer is left, and an answer to half a line is no refusal', async () => {
  const stuck = fresh();
  stuck.wire.expect('ATE1\r\n').expect('ATE1\r\n').expect('+++');
  stuck.wire.command('ATE1').command('ATV5').command('AT+GMR', GMR);
  await stuck.sync();
  stuck.wire.done();
  const deaf = fresh();
  for (let n = 1; n <= 7; n++) {
    deaf.wire.expect('ATE1\r\n');
    if (n === 2) deaf.wire.expect('+++');
  }
  deaf.wire.expect('ATE1\r\n', 'E1\r\nERROR:0.2,"Invalid AT Command"\r\n>').command('ATE1').command('ATV5');
  deaf.wire.command('AT+GMR', GMR);
  await deaf.sync();
  deaf.wire.done();
});

test('a module with its echo off and few words is brought to order', async () => {
  const s = fresh();
  s.wire.expect('ATE1\r\n', '0\r\n>').expect('ATV5\r\n', 'ATV5\r\nOK\r\n>').command('AT+GMR', GMR);
  await s.sync();
  s.wire.done();
  assert.equal(s.modem.limits.clientId, 48);
});

test('the other product, and another family, are told by what they say', async () => {
  for (const [product, answer, named] of [
    [RNWF02, '+GMM:"PIC32MZW1"', /RNWF11/],
    [RNWF11, '+GMM:"PIC32MZW2"', /RNWF02/],
    [RNWF11, '+GMM="PIC32MZW1"', /AnyCloud/],
  ] as const) {
    const { clock, wire, modem } = fresh(product);
    for (let n = 0; n < 3; n++) wire.command('AT+GMM', `${answer}\r\nOK`);
    await assert.rejects(clock.until(modem.identify(new AbortController().signal)), {
      code: 'E_MODULE_UNKNOWN',
      message: named,
    });
  }
});

test('a reset is over with its banner, in each of its forms', async () => {
  for (const banner of [
    event('+BOOT:"RNWF02 - RNWF - AT Command Interface"'),
    '\0\0\r\nRNWF - AT Command Interface (c) Microchip\r\n>',
  ]) {
    for (const status of ['AT+RST\r\n', 'AT+RST\r\nOK\r\n>']) {
      const s = await scripted();
      s.wire.expect('AT+RST\r\n', status, [4_000, banner]);
      assert.deepEqual(await s.run((modem) => modem.reset(s.signal)), [true, 4_000], banner + status);
      assert.deepEqual(s.events, [{ type: 'restarted' }]);
    }
  }
});

test('the time comes after its OK, and is none before the module has one', async () => {
  const s = await scripted();
  s.wire.command('AT+TIME=3', 'OK', [5, event('+TIME:"2025-10-24T18:03:43.00Z"')]);
  assert.deepEqual(await s.run((modem) => modem.readTime(s.signal)), [1_761_329_023, 5]);
  s.wire.command('AT+TIME=3', 'ERROR:16.0,"Time Error"');
  assert.deepEqual(await s.run((modem) => modem.readTime(s.signal)), [null, 0]);
  s.wire.command('AT+TIME=3', 'OK', [5, event('+TIME:"1970-01-01T00:00:09.00Z"')]);
  assert.equal((await s.run((modem) => modem.readTime(s.signal)))[0], null);
});

test('an event that comes while a command is echoed is none of its answer', async () => {
  const s = await scripted();
  s.wire.expect('AT+GMR\r\n', 'AT+G', '\r+WSTALD:1\r\n>', `MR\r\n${GMR}\r\n>`);
  assert.equal((await s.run((modem) => modem.firmware(s.signal)))[0], '3.1.0');
  assert.deepEqual(s.events, [{ type: 'link-down' }]);
});

test('what would change what the program relies on is not sent for a person', async () => {
  const { refuseTyped, echoAfter } = dialectOf(RNWF02);
  const refused = [
    'AT+IPR=9600',
    'AT+CFG=21,9600',
    'AT&K3',
    'ATV0',
    'ATE1V0',
    'ATM1',
    'ATF0',
    'AT+FS=1,1,5,"x",1',
    'AT+08.07',
  ];
  for (const line of refused) assert.notEqual(refuseTyped(line), null, line);
  for (const line of ['AT', 'AT+GMR', 'AT+IPR', 'AT+CFG', 'AT+FS=2,1', 'AT+WSTA=0', 'AT+MQTTPUB=0,0,0,"V","M"']) {
    assert.equal(refuseTyped(line), null, line);
  }
  const table: [string, boolean | null][] = [
    ['ATE0', false],
    ['ATE1', true],
    ['ATE0V5', false],
    ['ATV5E1+GMM', true],
    ['ATE0E1', true],
    ['AT+GMM', null],
    ['AT', null],
  ];
  for (const [line, echo] of table) assert.equal(echoAfter(line), echo, line);
  const s = await scripted();
  assert.match((await s.modem.type('AT+IPR=9600', s.signal)) ?? '', /baud rate/);
});

test('secrets are known in commands and answers, however their number is written', () => {
  const secrets = [
    'AT+WSTAC=3,"pass"',
    'AT+WSTAC=0x3,"pass"',
    'AT+WSTAC=0b11,[70]',
    'AT+WSTAC= 3, "pass"',
    '+WSTAC:3,"pass"',
    'AT+WSTAC=33,"pass"',
    'AT+MQTTC=5,"token"',
    '+MQTTC:5,"token"',
    'AT+TLSC=1,4,"pw"',
    '+TLSC:1,4,"pw"',
    'AT+FSTSFR=20489,1,[2D2D]',
    '+FSTSFR:20489,1,0,[2D2D]',
  ];
  for (const line of secrets) assert.match(line, SECRET_PARAMETER, line);
  for (const line of ['AT+WSTAC=1,"ssid"', 'AT+WSTAC=30,"x"', 'AT+MQTTC=1,"h"', 'AT+TLSC=1,5,"h"', '+FSTSFR:9,1,0']) {
    assert.doesNotMatch(line, SECRET_PARAMETER, line);
  }
  for (const line of [
    'AT+WSTAC',
    'AT+WSTAC=3',
    'AT+WSTAC=0o3',
    'AT+MQTTC',
    'AT+MQTTC=5',
    'AT+TLSC',
    'AT+TLSC=1',
    'AT+TLSC=1,4',
  ]) {
    assert.equal(holdsSecret(line), true, line);
  }
  for (const line of ['AT+WSTAC=1', 'AT+MQTTC=1', 'AT+TLSC=1,5', 'AT+WSTA'])
    assert.equal(holdsSecret(line), false, line);
});
