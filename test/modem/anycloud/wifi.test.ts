import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { JoinResult, Network } from '../../../src/modem/modem.ts';
import { settle } from '../../helpers/virtual-clock.ts';
import { event, type Scripted, scripted } from './scripted.ts';

const NETWORK: Network = { ssid: 'Workshop "2"', passphrase: 'correct horse', security: 'wpa2' };
const NTP = 'pool.ntp.org';
const LINK = event('+WSTALU:"42:2C:62:CC:C0:0B",6');
const ADDRESS = event('+WSTAAIP:"192.168.1.50"');
const LOST = event('+WSTALD');
const JOIN = 'AT+WSTA=1,20000';
const ADDRESS_IN_USE = '+WSTAC:6,"192.168.1.50"\r\nOK';
const NO_ADDRESS = '+WSTAC:6,"0.0.0.0"\r\nOK';

function configuration({ wire }: Scripted): void {
  wire
    .command('AT+WSTAC=1,"Workshop \\"2\\""')
    .command('AT+WSTAC=2,3')
    .command('AT+WSTAC=3,"correct horse"')
    .command('AT+WSTAC=4,255')
    .command('AT+WSTAC=12,"pool.ntp.org"')
    .command('AT+WSTAC=13,1');
}

function join(s: Scripted): Promise<[JoinResult, number]> {
  return s.run((modem) => modem.wifi.join(s.signal));
}

test('network and time server are set in order, and no passphrase of an open network', async () => {
  const s = await scripted();
  configuration(s);
  await s.run((modem) => modem.wifi.configure(NETWORK, NTP, s.signal));
  for (const [security, number] of [
    ['open', 0],
    ['wpa', 2],
  ] as const) {
    s.wire.command('AT+WSTAC=1,[436166C3A9]').command(`AT+WSTAC=2,${number}`);
    if (security !== 'open') s.wire.command('AT+WSTAC=3,"12345678"');
    s.wire.command('AT+WSTAC=4,255').command('AT+WSTAC=12,"10.0.0.1"').command('AT+WSTAC=13,1');
    const network: Network = { ssid: 'Café', passphrase: '12345678', security };
    await s.run((modem) => modem.wifi.configure(network, '10.0.0.1', s.signal));
  }
});

test('a network with WPA3 is refused before anything is sent', async () => {
  const s = await scripted();
  await assert.rejects(s.modem.wifi.configure({ ...NETWORK, security: 'wpa3' }, NTP, s.signal), {
    code: 'E_CONFIG',
    message: /AnyCloud.*WPA3/,
    hint: /choose WPA2/,
  });
  s.wire.done();
});

test('joined is what has a link and an address, in whatever order they are told', async () => {
  for (const events of [
    [LINK, ADDRESS],
    [ADDRESS, LINK],
  ] as const) {
    const s = await scripted();
    s.wire.command(JOIN, 'OK', [1_000, events[0]], [1_700, events[1]]);
    assert.deepEqual(await join(s), [{ joined: true, ip: '192.168.1.50' }, 1_700]);
  }
});

test('what is in the way of joining is said', async () => {
  const table: [name: string, script: (s: Scripted) => void, reason: RegExp, ms: number][] = [
    [
      'no such network',
      ({ wire }) => wire.command(JOIN, 'OK', [20_100, '\r\r+WSTA:ERROR:24,"STA Connection Failed"\r\n>']),
      /not found, or it refused/,
      20_100,
    ],
    ['let go', ({ wire }) => wire.command(JOIN, 'OK', [900, LINK], [950, LOST]), /let the module go/, 950],
    [
      'no DHCP server',
      ({ wire }) =>
        wire
          .command(JOIN, 'OK', [1_000, LINK])
          .command('AT+WSTAC=11', '+WSTAC:11,1\r\nOK')
          .command('AT+TIME=1', '+TIME:1,40\r\nOK')
          .command('AT+WSTAC=6', NO_ADDRESS),
      /reported an address.*DHCP/,
      21_000,
    ],
    [
      'nothing is told',
      ({ wire }) => wire.command(JOIN).command('AT+TIME=1', '+TIME:1,40\r\nOK').command('AT+WSTAC=6', NO_ADDRESS),
      /has not reported an address/,
      25_000,
    ],
  ];
  for (const [name, script, reason, ms] of table) {
    const s = await scripted();
    script(s);
    const [result, took] = await join(s);
    assert.equal(result.joined, false, name);
    assert.match(result.joined ? '' : result.reason, reason);
    assert.equal(took, ms, name);
  }
});

test('a refused join is an error', async () => {
  const s = await scripted();
  s.wire.command(JOIN, 'ERROR:4,"Invalid Parameter"');
  await assert.rejects(s.clock.until(s.modem.wifi.join(s.signal)), { code: 'E_MODULE_REFUSED' });
});

test('an address that comes late is waited for, and one whose event was lost is read', async () => {
  const late = await scripted();
  late.wire.command(JOIN, 'OK', [1_000, LINK], [20_999, ADDRESS]);
  late.wire.command('AT+WSTAC=11', '+WSTAC:11,1\r\nOK');
  assert.deepEqual(await join(late), [{ joined: true, ip: '192.168.1.50' }, 20_999]);
  const lost = await scripted();
  lost.wire.command(JOIN, 'OK', [1_000, LINK]).command('AT+WSTAC=11', '+WSTAC:11,1\r\nOK');
  lost.wire.command('AT+TIME=1', '+TIME:1,1800000000\r\nOK').command('AT+WSTAC=6', ADDRESS_IN_USE);
  assert.deepEqual(await join(lost), [{ joined: true, ip: '192.168.1.50' }, 21_000]);
});

test('a static address that somebody has set is used, and asked for at once the next time', async () => {
  const s = await scripted();
  s.wire
    .command(JOIN, 'OK', [1_000, LINK])
    .command('AT+WSTAC=11', '+WSTAC:11,0\r\nOK')
    .command('AT+WSTAC=6', ADDRESS_IN_USE);
  assert.deepEqual(await join(s), [{ joined: true, ip: '192.168.1.50' }, 6_000]);
  s.wire
    .command(JOIN, 'OK', [1_000, LINK])
    .command('AT+WSTAC=11', '+WSTAC:11,0\r\nOK')
    .command('AT+WSTAC=6', ADDRESS_IN_USE);
  assert.deepEqual(await join(s), [{ joined: true, ip: '192.168.1.50' }, 1_000]);
  // After a restart it has forgotten its address.
  s.wire.print('\r\nOK\r\n>');
  await settle();
  s.wire.command(JOIN, 'OK', [1_000, LINK], [1_500, ADDRESS]);
  assert.deepEqual(await join(s), [{ joined: true, ip: '192.168.1.50' }, 1_500]);
});

test('DHCP that was left off is switched on, where no address is set', async () => {
  const s = await scripted();
  const off = '+WSTAC:11,0\r\nOK';
  s.wire.command(JOIN, 'OK', [1_000, LINK]).command('AT+WSTAC=11', off).command('AT+WSTAC=6', NO_ADDRESS);
  s.wire.command('AT+WSTA=0', 'OK', [50, LOST]).command('AT+WSTAC=11,1');
  s.wire.command(JOIN, 'OK', [1_000, LINK], [1_500, ADDRESS]);
  assert.deepEqual(await join(s), [{ joined: true, ip: '192.168.1.50' }, 7_550]);
  const stays = await scripted();
  for (let n = 0; n < 2; n++) {
    stays.wire.command(JOIN, 'OK', [1_000, LINK]).command('AT+WSTAC=11', off).command('AT+WSTAC=6', NO_ADDRESS);
    if (n === 0) stays.wire.command('AT+WSTA=0', 'OK', [50, LOST]).command('AT+WSTAC=11,1');
  }
  assert.match(JSON.stringify(await join(stays)), /does not ask the network for an address/);
  const stuck = await scripted();
  stuck.wire.command(JOIN, 'OK', [1_000, LINK]).command('AT+WSTAC=11', off).command('AT+WSTAC=6', NO_ADDRESS);
  stuck.wire.command('AT+WSTA=0', 'ERROR:21,"STA Disconnect Not Permitted"');
  assert.match(JSON.stringify(await join(stuck)), /would not leave/);
});

test('a module that restarts while it joins is noticed', async () => {
  const s = await scripted();
  s.wire.command(JOIN).command('AT+TIME=1', '+TIME:1,12\r\nOK');
  await assert.rejects(s.clock.until(s.modem.wifi.join(s.signal)), { code: 'E_MODULE_RESET' });
  s.wire.done();
  assert.deepEqual(s.events, [{ type: 'restarted' }]);
});

test('a network is left when the link is down', async () => {
  const s = await scripted();
  s.wire.command('AT+WSTA=0', 'OK', [120, LOST]);
  assert.deepEqual(await s.run((modem) => modem.wifi.leave(s.signal)), [true, 120]);
  assert.deepEqual(s.events, [{ type: 'link-down' }]);
  s.wire.command('AT+WSTA=0', 'ERROR:21,"STA Disconnect Not Permitted"');
  assert.deepEqual(await s.run((modem) => modem.wifi.leave(s.signal)), [false, 0]);
  s.wire.command('AT+WSTA=0').command('AT+WSTA', '+WSTA:1,"x",0,3\r\nOK');
  assert.deepEqual(await s.run((modem) => modem.wifi.leave(s.signal)), [false, 5_000]);
  s.wire.command('AT+WSTA=0').command('AT+WSTA', '+WSTA:0\r\nOK');
  assert.deepEqual(await s.run((modem) => modem.wifi.leave(s.signal)), [true, 5_000]);
});

test('a module that was found in the network is taken as it is only when its time will come', async () => {
  const own = '+WSTA:1,"Workshop "2"",0,3\r\nOK';
  const table: [
    name: string,
    answer: string,
    settings: [number, string][],
    state: { active: boolean; own: boolean },
  ][] = [
    ['idle', '+WSTA:0\r\nOK', [], { active: false, own: false }],
    ['elsewhere', '+WSTA:1,"Workshop 3",0,3\r\nOK', [], { active: true, own: false }],
    ['joining elsewhere', '+WSTA:2,"",0,3\r\nOK', [], { active: true, own: false }],
    [
      'there',
      own,
      [
        [13, '1'],
        [14, '1'],
        [12, '"162.159.200.1"'],
      ],
      { active: true, own: true },
    ],
    ['its server unused', own, [[13, '0']], { active: true, own: false }],
    [
      'its client off',
      own,
      [
        [13, '1'],
        [14, '0'],
      ],
      { active: true, own: false },
    ],
    [
      'without a server',
      own,
      [
        [13, '1'],
        [14, '1'],
        [12, '[]'],
      ],
      { active: true, own: false },
    ],
    [
      'its server not found',
      own,
      [
        [13, '1'],
        [14, '1'],
        [12, '"0.0.0.0"'],
      ],
      { active: true, own: false },
    ],
  ];
  for (const [name, answer, settings, state] of table) {
    const s = await scripted();
    s.wire.command('AT+WSTA', answer);
    for (const [id, value] of settings) s.wire.command(`AT+WSTAC=${id}`, `+WSTAC:${id},${value}\r\nOK`);
    const [found] = await s.run((modem) => modem.wifi.state(NETWORK, NTP, s.signal));
    assert.deepEqual(found, state, name);
  }
});

test('a state that cannot be understood is asked about, and refused', async () => {
  const s = await scripted();
  s.wire.command('AT+WSTA', '+WSTA:1,"Worksh\r\nOK').command('AT+GMM', '+GMM="PIC32MZW1"\r\nOK');
  await assert.rejects(s.clock.until(s.modem.wifi.state(NETWORK, NTP, s.signal)), { code: 'E_MODULE_REFUSED' });
  s.wire.done();
});

test('the network is recognized in whatever form its name is printed', async () => {
  for (const [ssid, printed] of [
    ['Café', '[436166C3A9]'],
    ['a\tb', '"a\\tb"'],
    ['a"b\\c', '"a"b\\c"'],
  ] as const) {
    const s = await scripted();
    s.wire.command('AT+WSTA', `+WSTA:1,${printed},0,3\r\nOK`);
    for (const [id, value] of [
      [13, '1'],
      [14, '1'],
      [12, '"1.2.3.4"'],
    ] as const) {
      s.wire.command(`AT+WSTAC=${id}`, `+WSTAC:${id},${value}\r\nOK`);
    }
    const [found] = await s.run((modem) => modem.wifi.state({ ...NETWORK, ssid }, NTP, s.signal));
    assert.equal(found.own, true, ssid);
  }
});

test('a module that has forgotten its network has restarted', async () => {
  const s = await scripted();
  configuration(s);
  await s.run((modem) => modem.wifi.configure(NETWORK, NTP, s.signal));
  s.wire.command('AT+WSTA', '+WSTA:0\r\nOK').command('AT+WSTAC=1', '+WSTAC:1,"Workshop "2""\r\nOK');
  await s.run((modem) => modem.wifi.state(NETWORK, NTP, s.signal));
  assert.deepEqual(s.events, []);
  s.wire.command('AT+WSTA', '+WSTA:0\r\nOK').command('AT+WSTAC=1', '+WSTAC:1,[]\r\nOK');
  await s.run((modem) => modem.wifi.state(NETWORK, NTP, s.signal));
  assert.deepEqual(s.events, [{ type: 'restarted' }]);
  // It is known now, so it is not asked again.
  s.wire.command('AT+WSTA', '+WSTA:0\r\nOK');
  await s.run((modem) => modem.wifi.state(NETWORK, NTP, s.signal));
});

test('the address is null where there is none', async () => {
  for (const [answer, ip] of [
    [ADDRESS_IN_USE, '192.168.1.50'],
    [NO_ADDRESS, null],
    ['+WSTAC:6,[]\r\nOK', null],
  ] as const) {
    const s = await scripted();
    s.wire.command('AT+WSTAC=6', answer);
    assert.deepEqual(await s.run((modem) => modem.wifi.address(s.signal)), [ip, 0]);
  }
});
