import assert from 'node:assert/strict';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { AppError } from '../../src/errors.ts';
import { createModem, type Family, identifyModem } from '../../src/modem/detect.ts';
import { type Modem, ModemError } from '../../src/modem/modem.ts';
import { explainTimeout } from '../../src/modem/stranger.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

/** A device that takes lines ended by CR or LF, and says to each what `reply` says; null is nothing. */
class Device extends Duplex {
  readonly lines: string[] = [];
  readonly #reply: (line: string) => string | null;
  #half = '';

  constructor(reply: (line: string) => string | null) {
    super();
    this.#reply = reply;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const lines = (this.#half + chunk.toString('latin1')).split(/\r\n?|\n/);
    this.#half = lines.pop() ?? '';
    for (const line of lines) {
      this.lines.push(line);
      const reply = this.#reply(line);
      if (reply !== null) this.push(Buffer.from(reply, 'latin1'));
    }
    done();
  }
}

/** What a person is told who meets `device`, and what it cost. */
async function meeting(device: Device, clock = new VirtualClock(), family: Family | null = null) {
  const start = clock.monotonic();
  const error = await clock.until(identifyModem(device, clock, new AbortController().signal, family)).then(
    () => assert.fail('it was taken for an AnyCloud module'),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof AppError, String(error));
  assert.equal(error.exitCode, 5, error.message);
  assert.ok(device.destroyed, 'the port was left open');
  assert.ok(clock.monotonic() - start <= 30_000, `${clock.monotonic() - start} ms`);
  assert.ok(device.lines.length <= 100, `${device.lines.length} commands`);
  return error;
}

const NOT_ANYCLOUD = 'The device at the serial port answers, but is not an AnyCloud module: ';
const UNKNOWN = 'The device at the serial port answers, but is no module that this program knows: ';

/** Devices that answer, by what each does with a line, and what is said of them. */
const ANSWERING: [name: string, reply: (line: string) => string | null, says: string][] = [
  ['a GSM modem that says OK to everything', () => '\r\nOK\r\n', 'it does not say its model'],
  ['the same with its echo on', (line) => `${line}\r\r\nOK\r\n`, 'it does not say its model'],
  ['one that says OK without a blank line', () => 'OK\r\n', 'it does not say its model'],
  [
    'a GSM modem with a name',
    (line) => `\r\n${line === 'AT+GMM' ? 'SIMCOM_SIM800L\r\n\r\n' : ''}OK\r\n`,
    'it calls itself "SIMCOM_SIM800L", as a cellular modem does',
  ],
  [
    'a GSM modem that echoes',
    (line) =>
      /^AT(?:E1|\+GMM)?$/.test(line)
        ? `${line}\r\r\n${line === 'AT+GMM' ? '+CGMM: "BG96"\r\n\r\n' : ''}OK\r\n`
        : `${line}\r\r\n+CME ERROR: 100\r\n`,
    'it calls itself "BG96", as a cellular modem does',
  ],
  ['one that refuses everything', () => '\r\nERROR\r\n', 'asked for its model, it says "ERROR"'],
  [
    'one that refuses in the words of GSM',
    (line) => `${line}\r\r\n+CME ERROR: operation not allowed\r\n`,
    'asked for its model, it says "+CME ERROR: operation not allowed"',
  ],
  [
    'ESP-AT',
    (line) =>
      line === 'AT+GMR'
        ? `${line}\r\r\nAT version:2.2.0.0\r\n\r\nOK\r\n`
        : `${line}\r\r\n\r\n${/^AT(?:E1)?$/.test(line) ? 'OK' : 'ERROR'}\r\n`,
    'it calls itself "AT version:2.2.0.0", as ESP-AT does',
  ],
  [
    'an RNWF02',
    (line) =>
      `${line}\r\n${
        { ATE1: 'OK', ATV5: 'OK', 'AT+GMM': '+GMM:"PIC32MZW2"\r\nOK' }[line] ?? 'ERROR:0.3,"Unknown AT Command"'
      }\r\n>`,
    'it calls itself "PIC32MZW2", as an RNWF02 does',
  ],
  [
    'an RNWF11, which has the chip of AnyCloud',
    (line) => `${line}\r\n${line === 'AT+GMM' ? '+GMM:"PIC32MZW1"\r\n' : ''}OK\r\n>`,
    'it calls itself "PIC32MZW1", as an RNWF11 does',
  ],
  [
    'an RNWF that knows nothing',
    () => 'ERROR:0.2,"Invalid AT Command"\r\n>',
    'asked for its model, it says "ERROR:0.2,\\"Invalid AT Command\\""',
  ],
  ['a Bluetooth module', () => 'ERROR:(0)\r\n', 'asked for its model, it says "ERROR:(0)"'],
];

for (const [name, reply, says] of ANSWERING) {
  test(`${name} is no AnyCloud module`, async () => {
    const { code, message } = await meeting(new Device(reply), new VirtualClock(), 'anycloud');
    assert.deepEqual([code, message], ['E_MODULE_UNKNOWN', NOT_ANYCLOUD + says]);
  });
  if (/as an RNWF/.test(says)) continue;

  test(`${name} is no module at all`, async () => {
    const clock = new VirtualClock();
    const start = clock.monotonic();
    const { code, message } = await meeting(new Device(reply), clock);
    assert.deepEqual([code, message], ['E_MODULE_UNKNOWN', UNKNOWN + says]);
    assert.ok(clock.monotonic() - start < 1_000, `${clock.monotonic() - start} ms`);
  });
}

/** What modules of each family answer to the question for their model, and what they are taken for. */
const MODELS: [answer: string, family: string][] = [
  ['+GMM="PIC32MZW1"', 'AnyCloud'],
  ['+GMM:"PIC32MZW1"', 'RNWF11'],
  ['+GMM:"RNWF11"', 'RNWF11'],
  ['+GMM:"PIC32MZW2"', 'RNWF02'],
  ['+GMM:"RNWF02"', 'RNWF02'],
  ['+GMM="RNWF02"', 'RNWF02'],
];

for (const [answer, family] of MODELS) {
  test(`${answer} is ${family}, with its echo on or off`, async () => {
    const version = family === 'AnyCloud' ? '+GMR="0.3.2"' : '+GMR:"3.2.0 1 a1ac4a492 [12:00:00 Mar 02 2026]"';
    for (const first of [true, false]) {
      let echoes = first;
      const device = new Device((line) => {
        const echo = echoes ? `${line}\r\n` : '';
        echoes ||= line === 'ATE1';
        const info = { 'AT+GMM': `${answer}\r\n`, 'AT+GMR': `${version}\r\n` }[line] ?? '';
        return `${echo}${info}OK\r\n${echoes ? '>' : ''}`;
      });
      const clock = new VirtualClock();
      const modem = await clock.until(identifyModem(device, clock, new AbortController().signal));
      assert.equal(modem.family, family);
      assert.deepEqual(device.lines.slice(0, 5), ['AT', 'ATE1', 'AT+GMM', 'ATE1', 'ATV5']);
    }
  });
}

test('a module that is being transferred a file to, or has half a line, is found all the same', async () => {
  let swallows = 3;
  const device = new Device((line) => {
    if (line.includes('+++')) swallows = 0;
    if (swallows-- > 0) return null;
    return `${line}\r\n${line === 'AT+GMM' ? '+GMM:"PIC32MZW1"\r\n' : ''}${line === 'AT+GMR' ? '+GMR:"x"\r\n' : ''}OK\r\n>`;
  });
  const clock = new VirtualClock();
  const modem = await clock.until(identifyModem(device, clock, new AbortController().signal));
  assert.equal(modem.family, 'RNWF11');
});

test('what prints text and answers nothing is no module, and shown in part', async () => {
  const shell = await meeting(new Device((line) => `${line}\r\n-sh: ${line}: not found\r\n# `));
  assert.deepEqual([shell.code, /prints text.*"AT/.test(shell.message)], ['E_MODULE_UNKNOWN', true]);
  const clock = new VirtualClock();
  const gps = new Device(() => null);
  const talk = () => {
    if (!gps.destroyed) gps.push(Buffer.from('$GPGGA,123519,4807.038,N,01131.000,E,1,08,0.9,545.4,M,46.9,M,,*47\r\n'));
    if (!gps.destroyed) clock.after(100, talk);
  };
  talk();
  const error = await meeting(gps, clock);
  assert.deepEqual([error.code, /prints text.*GPGGA/.test(error.message)], ['E_MODULE_UNKNOWN', true]);
  assert.ok(error.message.length < 200);
  const numbers = await meeting(new Device(() => '0\r\n'));
  assert.deepEqual([numbers.code, /it says "0"/.test(numbers.message)], ['E_MODULE_UNKNOWN', true]);
  const terse = await meeting(new Device(() => '0\r\n'), new VirtualClock(), 'anycloud');
  assert.deepEqual([terse.code, /prints text/.test(terse.message)], ['E_MODULE_UNKNOWN', true]);
  assert.match(explainTimeout(Buffer.from(`\x00${'a log line '.repeat(20)}`), []).message, /prints text/);
});

test('some noise between text does not make it a wrong rate, much of it does', () => {
  const heard = (noise: number) => Buffer.from('\x80'.repeat(noise) + 'x'.repeat(100 - noise), 'latin1');
  assert.match(explainTimeout(heard(20), []).message, /prints text/);
  assert.match(explainTimeout(heard(21), []).message, /baud rate/);
});

test('a plug that joins TX and RX is named', async () => {
  for (const reply of [(line: string) => `${line}\r\n`, (line: string) => `${line}\r\n> `]) {
    const { code, message } = await meeting(new Device(reply));
    assert.deepEqual([code, /gives back what is sent/.test(message)], ['E_MODULE_UNKNOWN', true]);
  }
});

test('silence and a wrong baud rate are told apart, and may pass', async () => {
  const silence = await meeting(new Device(() => null));
  assert.ok(silence instanceof ModemError && silence.failure === 'timed-out');
  assert.match(silence.message, /^Nothing answers/);
  const rate = await meeting(new Device(() => '\x00\xf8\x80\xfe\xff\x1c'));
  assert.ok(rate instanceof ModemError && rate.failure === 'timed-out');
  assert.match(rate.message, /baud rate is likely wrong/);
});

/** A module in order, but for what `other` says instead. */
function module(other: (line: string) => string | undefined): Device {
  const answers: Record<string, string> = { 'AT+GMM': '+GMM="PIC32MZW1"\r\nOK', 'AT+GMR': '+GMR="0.3.2"\r\nOK' };
  return new Device((line) => other(line) ?? `${line}\r\n${answers[line] ?? 'OK'}\r\n>`);
}

test('a device that turns to nonsense after it was in order is asked who it is', async () => {
  const signal = new AbortController().signal;
  const network = { ssid: 'x', passphrase: 'correct horse', security: 'wpa2' } as const;
  const everything: [string, (modem: Modem) => Promise<unknown>][] = [
    ['device', (modem) => modem.certificates.device(signal)],
    ['trust', (modem) => modem.certificates.trusts('', signal)],
    ['state', (modem) => modem.wifi.state(network, 'x', signal)],
    ['address', (modem) => modem.wifi.address(signal)],
    ['configure', (modem) => modem.wifi.configure(network, 'x', signal)],
    ['connected', (modem) => modem.mqtt.isConnected(signal)],
    ['subscribe', (modem) => modem.mqtt.subscribe('x', 0, signal)],
    ['time', (modem) => modem.readTime(signal)],
    ['reset', (modem) => modem.reset(signal)],
  ];
  for (const nonsense of ['+CME ERROR: 3', 'OK', 'ERROR', 'ERROR:0.3,"Unknown AT Command"', '+WSTA:7\r\nOK']) {
    for (const [name, ask] of everything) {
      // Settings, actions and a restart are answered by OK, so nothing is wrong with that.
      if (
        nonsense.endsWith('OK') &&
        ['configure', 'subscribe', 'reset', ...(nonsense === 'OK' ? [] : ['device'])].includes(name)
      )
        continue;
      let turned = false;
      const device = module((line) => (turned ? `${line}\r\n${nonsense}\r\n` : undefined));
      const clock = new VirtualClock();
      const modem = await createModem(device, clock, 'anycloud');
      await clock.until(modem.sync(signal));
      turned = true;
      await assert.rejects(clock.until(ask(modem)), { code: 'E_MODULE_UNKNOWN' }, `${name}: ${nonsense}`);
      assert.ok(device.lines.length < 20, `${name}: ${device.lines.length} commands`);
    }
  }
});

test('a module that starts again and again is not told to be another device', async () => {
  const clock = new VirtualClock();
  let commands = 0;
  const device = module((line) => (line.startsWith('ATE') && commands++ < 4 ? '\r\nOK\r\n>' : undefined));
  const modem = await createModem(device, clock, 'anycloud');
  const events: string[] = [];
  modem.on('event', ({ type }) => events.push(type));
  await clock.until(modem.sync(new AbortController().signal));
  assert.deepEqual(device.lines, ['ATE1', 'ATE1', 'ATE1', 'ATE1', 'ATE1', 'ATV5', 'AT+GMM']);
  assert.deepEqual(events, []);
  // It is known now.
  device.lines.length = 0;
  await clock.until(modem.sync(new AbortController().signal));
  assert.deepEqual(device.lines, ['ATE1', 'ATV5']);
});

test('a module that stalls in mid-session is not told to be another device', async () => {
  const clock = new VirtualClock();
  let stalled = false;
  const device = module((line) => (stalled ? (line === 'ATE1' ? '\r+TIME:1,1700000000\r\n>' : '') : undefined));
  const modem = await createModem(device, clock, 'anycloud');
  await clock.until(modem.sync(new AbortController().signal));
  stalled = true;
  await assert.rejects(clock.until(modem.sync(new AbortController().signal)), { code: 'E_MODULE_TIMEOUT' });
});
