import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { suite, test } from 'node:test';
import { explain, packetLine, SOURCES } from '../../console/explain.js';

const read = (name: string) => readFileSync(new URL(`../../docs/${name}`, import.meta.url), 'utf8');
const DOCUMENTS: Record<string, string> = { AT: read('at-protocol.md'), Azure: read('azure-mqtt.md') };

suite('the explanations of the trace', () => {
  test('name sections that the documents have', () => {
    for (const source of new Set(SOURCES)) {
      const [document = '', section = ''] = source.split(' ');
      const heading = new RegExp(`^#+ ${section.replace('.', '\\.')}\\.? `, 'm');
      assert.match(DOCUMENTS[document] ?? '', heading, source);
    }
  });

  test('fit the line, and not one that looks alike', () => {
    const table: [side: string, line: string, words: RegExp | null][] = [
      ['at', 'AT+WSTA=1', /Joins the network/],
      ['at', 'AT+WSTAC=1,"x"', /setting of the Wi-Fi station/],
      ['at', 'AT+WSTAC=3,"***"', /passphrase/],
      ['at', '+WSTAAIP:"10.0.0.1"', /address/],
      ['at', '+WSTA:ERROR:24,"STA Connection Failed"', /too long/],
      ['at', '+MQTTCONN:1', /Connected/],
      ['at', '+MQTTCONNACK:0,0', /accepted/],
      ['at', 'AT+MQTTCONN=1', /OK says nothing/],
      ['at', '+MQTTPUB:3,"a/b",0,[]', /message from the broker/],
      ['at', 'AT+MQTTPUB=0,0,0,"t","p"', /Sends a message/],
      ['at', 'ERROR:47,"MQTT Error"', /MQTT error/],
      ['at', 'ERROR:4,"Invalid Parameter"', /refused/],
      ['at', 'some diagnostic', null],
      ['mqtt', 'connect clientId x, username 0ne/registrations/x/api-version=2019-03-31', /DPS/],
      ['mqtt', 'connect clientId x, username hub/x/?api-version=2021-04-12', /hub/],
      ['mqtt', 'publish $iothub/methods/POST/reboot/?$rid=1 {}', /command/],
      ['mqtt', 'publish $iothub/twin/res/204/?$rid=1&$version=2', /accepted/],
      ['mqtt', 'publish $iothub/twin/res/429/?$rid=1', /refused/],
    ];
    for (const [side, line, words] of table) {
      const found = explain(side, line);
      if (words === null) assert.equal(found, null, line);
      else assert.match(found?.text ?? '', words, line);
    }
  });

  test('fit packets as the cloud describes them', () => {
    const packet = { cmd: 'subscribe', subscriptions: [{ topic: '$iothub/methods/POST/#', qos: 1 }], messageId: 1 };
    assert.match(explain('mqtt', packetLine(packet))?.text ?? '', /commands reach the device/);
    const connack = { cmd: 'connack', returnCode: 5, sessionPresent: false };
    assert.match(explain('mqtt', packetLine(connack))?.text ?? '', /refused/);
  });
});
