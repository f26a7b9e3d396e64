import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type VirtualSimulation, virtualSimulation } from '../helpers/simulation.ts';

/** Types at the module before the session comes, as whatever was there before might have done. */
async function type({ module, clock }: VirtualSimulation, text: string, wait = 3_000): Promise<void> {
  const wire = module.connect();
  wire.resume();
  wire.write(Buffer.from(text, 'latin1'));
  await clock.advance(wait);
  wire.destroy();
}

const JOIN =
  'AT+WSTAC=1,"AnyCloud-Demo"\r\nAT+WSTAC=2,3\r\nAT+WSTAC=3,"correct horse"\r\n' +
  'AT+WSTAC=12,"pool.ntp.org"\r\nAT+WSTAC=13,1\r\nAT+WSTA=1,9000\r\n';

const CONDITIONS: [name: string, prepare: (bench: VirtualSimulation) => unknown, resets: number][] = [
  ['echo off', (bench) => type(bench, 'ATE0\r\n'), 0],
  ...[0, 1, 2, 3, 4].map((level): (typeof CONDITIONS)[number] => [
    `verbosity ${level}`,
    (bench) => type(bench, `ATE0\r\nATV${level}\r\n`),
    0,
  ]),
  ['half a line typed', (bench) => type(bench, 'AT+GM'), 0],
  ['a line that ends in CR only', (bench) => type(bench, 'AT+WSTAC=1,"a network with a long name"\r'), 0],
  ['waiting for a certificate', (bench) => type(bench, 'AT+LOADCERT=1294,"x.pem"\r\n'), 0],
  ['joined, not connected', (bench) => type(bench, JOIN), 0],
  [
    'joined without a time server, so without the time',
    (bench) =>
      type(bench, 'AT+WSTAC=1,"AnyCloud-Demo"\r\nAT+WSTAC=2,3\r\nAT+WSTAC=3,"correct horse"\r\nAT+WSTA=1,9000\r\n'),
    1,
  ],
  [
    'reconnecting to an old broker',
    async (bench) => {
      bench.module.faults.dial('dns');
      await type(bench, `${JOIN}AT+MQTTC=1,"old.example"\r\n`);
      await type(bench, 'AT+MQTTCONN=1\r\n');
      bench.module.faults.dial(undefined);
    },
    1,
  ],
  [
    'stuck',
    async (bench) => {
      await type(bench, JOIN);
      await type(bench, 'AT+MQTTCONN=1\r\nAT+MQTTCONN=1\r\n');
    },
    1,
  ],
  ['joining a network that is not there', (bench) => type(bench, 'AT+WSTAC=1,"nowhere"\r\nAT+WSTA=1\r\n'), 1],
  ['with the time told in another format', (bench) => type(bench, `AT+TIME=3\r\n`), 0],
];

for (const [name, prepare, resets] of CONDITIONS) {
  test(`a module that is found ${name} is brought to order`, async (t) => {
    const bench = await virtualSimulation();
    t.after(() => bench.stop());
    await prepare(bench);
    void bench.run();
    await bench.telemetry(2, 180_000);
    const sent = bench.sent();
    assert.ok(sent.filter((line) => line === 'AT+RST').length <= resets, sent.join('\n'));
  });
}
