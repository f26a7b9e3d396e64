import assert from 'node:assert/strict';
import { test } from 'node:test';
import { event, type Scripted, scripted } from './scripted.ts';

const NETWORK = { ssid: 'DEMO_AP', security: 'wpa2', passphrase: 'password' } as const;
const NTP = 'pool.ntp.org';
const UP = event('+WSTALU:1,"12:EC:81:FF:DC:77",11');
const V6 = event('+WSTAAIP:1,"FE80::DA47:8FFF:FE68:FAA3"');
const V4 = event('+WSTAAIP:1,"192.168.227.179"');
const CONFIGURATION = [
  `AT+SNTPC=3,"${NTP}"`,
  'AT+SNTPC=2,1',
  'AT+SNTPC=1,1',
  'AT+WSTAC=1,"DEMO_AP"',
  'AT+WSTAC=2,3',
  'AT+WSTAC=3,"password"',
  'AT+WSTAC=4,0',
];
const JOINED = { joined: true, ip: '192.168.227.179' };

async function configured(): Promise<Scripted> {
  const s = await scripted();
  s.accepts(...CONFIGURATION);
  await s.run((modem) => modem.wifi.configure(NETWORK, NTP, s.signal));
  return s;
}

test('the commands are those of the printed session (RNWF 12)', async () => {
  const s = await configured();
  s.wire.command('AT+WSTA=1', 'OK', [3_000, UP], [3_500, V6], [5_000, V4], [6_000, event('+TIME:3909622842')]);
  const [result, ms] = await s.run((modem) => modem.wifi.join(s.signal));
  // Not the address of IPv6, which comes first.
  assert.deepEqual([result, ms], [JOINED, 5_000]);
  await s.clock.advance(1_000);
  assert.deepEqual(
    s.events.map(({ type }) => type),
    ['link-up', 'address', 'time'],
  );
  assert.equal(s.modem.lastTime, 1_700_634_042);
});

test('names, passphrases and securities go out so that the module decodes them to the same', async () => {
  const s = await scripted();
  s.accepts(...CONFIGURATION.slice(0, 3), 'AT+WSTAC=1,[43616665CC81]', 'AT+WSTAC=2,2', 'AT+WSTAC=3,"a\\"b\\\\c"');
  s.accepts('AT+WSTAC=4,0');
  await s.run((modem) =>
    modem.wifi.configure({ ssid: 'Cafe\u0301', security: 'wpa', passphrase: 'a"b\\c' }, NTP, s.signal),
  );
  s.accepts(...CONFIGURATION.slice(0, 4), 'AT+WSTAC=2,5', ...CONFIGURATION.slice(5));
  await s.run((modem) => modem.wifi.configure({ ...NETWORK, security: 'wpa3' }, NTP, s.signal));
  s.accepts(...CONFIGURATION.slice(0, 4), 'AT+WSTAC=2,0', 'AT+WSTAC=4,0');
  await s.run((modem) => modem.wifi.configure({ ...NETWORK, security: 'open' }, NTP, s.signal));
});

test('what is in use is left alone where it is right, and the network left where it is not', async () => {
  const s = await scripted();
  s.wire.command(CONFIGURATION[0] ?? '', 'ERROR:0.6,"Update Blocked"');
  s.wire.command('AT+SNTPC=3', `+SNTPC:3,"${NTP}"\r\nOK`);
  s.accepts(...CONFIGURATION.slice(1, 3));
  s.wire.command('AT+WSTAC=1,"DEMO_AP"', 'ERROR:0.7,"Access Failed"').command('AT+WSTAC=1', '+WSTAC:1,"Other"\r\nOK');
  s.wire.command('AT+WSTA=0', 'OK', [10, event('+WSTALD:1')]);
  s.accepts(...CONFIGURATION);
  await s.run((modem) => modem.wifi.configure(NETWORK, NTP, s.signal));
});

test('a join that fails says so', async () => {
  for (const line of ['+WSTAERR:20.3,"STA Connection Failed"', '+WSTA:ERROR:20.3,"STA Connection Failed"']) {
    const s = await configured();
    s.wire.command('AT+WSTA=1', 'OK', [4_000, event(line)]);
    const [result, ms] = await s.run((modem) => modem.wifi.join(s.signal));
    assert.deepEqual([result.joined, ms], [false, 4_000], line);
  }
  const s = await configured();
  s.wire.command('AT+WSTA=1', 'OK', [100, UP], [900, event('+WSTALD:1')]);
  assert.deepEqual(await s.run((modem) => modem.wifi.join(s.signal)), [
    { joined: false, reason: 'the network let the module go again' },
    900,
  ]);
});

test('an address whose line was lost is asked for, whatever the form of the answer', async () => {
  for (const answer of ['+NETIFC:0,40,"192.168.227.179/24"', '+NETIFC:40.1,"192.168.227.179"']) {
    const s = await configured();
    s.wire.command('AT+WSTA=1', 'OK', [100, UP], [200, V6]);
    s.wire.command('AT+NETIFC=0,10', '+NETIFC:0,10,1\r\nOK');
    s.wire.command('AT+WSTAC=1', '+WSTAC:1,"DEMO_AP"\r\nOK');
    s.wire.command('AT+NETIFC=0,40', `+NETIFC:0,40.0,"FE80::1/64"\r\n${answer}\r\nOK`);
    assert.deepEqual(await s.run((modem) => modem.wifi.join(s.signal)), [JOINED, 20_100], answer);
  }
});

test('a join that is not heard of ends, and a restart in it is found', async () => {
  const silent = await configured();
  silent.wire.command('AT+WSTA=1').command('AT+WSTAC=1', '+WSTAC:1,"DEMO_AP"\r\nOK');
  silent.wire.command('AT+NETIFC=0,40', '+NETIFC:0,40,"0.0.0.0/0"\r\nOK');
  const [result, ms] = await silent.run((modem) => modem.wifi.join(silent.signal));
  assert.deepEqual([result.joined, ms], [false, 25_000]);
  const gone = await configured();
  gone.wire.command('AT+WSTA=1').command('AT+WSTAC=1', '+WSTAC:1,[]\r\nOK');
  await assert.rejects(gone.clock.until(gone.modem.wifi.join(gone.signal)), { failure: 'reset' });
  assert.deepEqual(gone.events, [{ type: 'restarted' }]);
});

test('DHCP that is off is switched on', async () => {
  const s = await configured();
  s.wire.command('AT+WSTA=1', 'OK', [100, UP]).command('AT+NETIFC=0,10', '+NETIFC:0,10,0\r\nOK');
  s.wire.command('AT+NETIFC=0,40', '+NETIFC:0,40,[]\r\nOK');
  s.wire.command('AT+WSTA=0', 'OK', [10, event('+WSTALD:1')]).command('AT+NETIFC=0,10,1');
  s.wire.command('AT+WSTA=1', 'OK', [100, UP], [1_000, V4]);
  assert.deepEqual((await s.run((modem) => modem.wifi.join(s.signal)))[0], JOINED);
});

test('leaving is over with its event, or when the module says so', async () => {
  const s = await configured();
  s.wire.command('AT+WSTA=0', 'OK', [30, event('+WSTALD')]);
  assert.deepEqual(await s.run((modem) => modem.wifi.leave(s.signal)), [true, 30]);
  s.wire.command('AT+WSTA=0').command('AT+WSTA', '+WSTA:0\r\nOK');
  assert.deepEqual(await s.run((modem) => modem.wifi.leave(s.signal)), [true, 2_000]);
  s.wire.command('AT+WSTA=0', 'ERROR:20.0,"Disconnect Not Permitted"').command('AT+WSTA', '+WSTA:1\r\nOK');
  assert.deepEqual(await s.run((modem) => modem.wifi.leave(s.signal)), [false, 0]);
});

test('what is joined already is known, in both forms of the answer', async () => {
  const cases: [answers: string[], state: { active: boolean; own: boolean }][] = [
    [['+WSTA:0'], { active: false, own: false }],
    [['+WSTA:1,0'], { active: false, own: false }],
    [['+WSTA:1', '+WSTAC:1,"Other"'], { active: true, own: false }],
    [['+WSTA:1,1', '+WSTAC:1,"DEMO_AP"', `+SNTPC:3,"${NTP}"`, '+SNTPC:1,1'], { active: true, own: true }],
    [['+WSTA:1', '+WSTAC:1,"DEMO_AP"', '+SNTPC:3,"other"', '+SNTPC:1,1'], { active: true, own: false }],
    [['+WSTA:1', '+WSTAC:1,"DEMO_AP"', `+SNTPC:3,"${NTP}"`, '+SNTPC:1,0'], { active: true, own: false }],
  ];
  const queries = ['AT+WSTA', 'AT+WSTAC=1', 'AT+SNTPC=3', 'AT+SNTPC=1'];
  for (const [answers, state] of cases) {
    const s = await scripted();
    for (const [index, answer] of answers.entries()) s.wire.command(queries[index] ?? '', `${answer}\r\nOK`);
    assert.deepEqual((await s.run((modem) => modem.wifi.state(NETWORK, NTP, s.signal)))[0], state, answers.join());
  }
});

test('a scan ends with its report, the strongest first, enterprise networks left out', async () => {
  const s = await scripted();
  const seen = [
    '+WSCNIND:-70,3,6,"12:EC:81:FF:DC:77","Workshop"',
    '+WSCNIND:-80,6,1,"12:EC:81:FF:DC:78","Office"',
    '+WSCNIND:-40,5,11,"12:EC:81:FF:DC:79","Home\\"s"',
    '+WSCNIND:-90,0,3,"12:EC:81:FF:DC:7A","\\0\\0\\0"',
    '+WSCNDONE:4',
  ];
  s.wire.command('AT+WSCN=1', 'OK', ...seen.map((line, index): [number, string] => [100 * index + 10, event(line)]));
  const [found, ms] = await s.run((modem) => modem.wifi.scan(s.signal));
  assert.deepEqual(
    found.map(({ ssid, rssi, security }) => [ssid, rssi, security]),
    [
      ['Home"s', -40, 'wpa3'],
      ['Workshop', -70, 'wpa2'],
      ['', -90, 'open'],
    ],
  );
  assert.equal(ms, 410);
});

test('a hidden network is called by its name, and the call taken back', async () => {
  const s = await scripted();
  s.wire.command('AT+WSCNC=10,"Hidden"').command('AT+WSCN=1', 'OK', [50, event('+WSCNDONE:0')]);
  s.wire.command('AT+WSCNC=10,""');
  assert.deepEqual((await s.run((modem) => modem.wifi.scan(s.signal, 'Hidden')))[0], []);
  s.wire
    .command('AT+WSCNC=10,"Hidden"', 'ERROR:0.4,"Invalid Parameter"')
    .command('AT+WSCN=1', 'OK', [9, event('+WSCNDONE')]);
  await s.run((modem) => modem.wifi.scan(s.signal, 'Hidden'));
});
