import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { seeded } from '../../../../src/cli/seeded.ts';
import { Rig } from './rig.ts';

const CONNECTED = '\r+MQTTCONNACK:0,0\r\n>\r+MQTTCONN:1\r\n>';

async function booted(options: ConstructorParameters<typeof Rig>[0] = {}): Promise<Rig> {
  const rig = new Rig(options);
  await rig.boot();
  return rig;
}

describe('the wire', () => {
  test('a host that goes away leaves the module as it is', async () => {
    const rig = await booted();
    const first = rig.connect();
    await rig.send('AT+CFG=2,"x"\r\nATE0\r\n');
    first.destroy();
    rig.module.faults.urc('+URC:lost');
    await rig.clock.advance(10);
    const second = rig.connect();
    assert.equal(await rig.send('AT+CFG=2\r\n'), '+CFG:2,"x"\r\nOK\r\n');
    rig.connect();
    assert.ok(second.destroyed);
    assert.equal(await rig.send('AT\r\n'), 'OK\r\n');
    rig.module.close();
  });

  test('a host that does not read costs bounded memory, and so do a quarter of a million events', async () => {
    const rig = await booted();
    const deaf = rig.module.connect();
    const before = process.memoryUsage().heapUsed + process.memoryUsage().external;
    for (let event = 0; event < 250_000; event++) {
      rig.module.faults.urc('+URC:0123456789');
      if (event % 10_000 === 0) await Promise.resolve();
    }
    await rig.clock.advance(1);
    assert.ok(deaf.readableLength <= 65_536, `${deaf.readableLength} bytes wait`);
    const after = process.memoryUsage().heapUsed + process.memoryUsage().external;
    assert.ok(after - before < 16 * 1024 * 1024, `${after - before} bytes more`);
    rig.module.close();
  });

  test('an idle module has no timers, at any pace', async () => {
    for (const pace of ['real', 'instant'] as const) {
      const rig = await booted({ pace });
      await rig.send('AT\r\n', 250);
      assert.equal(rig.clock.pendingTimers, 0);
      rig.module.close();
    }
  });

  test('lost bytes, noise and a stall', async () => {
    const rig = await booted();
    rig.module.control('drop-rx 1');
    assert.equal(await rig.send('AT\r\n'), 'T\r\nERROR:2,"Invalid AT Command"\r\n>');
    rig.module.control('drop-tx 5');
    assert.equal(await rig.send('AT\r\n'), 'K\r\n>'.padStart(4));
    rig.module.control('noise 3');
    assert.equal(await rig.send(''), '\x80\x80\x80');
    rig.module.control('raw \\xff\\r\\n\\\\x');
    assert.equal(await rig.send(''), '\xff\r\n\\x');
    rig.module.control('stall 500');
    assert.equal(await rig.send('AT\r\n', 490), '');
    await rig.clock.advance(20);
    assert.equal(rig.take(), 'AT\r\nOK\r\n>');
    rig.module.close();
  });
});

describe('control lines', () => {
  test('what is wrong is said, and nothing happens', async () => {
    const rig = await booted();
    for (const line of [
      '',
      'nonsense',
      '__proto__',
      'wifi-drop now',
      'wifi-mode maybe',
      'omit everything',
      'preempt 101',
      'preempt',
      'drop-rx -1',
      'sntp',
      'urc',
      'stall 1e3',
      'status now',
      'help nonsense',
    ]) {
      assert.match(rig.module.control(line), /^error: /, line);
    }
    assert.equal(rig.module.control('prots'), 'error: there is no control line "prots"; help lists all of them');
    assert.equal(rig.module.control('sntp maybe'), 'error: it is written: sntp on|off');
    await rig.expect('AT', 'OK\r\n>');
    rig.module.close();
  });

  test('help lists every one, as the document does, and explains one', async () => {
    const rig = new Rig();
    const listed = rig.module.control('help').split('\n');
    const words = listed.map((line) => line.split(' ')[0] ?? '');
    const document = readFileSync(new URL('../../../../docs/virtual-module.md', import.meta.url), 'utf8');
    const documented = [...document.matchAll(/^\| ((?:`[a-z-]+[^|`]*`(?:, )?)+)/gm)].flatMap((row) =>
      [...(row[1] ?? '').matchAll(/`([a-z-]+)/g)].map((each) => each[1]),
    );
    for (const word of words) {
      assert.ok(documented.includes(word), `${word} is not in the document`);
      assert.equal(
        rig.module.control(`help ${word}`).split(/ {2,}/)[1],
        listed[words.indexOf(word)]?.split(/ {2,}/)[1],
      );
    }
    assert.ok(words.includes('status') && words.includes('help') && words.includes('wifi-drop'));
    assert.equal(
      rig.module.control('help dial'),
      'dial ok|dns|refused|unreachable|tls  how connections to the broker fail',
    );
    for (const line of listed) assert.match(line, /^[a-z-]+( \S+)? {2,}\S/);
  });

  test('status says in one line how the module is doing, and what is in force', async () => {
    const rig = new Rig();
    assert.equal(rig.module.control('status'), 'off');
    await rig.boot();
    assert.equal(rig.module.control('status'), 'no Wi-Fi; no time yet; MQTT idle');
    await rig.join();
    await rig.connectMqtt();
    const connected = 'MQTT connected (test.azure-devices.net:8883)';
    const up = `Wi-Fi "ssid", 192.168.1.50; 2026-11-22T22:38:3\\dZ; ${connected.replace(/[().]/g, '\\$&')}`;
    assert.match(rig.module.control('status'), new RegExp(`^${up}$`));
    for (const line of ['wifi-mode fail', 'sntp off', 'dial refused', 'omit suback', 'delay 100', 'preempt 25']) {
      assert.equal(rig.module.control(line), 'ok');
    }
    const inForce = 'faults: wifi-mode fail, sntp off, dial refused, omit suback, delay 100, preempt 25';
    assert.match(rig.module.control('status'), new RegExp(`; ${inForce}$`));
    rig.module.control('reset');
    assert.ok(rig.module.control('status').endsWith(inForce), 'they outlive a reset');
    for (const line of ['wifi-mode ok', 'sntp on', 'dial ok', 'omit none', 'delay 0', 'preempt 0'])
      rig.module.control(line);
    rig.module.control('crash');
    assert.equal(
      rig.module.control('status'),
      'crashed, no answer until a reset; last: no Wi-Fi; no time yet; MQTT idle',
    );
    rig.module.close();
    assert.equal(rig.module.control('status'), 'off');
  });

  test('before power is on they do no harm', () => {
    const rig = new Rig();
    assert.equal(rig.module.control('status'), 'off');
    for (const line of ['wifi-drop', 'mqtt-drop', 'urc x', 'crash', 'raw x'])
      assert.equal(rig.module.control(line), 'ok');
    rig.module.close();
  });

  test('a crash is silence until the reset, and the log says so (T55)', async () => {
    const rig = new Rig();
    await rig.bringUp();
    rig.module.control('crash');
    assert.equal(await rig.send('AT\r\n', 300_000), '');
    assert.deepEqual(rig.log, ['the module has crashed: asked for; it does not answer until it is reset']);
    assert.ok(rig.broker.connected, 'a dead module closes nothing');
    assert.equal(rig.module.control('reset'), 'ok');
    await rig.clock.advance(10);
    assert.equal(rig.take(), '\r\nOK\r\n>');
    assert.ok(!rig.broker.connected);
    rig.module.close();
  });
});

describe('connections that are lost', () => {
  test('the module comes back by itself, and has forgotten its subscriptions (T2, G6)', async () => {
    for (const fault of ['mqtt-drop', 'mqtt-rst']) {
      const rig = new Rig();
      await rig.bringUp();
      rig.module.control(fault);
      await rig.clock.advance(600);
      assert.equal(rig.take(), `\r+MQTTCONN:0\r\n>${CONNECTED}`);
      rig.broker.publish('t/a', 'x');
      await rig.clock.advance(100);
      assert.equal(rig.take(), '');
      rig.module.close();
    }
  });

  test('Wi-Fi loss leaves MQTT connected, and what comes meanwhile is read afterwards (T23)', async () => {
    const rig = new Rig();
    await rig.bringUp();
    rig.module.control('wifi-drop');
    rig.broker.publish('t/a', 'x');
    await rig.clock.advance(1000);
    assert.equal(rig.take(), '\r+WSTALD\r\n>');
    await rig.expect('AT+MQTTCONN', '+MQTTCONN:1\r\nOK\r\n>');
    assert.match(await rig.send('AT+WSTA=1\r\n', 1000), /\+WSTAAIP:.*\+MQTTPUB:3,"t\/a",1,"x"\r\n>/s);
    rig.module.close();
  });

  test('without Wi-Fi the keep-alive notices within two minutes', async () => {
    const rig = new Rig();
    await rig.bringUp();
    rig.module.control('wifi-drop');
    await rig.clock.advance(120_000);
    assert.match(
      rig.take(),
      /NET Intf Not Connected\r\nSYS_NET_SendMsg\(\):Failed\r\nFailed\. Sent bytes = 0 ; length = 2\r\n.*\r\+MQTTCONN:0\r\n>$/s,
    );
    rig.module.close();
  });
});

const TYPED = 'AT+CFG\r\n+CFG:1,"00:04:A3:12:34:56"\r\n+CFG:2,"PIC32MZW1-34-56"\r\nOK\r\n';
const EVENT = '+MQTTPUB:3,"t/x",7,"MESSAGE"\r\n';

/** What a command and a message look like when their tasks compete for the wire, again and again. */
async function interleave(seed: number): Promise<string[]> {
  const rig = new Rig({ pace: 'real', random: seeded(seed) });
  await rig.bringUp();
  rig.module.control('preempt 25');
  const rounds: string[] = [];
  for (let round = 0; round < 20; round++) {
    await rig.clock.advance(37);
    rig.broker.publish('t/x', 'MESSAGE');
    rounds.push(await rig.send('AT+CFG\r\n', 263));
  }
  rig.module.close();
  return rounds;
}

test('interleaved prints still hold every byte of both lines (T39), and a seed fixes them', async () => {
  const rounds = await interleave(1);
  const letters = (text: string) => [...text.replace(/[\r>]/g, '')].sort().join('');
  for (const output of rounds) assert.equal(letters(output), letters(TYPED + EVENT));
  const interleaved = rounds.filter((output) => !output.includes(EVENT) || !output.includes(TYPED));
  assert.ok(interleaved.length > 2, `${interleaved.length} of 20`);
  assert.deepEqual(await interleave(1), rounds);
  assert.notDeepEqual(await interleave(2), rounds);
});
