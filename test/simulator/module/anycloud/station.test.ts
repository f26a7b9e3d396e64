import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Rig } from './rig.ts';

const UP = '\r+WSTALU:"02:AA:BB:CC:DD:01",6\r\n>';
const ADDRESS = '\r+WSTAAIP:"192.168.1.50"\r\n>';
const FAILED = '\r\r+WSTA:ERROR:24,"STA Connection Failed"\r\n>';
const BLOCKED = 'ERROR:6,"Configuration Update Blocked"\r\n>';
const COUNT = 'ERROR:5,"Incorrect Number of Parameters"\r\n>';
const INVALID = 'ERROR:4,"Invalid Parameter"\r\n>';

async function configured(...entries: string[]): Promise<Rig> {
  const rig = new Rig();
  await rig.boot();
  for (const entry of entries) await rig.expect(`AT+WSTAC=${entry}`, 'OK\r\n>');
  return rig;
}

const network = ['1,"ssid"', '2,3', '3,"password"'];

test('from joining to leaving (G2)', async () => {
  const rig = await configured(...network, '4,255', '12,"pool.ntp.org"', '13,1');
  const joined = await rig.send('AT+WSTA=1\r\nAT+WSTA\r\n', 100);
  assert.ok(joined.startsWith('AT+WSTA=1\r\nOK\r\n>AT+WSTA\r\n+WSTA:1,"ssid",0,3\r\nOK\r\n>'), joined);
  const events = joined.slice(joined.indexOf(UP));
  assert.equal(events.replace(/[0-9]{10}/, '(time)'), `${UP}${ADDRESS}\r+TIME:2,(time)\r\n>`);
  await rig.expect('AT+WSTAC=1,"other"', BLOCKED);
  await rig.expect('AT+WSTA=1', 'ERROR:23,"STA Connection Not Permitted"\r\n>');
  await rig.expect('AT+WSTAC=3', '+WSTAC:3,"password"\r\nOK\r\n>');
  await rig.expect('AT+WSTAC=5', '+WSTAC:5,[02AABBCCDD01]\r\nOK\r\n>');
  assert.match(await rig.send('AT+TIME=3\r\n'), /\+TIME:3,"2026-11-22T22:38:3\d\.00Z"\r\nOK\r\n>$/);
  await rig.clock.advance(600_000);
  assert.match(rig.take(), /^\r\+TIME:3,"2026-11-22T22:48:3\d\.00Z"\r\n>$/);
  assert.equal(rig.module.control('dhcp-renew'), 'ok');
  await rig.clock.advance(10);
  assert.match(rig.take(), /^\r\+WSTAAIP:"192\.168\.1\.50"\r\n>\r\+TIME:3,"2026-11-22T22:48:3\d\.00Z"\r\n>$/);
  await rig.clock.advance(599_000);
  assert.equal(rig.take(), '');
  await rig.clock.advance(2_000);
  assert.match(rig.take(), /^\r\+TIME:3,[^>]*>$/);
  await rig.expect('AT+WSTA=0', 'OK\r\n>\r+WSTALD\r\n>');
  await rig.expect('AT+WSTA', '+WSTA:0\r\nOK\r\n>');
  await rig.expect('AT+WSTA=0', 'ERROR:21,"STA Disconnect Not Permitted"\r\n>');
  await rig.expect('AT+WSTAC=12', '+WSTAC:12,"pool.ntp.org"\r\nOK\r\n>');
  rig.module.close();
  assert.equal(rig.clock.pendingTimers, 0);
});

describe('joining that fails', () => {
  for (const [name, entries] of [
    ['an unknown network', ['1,"nowhere"']],
    ['a wrong passphrase', ['1,"ssid"', '2,3', '3,"wrong passphrase"']],
    ['a wrong channel', [...network, '4,11']],
    ['an open network with that name', ['1,"ssid"', '2,0']],
  ] as const) {
    test(`${name}: silence without a timeout, and everything is locked (G3, T45)`, async () => {
      const rig = await configured(...entries);
      await rig.expect('AT+WSTA=1', 'OK\r\n>', 60_000);
      assert.match(await rig.send('AT+WSTA\r\n'), /\+WSTA:1,"/);
      await rig.expect('AT+WSTAC=1,"x"', BLOCKED);
      await rig.expect('AT+WSTA=0', 'ERROR:21,"STA Disconnect Not Permitted"\r\n>');
      await rig.expect('AT+WSTA=1,3000', 'OK\r\n>', 2990);
      await rig.clock.advance(20);
      assert.equal(rig.take(), FAILED);
      await rig.expect('AT+WSTA', '+WSTA:0\r\nOK\r\n>');
      await rig.expect('AT+WSTAC=1,"x"', 'OK\r\n>');
      rig.module.close();
    });
  }

  test('the event follows the verbosity', async () => {
    const rig = await configured('1,"nowhere"');
    await rig.send('ATV3\r\n');
    await rig.expect('AT+WSTA=1,500', 'OK\r\n>\r\r+WSTA:ERROR:24\r\n>', 600);
    rig.module.close();
  });

  for (const entries of [
    [],
    ['1,"ssid"', '2,1'],
    ['1,"ssid"', '2,4', '3,"password"'],
    ['1,"ssid"', '2,3', '3,"short"'],
    ['1,"ssid"', '2,3', `3,"${'x'.repeat(64)}"`],
    ['1,"ssid"', '2,0', '4,14'],
  ]) {
    test(`refused at once: ${entries.join(' ')}`, async () => {
      const rig = await configured(...entries);
      await rig.expect('AT+WSTA=1', INVALID);
      await rig.expect('AT+WSTA', '+WSTA:0\r\nOK\r\n>');
      rig.module.close();
    });
  }
});

test('a second attempt while joining is refused and clears the state, and yet the link comes up (T46)', async () => {
  const rig = await configured(...network);
  rig.write('AT+WSTA=1\r\nAT+WSTA=1\r\nAT+WSTA\r\n');
  await rig.clock.advance(100);
  assert.match(rig.take(), /ERROR:8,"Wi-Fi Request Failed"\r\n>.*\+WSTA:0\r\n/s);
  await rig.expect('AT+WSTA', '+WSTA:0\r\nOK\r\n>');
  assert.equal(rig.module.state.ssid, 'ssid');
  rig.module.close();
});

test('a timeout is forgotten with every further AT+WSTA, and ends an attempt that has not led anywhere', async () => {
  for (const [command, reply] of [
    ['AT+WSTA=0', 'ERROR:21,"STA Disconnect Not Permitted"\r\n>'],
    ['AT+WSTA=9', INVALID],
  ] as const) {
    const rig = await configured('1,"nowhere"');
    await rig.expect('AT+WSTA=1,1000', 'OK\r\n>');
    await rig.expect(command, reply, 5_000);
    assert.match(await rig.send('AT+WSTA\r\n'), /\+WSTA:1,"nowhere",0,0/);
    rig.module.close();
  }
  const rig = await configured(...network);
  await rig.expect('AT+WSTA=1,0', `OK\r\n>${UP}${ADDRESS}`);
  rig.module.close();
});

test('AT+WSTA=0 takes effect at once, and may be repeated until the link is gone', async () => {
  const rig = await configured(...network);
  await rig.send('AT+WSTA=1\r\n');
  rig.write('AT+WSTA=0\r\nAT+WSTA\r\nAT+WSTAC=4,1\r\nAT+WSTA=0\r\nAT+WSTA=1\r\n');
  await rig.clock.advance(100);
  assert.equal(
    rig.take(),
    'AT+WSTA=0\r\nOK\r\n>AT+WSTA\r\n+WSTA:0\r\nOK\r\n>AT+WSTAC=4,1\r\nOK\r\n>AT+WSTA=0\r\nOK\r\n>' +
      'AT+WSTA=1\r\nERROR:23,"STA Connection Not Permitted"\r\n>\r+WSTALD\r\n>',
  );
  rig.module.close();
});

test('what a command says comes before the events of the same pass', async () => {
  const rig = new Rig({ pace: 'real' });
  await rig.boot();
  for (const entry of network) await rig.expect(`AT+WSTAC=${entry}`, 'OK\r\n>');
  await rig.expect('AT+WSTA=1', 'OK\r\n>', 550);
  assert.equal(await rig.send('AT\r\n', 200), `AT\r\nOK\r\n>${UP}`);
  rig.module.close();
});

test('after AT+RST nothing of the pass that ran it is printed any more', async () => {
  const rig = new Rig({ pace: 'real' });
  await rig.boot();
  for (const entry of network) await rig.expect(`AT+WSTAC=${entry}`, 'OK\r\n>');
  await rig.expect('AT+WSTA=1', 'OK\r\n>', 550);
  assert.equal(await rig.send('AT+RST\r\n', 1000), '\r\nOK\r\n>');
  rig.module.close();
});

test('parameters of AT+WSTA', async () => {
  const rig = await configured();
  await rig.expect('AT+WSTA=1,2,3', COUNT);
  await rig.expect('AT+WSTA=3', INVALID);
  await rig.expect('AT+WSTA="1"', INVALID);
  await rig.expect('AT+WSTA=1,"2"', INVALID);
  await rig.expect('AT+WSTA=2', 'ERROR:8,"Wi-Fi Request Failed"\r\n>');
  rig.module.close();
});

test('a fixed address: no DHCP event, and the live values are the configured ones', async () => {
  const rig = await configured(...network, '11,0', '6,"10.0.0.7"', '7,"255.0.0.0"', '8,"10.0.0.1"', '9,"10.0.0.2"');
  assert.equal(await rig.send('AT+WSTA=1\r\n'), `AT+WSTA=1\r\nOK\r\n>${UP}`);
  await rig.expect('AT+WSTAC=6', '+WSTAC:6,"10.0.0.7"\r\nOK\r\n>');
  await rig.expect('AT+WSTAC=9', '+WSTAC:9,"10.0.0.2"\r\nOK\r\n>');
  const { ssid, address, synchronised, mqtt, power } = rig.module.state;
  assert.deepEqual([ssid, address, synchronised, mqtt, power], ['ssid', '10.0.0.7', false, 'idle', 'on']);
  rig.module.close();
});

test('the last connection can be joined again (AT+WSTA=2), and repeated attempts multiply the DHCP event (T47)', async () => {
  const rig = await configured(...network);
  rig.module.control('wifi-mode fail');
  await rig.expect('AT+WSTA=1', 'OK\r\n>');
  rig.module.control('wifi-mode ok');
  await rig.expect('AT+WSTA=1', `OK\r\n>${UP}${ADDRESS}${ADDRESS}`);
  rig.module.control('wifi-drop');
  await rig.clock.advance(1000);
  assert.equal(rig.take(), '\r+WSTALD\r\n>');
  // Only the handler of the last attempt is gone with the link.
  await rig.expect('AT+WSTA=2', `OK\r\n>${UP}${ADDRESS}${ADDRESS}`);
  assert.match(await rig.send('AT+WSTA\r\n'), /\+WSTA:2,"ssid",0,3/);
  rig.module.close();
});

test('scanning shows one network a pass, and says nothing when there is none (AT protocol 7.7)', async () => {
  const rig = new Rig({
    accessPoints: [
      { ssid: 'a', passphrase: '', security: 'open', bssid: '02:00:00:00:00:01', channel: 1, rssi: -40 },
      { ssid: 'b\xe9', passphrase: 'password', security: 'wpa2', bssid: '02:00:00:00:00:02', channel: 6, rssi: -60 },
    ],
  });
  await rig.boot();
  const first = '\r+WSCNIND:-40,0,1,"02:00:00:00:00:01","a"\r\n>';
  const second = '\r+WSCNIND:-60,3,6,"02:00:00:00:00:02",[62C3A9]\r\n>';
  const done = '\r+WSCNDONE\r\n>';
  await rig.expect('AT+WSCNA=255', `OK\r\n>${first}${second}${done}`);
  await rig.expect('AT+WSCNP=1', `OK\r\n>${first}${done}`);
  await rig.expect('AT+WSCNA=255,""', `OK\r\n>${first}${second}${done}`);
  // With a name the list ends, and without an end, where a network has another one.
  await rig.expect('AT+WSCNA=255,"a"', `OK\r\n>${first}`);
  await rig.expect('AT+WSCNA=255,[62C3A9]', 'OK\r\n>');
  await rig.expect('AT+WSCNA=6,[62C3A9]', `OK\r\n>${second}${done}`);
  await rig.expect('AT+WSCNA=11', 'OK\r\n>', 60_000);
  await rig.expect('AT+WSCNA', COUNT);
  await rig.expect('AT+WSCNA="1"', INVALID);
  rig.module.close();
});

test('names and pings (AT protocol 7.8, 7.9)', async () => {
  const rig = await configured(...network);
  await rig.expect('AT+DNSRESOLV=1,"a"', 'ERROR:9,"STA Not Connected"\r\n>');
  await rig.send('AT+WSTA=1\r\n');
  await rig.expect('AT+DNSRESOLV=2,"a"', 'ERROR:41,"DNS Type Not Supported"\r\n>');
  await rig.expect(`AT+DNSRESOLV=1,"${'a'.repeat(64)}"`, INVALID);
  await rig.expect('AT+DNSRESOLV=1,"10.0.0.1"', '+DNSRESOLV:0,"10.0.0.1","10.0.0.1"\r\nOK\r\n>');
  await rig.expect('AT+DNSRESOLV=1,"a"', 'OK\r\n>\r\r+DNSRESOLV:ERROR:42,"DNS Query Timeout"\r\n>', 5100);
  await rig.expect('AT+DNSRESOLV=1', COUNT);
  await rig.expect('AT+PING="10.0.0.1"', 'ERROR:43,"Ping Failed"\r\n>');
  await rig.expect('AT+PING="10.0.0.1",1', COUNT);
  rig.module.close();
});

describe('the clock (AT protocol 7.6)', () => {
  test('starts with the uptime, and can be set, for good', async () => {
    const rig = new Rig();
    rig.module.powerOn();
    await rig.clock.advance(500);
    assert.equal(await rig.send('AT+TIME=1\r\n', 10), '\r\nOK\r\n>AT+TIME=1\r\nERROR:46,"Time Error"\r\n>');
    await rig.clock.advance(7_600);
    await rig.expect('AT+TIME=3', '+TIME:3,"1970-01-01T00:00:08.00Z"\r\nOK\r\n>');
    await rig.expect('AT+TIME=2', '+TIME:2,2208988808\r\nOK\r\n>');
    await rig.expect('AT+TIME=3,"2026-11-23T12:00:00.00Z"', 'OK\r\n>');
    await rig.expect('AT+TIME=3', '+TIME:3,"2026-11-23T12:00:00.00Z"\r\nOK\r\n>');
    await rig.expect('AT+TIME=1,1700000000', 'OK\r\n>');
    await rig.expect('AT+TIME=1', '+TIME:1,1700000000\r\nOK\r\n>');
    await rig.expect('AT+TIME=2,4004375916', 'OK\r\n>');
    await rig.expect('AT+TIME=1', '+TIME:1,1795387116\r\nOK\r\n>', 700_000);
    await rig.expect('AT+TIME=1', '+TIME:1,1795387816\r\nOK\r\n>');
    rig.module.close();
  });

  test('without SNTP for 660 s it counts on from power-up, or from what a command has set (T50)', async () => {
    for (const [command, reply] of [
      ['AT', /\+TIME:1,6\d\d\r\n/],
      ['AT+TIME=1,1000000', /\+TIME:1,1000\d\d\d\r\n/],
    ] as const) {
      const rig = await configured(...network, '12,"pool.ntp.org"', '13,1');
      await rig.expect(command, 'OK\r\n>');
      await rig.send('AT+WSTA=1\r\n');
      rig.module.control('sntp off');
      await rig.clock.advance(659_000);
      assert.match(await rig.send('AT+TIME=1\r\n'), /\+TIME:1,17953\d{5}\r\n/);
      await rig.clock.advance(1_000);
      assert.match(await rig.send('AT+TIME=1\r\n'), reply);
      rig.module.close();
    }
  });

  test('a format that could not be answered is not that of the events', async () => {
    const rig = new Rig();
    rig.module.powerOn();
    assert.match(await rig.send('AT+TIME=1\r\n', 10), /ERROR:46/);
    await rig.clock.advance(1_000);
    await rig.join();
    await rig.clock.advance(600_000);
    assert.match(rig.take(), /\r\+TIME:2,/);
    rig.module.close();
  });

  test('follows the computer only when SNTP answers, and then its wall clock', async () => {
    const rig = await configured(...network, '12,"pool.ntp.org"', '13,1');
    await rig.send('AT+WSTA=1\r\n');
    const before = Number(/\+TIME:1,(\d+)/.exec(await rig.send('AT+TIME=1\r\n'))?.[1]);
    rig.clock.stepWall(7 * 86_400_000);
    const stepped = Number(/\+TIME:1,(\d+)/.exec(await rig.send('AT+TIME=1\r\n'))?.[1]);
    assert.ok(stepped - before <= 1, `${stepped - before} s`);
    await rig.clock.advance(600_000);
    const after = Number(/\+TIME:1,(\d+)/.exec(rig.take())?.[1]);
    assert.ok(after - before > 7 * 86_400, `${after - before} s`);
    rig.module.close();
  });

  test('refuses what makes no sense', async () => {
    const rig = await configured();
    for (const [command, reply] of [
      ['AT+TIME', COUNT],
      ['AT+TIME=4', INVALID],
      ['AT+TIME=0', INVALID],
      ['AT+TIME="1"', INVALID],
      ['AT+TIME=1,2,3', COUNT],
      ['AT+TIME=1,"2"', INVALID],
      ['AT+TIME=3,2', INVALID],
      ['AT+TIME=2,2208988800', 'ERROR:46,"Time Error"\r\n>'],
      ['AT+TIME=3,"2026-11-23T12:00:00Z"', 'ERROR:46,"Time Error"\r\n>'],
      ['AT+TIME=3,"2026/11/23T12:00:00.00Z"', 'ERROR:46,"Time Error"\r\n>'],
    ] as const) {
      await rig.expect(command, reply);
    }
    rig.module.close();
  });

  test('without a fixed NTP server, or without an answer, there is no time', async () => {
    const rig = await configured(...network, '12,"pool.ntp.org"');
    assert.equal(await rig.send('AT+WSTA=1\r\n', 60_000), `AT+WSTA=1\r\nOK\r\n>${UP}${ADDRESS}`);
    rig.module.control('wifi-drop');
    await rig.send('AT+WSTAC=13,1\r\n');
    rig.module.control('sntp off');
    assert.equal(await rig.send('AT+WSTA=1\r\n', 60_000), `AT+WSTA=1\r\nOK\r\n>${UP}${ADDRESS}`);
    rig.module.control('sntp on');
    await rig.clock.advance(14_000);
    assert.match(rig.take(), /^\r\+TIME:2,/);
    rig.module.close();
  });
});
