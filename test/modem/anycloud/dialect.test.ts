import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DIALECT } from '../../../src/modem/anycloud/dialect.ts';

test('a status is read in the form of the verbosity; another form is that of another device', () => {
  const table: [line: string, terse: boolean, status: [ok: boolean, code: string | null, foreign: boolean] | null][] = [
    ['OK', false, [true, null, false]],
    ['ERROR:7,"Configuration Access Failed"', false, [false, '7', false]],
    ['ERROR:47,""', false, [false, '47', false]],
    ['ERROR:47', false, [false, '47', true]],
    ['ERROR:47', true, [false, '47', false]],
    ['ERROR:"MQTT Error"', true, [false, null, false]],
    ['ERROR', true, [false, null, false]],
    ['ERROR', false, [false, null, true]],
    ['0', true, [true, null, false]],
    ['1', true, [false, null, false]],
    ['1:3', true, [false, '3', false]],
    ['0', false, null],
    ['2', true, null],
    ['ERROR:0.2,"Invalid AT Command"', false, [false, null, true]],
    ['+CME ERROR: 3', false, [false, null, true]],
    ['+CMS ERROR: 302', true, [false, null, true]],
    ['FAIL', false, [false, null, true]],
    ['OKAY', false, null],
    ['+MQTTPUBERR', false, null],
    ['ERRORS', false, null],
  ];
  for (const [line, terse, expected] of table) {
    const status = DIALECT.parseStatus(line, terse);
    assert.deepEqual(status && [status.ok, status.code, status.foreign], expected, `${line} ${terse}`);
  }
  assert.equal(DIALECT.parseStatus('ERROR:3,"Unknown AT Command"', false)?.text, 'Unknown AT Command');
});

test('the banner is an OK after an empty line, or after AT+RST', () => {
  const table: [line: string, afterBlank: boolean, pending: string | null, banner: boolean][] = [
    ['OK', true, null, true],
    ['OK', true, 'AT+GMM', true],
    ['OK', false, 'AT+GMM', false],
    ['OK', false, null, false],
    ['OK', false, 'AT+RST', true],
    ['OK', true, 'AT+WSTA=?', false],
    ['ERROR', true, 'AT+RST', false],
  ];
  for (const [line, afterBlank, pending, banner] of table) {
    assert.equal(DIALECT.isBanner(line, afterBlank, pending), banner, `${line} ${afterBlank} ${pending}`);
  }
});

test('the echo is as the last option says', () => {
  const table: [string, boolean | null][] = [
    ['ATE0', false],
    ['ATE', false],
    ['ATE1', true],
    ['ATE0V3', false],
    ['ATV5E1', true],
    ['ATE1E0', false],
    ['ATE0E1', true],
    ['ATV5', null],
    ['AT', null],
    ['AT+CFG=2,"ATE0"', null],
  ];
  for (const [command, echo] of table) assert.equal(DIALECT.echoAfter(command), echo, command);
});

test('commands that set, read or dump the passphrase or the MQTT password hold a secret, others do not', () => {
  for (const command of [
    'AT+WSTAC=3,"correct horse"',
    'AT+WSTAC=03,"x"',
    'AT+WSTAC= 0x3 , "x"',
    'AT+MQTTC=5,"x"',
    'AT+WSTAC',
    'AT+WSTAC?',
    'AT+WSTAC=',
    'AT+WSTAC=3',
    'AT+MQTTC',
    'AT+MQTTC=5',
  ]) {
    assert.equal(DIALECT.holdsSecret(command), true, command);
  }
  for (const command of [
    'AT+WSTAC=1,"x"',
    'AT+WSTAC=13,1',
    'AT+MQTTC=4,"x"',
    'AT+WSTA',
    'AT+MQTTCONN',
    'AT+MQTTC=15',
  ]) {
    assert.equal(DIALECT.holdsSecret(command), false, command);
  }
});
