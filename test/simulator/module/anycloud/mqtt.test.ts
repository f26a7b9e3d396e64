import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { matchesFilter } from '../../../../src/simulator/module/anycloud/mqtt/subscriptions.ts';
import { Rig } from './rig.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const CONNECTED = '\r+MQTTCONNACK:0,0\r\n>\r+MQTTCONN:1\r\n>';
const DROPPED = '\r+MQTTCONN:0\r\n>';

/** A module with Wi-Fi, the time and the settings of the golden transcripts. */
async function joined(options: ConstructorParameters<typeof Rig>[0] = {}): Promise<Rig> {
  const rig = new Rig(options);
  await rig.boot();
  await rig.join();
  return rig;
}

async function connected(filter = 't/#', options: ConstructorParameters<typeof Rig>[0] = {}): Promise<Rig> {
  const rig = await joined(options);
  await rig.connectMqtt(filter);
  return rig;
}

/** What the module has sent since this was called last. */
function sentBy(rig: Rig): string {
  const sent = rig.broker.raw.toString('latin1');
  rig.broker.raw = Buffer.alloc(0);
  return sent;
}

test('the packets are those of the golden transcript, byte by byte (G4)', async () => {
  const rig = await joined();
  for (const entry of [
    '1,"global.azure-devices-provisioning.net"',
    '3,"sn0123FE0CF960432D01"',
    '4,"0ne00000000/registrations/sn0123FE0CF960432D01/api-version=2019-03-31"',
  ]) {
    await rig.expect(`AT+MQTTC=${entry}`, 'OK\r\n>');
  }
  await rig.expect('AT+MQTTCONN=1', `OK\r\n>${CONNECTED}`);
  const user = '0ne00000000/registrations/sn0123FE0CF960432D01/api-version=2019-03-31';
  assert.equal(sentBy(rig), `\x10i\x00\x04MQTT\x04\xc2\x00<\x00\x14sn0123FE0CF960432D01\x00E${user}\x00\x00`);
  await rig.expect('AT+MQTTSUB="$dps/registrations/res/#",0', 'OK\r\n>\r+MQTTSUB:0\r\n>');
  assert.equal(sentBy(rig), '\x82\x1d\x00\x02\x00\x18$dps/registrations/res/#\x00');
  const registration = '{"payload" : {"modelId" : "dtmi:com:Microchip:WBZ451_Curiosity;1"}}';
  await rig.expect(
    `AT+MQTTPUB=0,0,0,"$dps/registrations/PUT/iotdps-register/?rid=1","${registration.replaceAll('"', '\\"')}"`,
    'OK\r\n>',
  );
  assert.equal(sentBy(rig), `0r\x00-$dps/registrations/PUT/iotdps-register/?rid=1${registration}`);
  for (const [command, reply, packets] of [
    ['AT+MQTTPUB=0,1,0,"t","x"', 'OK\r\n>\r+MQTTPUBACC\r\n>', '2\x06\x00\x01t\x00\x03x'],
    ['AT+MQTTPUB=0,2,0,"t","x"', 'OK\r\n>\r+MQTTPUBACC\r\n>', '4\x06\x00\x01t\x00\x04xb\x02\x00\x04'],
    ['AT+MQTTPUB=0,0,0,"t",[c3a9000a]', 'OK\r\n>', '0\x07\x00\x01t\xc3\xa9\x00\n'],
    ['AT+MQTTPUB=0,0,1,"t",""', 'OK\r\n>', '1\x03\x00\x01t'],
    ['AT+MQTTUNSUB="nosuch"', 'Topic (nosuch) to Unsubscribe not in List\r\nOK\r\n>', ''],
    [
      'AT+MQTTUNSUB="$dps/registrations/res/#"',
      'OK\r\n>\r+MQTTUNSUB:1\r\n>',
      '\xa2\x1c\x00\x05\x00\x18$dps/registrations/res/#',
    ],
    ['AT+MQTTDISCONN', `OK\r\n>${DROPPED}`, '\xe0\x00'],
    ['AT+MQTTDISCONN', 'ERROR:47,"MQTT Error"\r\n>', ''],
  ] as const) {
    await rig.expect(command, reply);
    assert.equal(sentBy(rig), packets, command);
  }
  rig.module.close();
});

test('received messages are printed in the form that their bytes ask for, without prompts once echo is off', async () => {
  const rig = await connected('$dps/registrations/res/#');
  const topic = '$dps/registrations/res/200/x';
  for (const [payload, printed] of [
    ['{"a":1}\r\n', '9,"{\\"a\\":1}\\r\\n"'],
    ['a\nb"c\\', '6,"a\\nb\\"c\\\\"'],
    ['a"b\\n', '5,"a"b\\n"'],
    ['{"n":"\xc3\xa9"}', '10,[7B226E223A22C3A9227D]'],
    ['', '0,[]'],
    ['a>b', '3,"a>b"'],
    ['\x01ab', '3,[016162]'],
    ['a\x00b', '3,"a\\0b"'],
    ['a\x7fb', '3,[617F62]'],
    ['\t\x1b[0m', '5,"\\t\\e[0m"'],
    ['x",1,"y', '7,"x",1,"y"'],
  ] as const) {
    rig.broker.publish(topic, latin1(payload));
    await rig.clock.advance(10);
    assert.equal(rig.take(), `\r+MQTTPUB:28,"${topic}",${printed}\r\n>`);
  }
  await rig.send('ATE0\r\n');
  rig.broker.publish(topic, 'say "hi"');
  await rig.clock.advance(10);
  assert.equal(rig.take(), `\r+MQTTPUB:28,"${topic}",8,"say "hi""\r\n`);
  rig.module.close();
});

test('received messages with QoS are acknowledged, also when nobody has subscribed to them', async () => {
  const rig = await connected();
  sentBy(rig);
  rig.broker.send({ cmd: 'publish', topic: 't/a', payload: 'q1', qos: 1, messageId: 7, dup: false, retain: false });
  rig.broker.send({ cmd: 'publish', topic: 'else', payload: 'q1', qos: 1, messageId: 8, dup: false, retain: false });
  rig.broker.send({ cmd: 'publish', topic: 't/a', payload: 'q2', qos: 2, messageId: 9, dup: false, retain: false });
  rig.broker.send({ cmd: 'pubrel', messageId: 9 });
  await rig.clock.advance(10);
  assert.equal(rig.take(), '\r+MQTTPUB:3,"t/a",2,"q1"\r\n>\r+MQTTPUB:3,"t/a",2,"q2"\r\n>');
  assert.equal(sentBy(rig), '@\x02\x00\x07@\x02\x00\x08P\x02\x00\x09p\x02\x00\x09');
  rig.module.close();
});

test('overlapping filters report a message once for each, a repeated one only once (T14, T20)', async () => {
  const rig = await connected('t/#');
  await rig.expect('AT+MQTTSUB="t/+",0', 'OK\r\n>\r+MQTTSUB:0\r\n>');
  await rig.expect('AT+MQTTSUB="t/#",0', 'OK\r\n>\r+MQTTSUB:0\r\n>');
  rig.broker.publish('t/a', 'x');
  await rig.clock.advance(10);
  assert.equal(rig.take(), '\r+MQTTPUB:3,"t/a",1,"x"\r\n>'.repeat(2));
  await rig.expect('AT+MQTTSUB="4",0', 'OK\r\n>\r+MQTTSUB:0\r\n>');
  await rig.expect('AT+MQTTSUB="5",0', 'Failed: Max Topics already subscribed\r\nOK\r\n>');
  await rig.expect('AT+MQTTUNSUB="t/#"', 'OK\r\n>\r+MQTTUNSUB:1\r\n>');
  await rig.expect('AT+MQTTSUB="5",0', 'OK\r\n>\r+MQTTSUB:0\r\n>');
  rig.module.close();
});

test('a subscription that ends frees its slot at once, and reports until its UNSUBACK', async () => {
  const rig = await connected('t/#');
  rig.module.control('delay 1000');
  await rig.expect('AT+MQTTUNSUB="t/#"', 'OK\r\n>');
  rig.broker.write(latin1('0\x06\x00\x03t/ax'));
  await rig.clock.advance(10);
  assert.equal(rig.take(), '\r+MQTTPUB:3,"t/a",1,"x"\r\n>');
  await rig.clock.advance(1000);
  assert.equal(rig.take(), '\r+MQTTUNSUB:1\r\n>');
  await rig.expect('AT+MQTTUNSUB="t/#"', 'Topic (t/#) to Unsubscribe not in List\r\nOK\r\n>');
  rig.module.close();
});

test('a message that comes before its SUBACK is lost (T19)', async () => {
  const rig = await connected('other');
  assert.equal(rig.module.control('delay 1000'), 'ok');
  await rig.expect('AT+MQTTSUB="t/#",0', 'OK\r\n>');
  rig.broker.publish('t/a', 'early');
  await rig.clock.advance(1000);
  rig.broker.publish('t/a', 'late');
  await rig.clock.advance(10);
  assert.equal(rig.take(), '\r+MQTTSUB:0\r\n>\r+MQTTPUB:3,"t/a",4,"late"\r\n>');
  rig.module.close();
});

describe('what is missing for 5 s ends the connection, which comes back by itself (G8)', () => {
  const cases = [
    ['connack', 'AT+MQTTCONN=1', '\r+MQTTCONNACK:1,1\r\n>\r+MQTTCONN:0\r\n>'],
    ['suback', 'AT+MQTTSUB="a/#",1', '\r+MQTTSUB:1\r\n>'],
    ['unsuback', 'AT+MQTTUNSUB="t/#"', '\r+MQTTUNSUB:0\r\n>'],
    ['puback', 'AT+MQTTPUB=0,1,0,"t","x"', '\r+MQTTPUBERR\r\n>'],
    ['pubrec', 'AT+MQTTPUB=0,2,0,"t","x"', '\r+MQTTPUBERR\r\n>'],
    ['pubcomp', 'AT+MQTTPUB=0,2,0,"t","x"', '\r+MQTTPUBERR\r\n>'],
  ] as const;
  for (const [packet, command, event] of cases) {
    test(packet, async () => {
      const rig = await (packet === 'connack' ? joined() : connected());
      if (packet === 'connack') await rig.expect('AT+MQTTC=1,"b"', 'OK\r\n>');
      rig.module.control(`omit ${packet}`);
      assert.equal(await rig.send(`${command}\r\n`, 4990), `${command}\r\nOK\r\n>`);
      rig.module.control('omit none');
      await rig.clock.advance(600);
      assert.equal(rig.take(), `${event}${DROPPED}${CONNECTED}`);
      await rig.expect('AT+MQTTCONN', '+MQTTCONN:1\r\nOK\r\n>');
      rig.module.close();
      await rig.clock.advance(0);
      assert.equal(rig.clock.pendingTimers, 0);
    });
  }
});

test('while an acknowledgement is pending every other MQTT command is refused (T7)', async () => {
  const rig = await connected();
  rig.module.control('omit puback');
  await rig.expect('AT+MQTTPUB=0,1,0,"t","x"', 'OK\r\n>');
  for (const command of ['AT+MQTTPUB=0,0,0,"t","y"', 'AT+MQTTSUB="a",0', 'AT+MQTTUNSUB="t/#"', 'AT+MQTTDISCONN']) {
    await rig.expect(command, 'ERROR:47,"MQTT Error"\r\n>');
  }
  await rig.expect('AT+MQTTCONN', '+MQTTCONN:1\r\nOK\r\n>');
  rig.module.close();
});

test('a refused subscription looks like a granted one (T9)', async () => {
  const rig = await connected();
  rig.module.control('omit suback');
  await rig.expect('AT+MQTTSUB="a",0', 'OK\r\n>');
  rig.module.control('omit none');
  rig.broker.write(Buffer.from('9003000380', 'hex'));
  await rig.clock.advance(10);
  assert.equal(rig.take(), '\r+MQTTSUB:0\r\n>');
  rig.module.close();
});

test('an undefined QoS goes out malformed and counts as delivered at once (T21)', async () => {
  for (const [qos, packet, after] of [
    // A broker that knows MQTT closes the connection over the first one, and takes the packet id of the second for payload.
    [3, '6\x06\x00\x01t\x00\x01x', DROPPED],
    [4, '0\x06\x00\x01t\x00\x01x', ''],
    [256, '0\x04\x00\x01tx', undefined],
  ] as const) {
    const rig = await connected();
    sentBy(rig);
    const delivered = after === undefined ? '' : `\r+MQTTPUBACC\r\n>${after}`;
    await rig.expect(`AT+MQTTPUB=0,${qos},0,"t","x"`, `OK\r\n>${delivered}`, 2);
    assert.equal(sentBy(rig), packet);
    rig.module.close();
  }
});

test('a topic that fills its field runs on into the QoS and the retain flag (T13)', async () => {
  for (const [length, qos, retain, sent] of [
    [127, 1, 1, 't'.repeat(127)],
    [128, 0, 1, 't'.repeat(128)],
    [129, 1, 0, `${'t'.repeat(128)}\x01`],
    [128, 1, 3, `${'t'.repeat(128)}\x01\x03`],
  ] as const) {
    const rig = await connected();
    rig.broker.received.length = 0;
    await rig.send(`AT+MQTTPUB=0,${qos},${retain},"${'t'.repeat(length)}","x"\r\n`);
    const [packet] = rig.broker.received;
    assert.ok(packet?.cmd === 'publish');
    assert.deepEqual([packet.topic, packet.retain], [sent, (retain & 1) === 1]);
    rig.module.close();
  }
});

test('an empty client id is made up from the hardware address', async () => {
  const rig = await joined();
  await rig.expect('AT+MQTTC=1,"b"', 'OK\r\n>');
  await rig.expect('AT+MQTTC=3,""', 'ERROR:7,"Configuration Access Failed"\r\n>');
  await rig.expect('AT+MQTTCONN=1', `OK\r\n>${CONNECTED}`);
  assert.equal(sentBy(rig), '\x10\x17\x00\x04MQTT\x04\x02\x00<\x00\x0bMCHP_123456');
  rig.module.close();
});

describe('keep-alive (AT protocol 8.4)', () => {
  test('an idle connection is pinged once a minute, for a day, and nothing else happens', async () => {
    const rig = await connected();
    rig.broker.received.length = 0;
    rig.module.control('sntp off');
    await rig.clock.advance(24 * 3_600_000);
    const pings = rig.broker.received.filter(({ cmd }) => cmd === 'pingreq').length;
    assert.ok(pings >= 1439 && pings <= 1440, `${pings} pings`);
    assert.equal(rig.take().replaceAll('\r+WSTAAIP:"192.168.1.50"\r\n>', ''), '');
    rig.module.close();
  });

  test('a missing PINGRESP is noticed after two periods, and shows as in the golden transcript', async () => {
    const rig = await connected();
    rig.module.control('omit pingresp');
    await rig.clock.advance(118_000);
    assert.equal(rig.take(), '');
    rig.module.control('omit none');
    await rig.clock.advance(3_000);
    const [, sent, received] =
      /^PINGRESP Not Rcvd Last Sent = \((\d+)\); Last Rcvd = \((\d+)\)\r\nkeepalive failed; Disconnecting the session\r\n\r\+MQTTCONN:0\r\n>\r\+MQTTCONNACK/.exec(
        rig.take(),
      ) ?? [];
    assert.ok(Math.abs(Number(sent) - Number(received) - 60_000) < 100, `${sent} ${received}`);
    assert.ok(rig.broker.received.some(({ cmd }) => cmd === 'disconnect'));
    rig.module.close();
  });

  test('whoever receives never pings (T17)', async () => {
    const rig = await connected();
    rig.broker.received.length = 0;
    for (let message = 0; message < 10; message++) {
      await rig.clock.advance(30_000);
      rig.broker.publish('t/a', 'x');
    }
    assert.deepEqual(rig.broker.received, []);
    rig.module.close();
  });
});

describe('the receive path (AT protocol 8.3)', () => {
  test('1500 bytes in total are received, one more is not, and the stream survives (T18)', async () => {
    const rig = await connected();
    for (const [qos, size] of [
      [0, 1492],
      [1, 1490],
    ] as const) {
      rig.broker.publish('t/x', Buffer.alloc(size, 'w'), qos);
      await rig.clock.advance(100);
      assert.equal(rig.take(), `\r+MQTTPUB:3,"t/x",${size},"${'w'.repeat(size)}"\r\n>`);
    }
    rig.broker.publish('t/x', Buffer.alloc(1493, 'w'));
    await rig.clock.advance(100);
    assert.match(rig.take(), /^Buffer Overflow\r\n/);
    rig.broker.publish('t/x', 'after');
    await rig.clock.advance(100);
    assert.equal(rig.take(), '\r+MQTTPUB:3,"t/x",5,"after"\r\n>');
    rig.module.close();
  });

  test('what is taken for a packet that no client gets ends the connection', async () => {
    const rig = await connected();
    rig.broker.write(Buffer.of(0xc0, 0));
    await rig.clock.advance(600);
    assert.equal(rig.take(), `${DROPPED}${CONNECTED}`);
    rig.module.close();
  });

  for (const pace of ['real', 'instant'] as const) {
    test(`a packet in two pieces: ${pace}`, async () => {
      const rig = await connected('t/#', { pace });
      const packet = latin1('0\x08\x00\x03t/a123');
      rig.broker.write(packet.subarray(0, 6));
      await rig.clock.advance(pace === 'real' ? 60 : 20);
      rig.broker.write(packet.subarray(6));
      await rig.clock.advance(120);
      const lost = 'Received packet with length = 1; Expected 8\r\n';
      assert.match(rig.take(), pace === 'real' ? new RegExp(`^${lost}`) : /^\r\+MQTTPUB:3,"t\/a",3,"123"\r\n>$/);
      rig.module.close();
    });
  }

  test('at instant pace, too, the rest of a packet is not waited for longer than 50 ms', async () => {
    const rig = await connected();
    rig.broker.write(latin1('0\x08\x00\x03t/'));
    await rig.clock.advance(60);
    assert.equal(rig.take(), 'Received packet with length = 1; Expected 8\r\n');
    rig.module.close();
  });

  test('rubbish from the broker: never an exception, and the AT engine stays alive', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const rig = await connected();
        rig.broker.write(Buffer.from(bytes));
        await rig.clock.advance(200);
        rig.take();
        assert.match(await rig.send('AT\r\n'), /AT\r\nOK\r\n>/);
        rig.module.close();
      }),
      { numRuns: 25 },
    );
  });
});

test('topics match filters the way the firmware sees it', () => {
  const cases: Array<[string, string, boolean]> = [
    ['a/#', 'a/b/c', true],
    ['a/#', 'a', false],
    ['a/#', 'a/', false],
    ['a/#', 'a//b', false],
    ['#', '/x', false],
    ['#', '$SYS/x', true],
    ['a/+', 'a/', false],
    ['a/+', 'a/b', true],
    ['a/+', 'a/b/c', false],
    ['+/b', 'a/b', true],
    ['a/b', 'a/b', true],
    ['a/b', 'a/bc', false],
    ['$iothub/methods/POST/#', '$iothub/methods/POST/reboot/?$rid=1', true],
    ['$iothub/twin/res/#', '$iothub/twin/res/200/?$rid=1', true],
    ['$iothub/twin/PATCH/properties/desired/#', '$iothub/twin/PATCH/properties/desired/?$version=2', true],
  ];
  for (const [filter, topic, expected] of cases) {
    assert.equal(matchesFilter(Buffer.from(filter), Buffer.from(topic)), expected, `${filter} ${topic}`);
  }
});

describe('second connections (T1, T3)', () => {
  test('in the idle window of the reconnect loop one more is accepted, and the next one is the end', async () => {
    const rig = await joined();
    rig.dialFailure = () => 'ENOTFOUND';
    await rig.expect('AT+MQTTC=1,"b"', 'OK\r\n>');
    assert.match(await rig.send('AT+MQTTCONN=1\r\n', 100), /OK\r\n>\r\+MQTTCONN:0\r\n>$/);
    assert.match(await rig.send('AT+MQTTCONN=1\r\n', 100), /OK\r\n>\r\+MQTTCONN:0\r\n>$/);
    const dead = 'Failed to allocate Handle\r\nTCPIP Socket Open FAILED\r\nOK\r\n>';
    await rig.expect('AT+MQTTCONN=1', dead, 1000);
    await rig.expect('AT+MQTTCONN=1', 'Failed to allocate Handle\r\nOK\r\n>', 60_000);
    await rig.expect('AT+MQTTCONN', '+MQTTCONN:0\r\nOK\r\n>');
    rig.module.close();
  });

  test('after an orderly end it is accepted as often as one likes', async () => {
    const rig = await connected();
    for (let round = 0; round < 4; round++) {
      await rig.expect('AT+MQTTDISCONN', `OK\r\n>${DROPPED}`);
      await rig.expect('AT+MQTTCONN=1', `OK\r\n>${CONNECTED}`);
    }
    rig.module.close();
  });

  test('a client that is stuck no longer reads, and its broker sees silence', async () => {
    const rig = await connected();
    rig.broker.faults.silence = { clock: rig.clock, factor: 1.5 };
    await rig.expect('AT+MQTTCONN=1', 'Failed to allocate Handle\r\nOK\r\n>');
    rig.broker.publish('t/a', 'x');
    await rig.clock.advance(200_000);
    assert.equal(rig.take(), '');
    rig.module.close();
  });
});

test('what waits when the network is not there yet starts when it comes, and TLS waits for SNTP (T5, T51)', async () => {
  const rig = new Rig();
  await rig.boot();
  await rig.expect('AT+MQTTC=1,"b"', 'OK\r\n>');
  rig.module.control('sntp off');
  await rig.expect('AT+MQTTCONN=1', 'OK\r\n>');
  assert.doesNotMatch(await joinOnly(rig), /MQTT/);
  await rig.expect('AT+TIME=1,1795387110', 'OK\r\n>', 5_000);
  rig.module.control('sntp on');
  await rig.clock.advance(14_000);
  assert.match(rig.take(), /^\r\+TIME:2,[0-9]+\r\n>\r\+MQTTCONNACK:0,0\r\n>/);
  assert.equal(rig.dialled.length, 1);
  rig.module.close();
});

async function joinOnly(rig: Rig): Promise<string> {
  for (const entry of ['1,"ssid"', '2,3', '3,"password"', '12,"pool.ntp.org"', '13,1']) {
    await rig.send(`AT+WSTAC=${entry}\r\n`);
  }
  return rig.send('AT+WSTA=1\r\n', 1000);
}

test('what TLS is asked for: names, identity, roots and the clock of the module', async () => {
  const rig = await joined({ trusted: ['ROOT'] });
  await rig.connectMqtt();
  const request = rig.dialled[0]?.tls;
  assert.deepEqual(
    [request?.servername, request?.trusted, request?.alpn],
    ['test.azure-devices.net', ['ROOT'], ['x-amzn-mqtt-ca']],
  );
  assert.equal(request?.certificate.match(/BEGIN CERTIFICATE/g)?.length, 2);
  assert.ok(Math.abs((request?.now ?? 0) - rig.clock.monotonic()) < 2000);
  await rig.expect('AT+MQTTDISCONN', `OK\r\n>${DROPPED}`);
  await rig.expect('AT+MQTTC=1,"127.0.0.1"', 'OK\r\n>');
  await rig.expect('AT+MQTTC=2,65537', 'OK\r\n>');
  await rig.expect('AT+MQTTCONN=1', `OK\r\n>${CONNECTED}`);
  assert.equal(rig.dialled[1]?.tls?.servername, undefined);
  assert.equal(rig.dialled[1]?.port, 1);
  rig.module.close();
});

describe('connections that fail', () => {
  test('a TLS handshake that takes 30 s is given up', async () => {
    const rig = await joined({ dial: () => new Promise(() => undefined) });
    await rig.expect('AT+MQTTC=1,"b"', 'OK\r\n>');
    assert.equal(await rig.send('AT+MQTTCONN=1\r\n', 29_900), 'AT+MQTTCONN=1\r\nOK\r\n>');
    await rig.clock.advance(200);
    assert.equal(rig.take(), `SSL Connection Negotiation Failed - Timer Expired\r\n${DROPPED}`);
    rig.module.close();
  });

  test('with an expired root no TLS connection comes about (T4)', async () => {
    const rig = await joined({ expiredRoot: true });
    await rig.expect('AT+MQTTC=1,"b"', 'OK\r\n>');
    const failed = `SSL Connection Negotiation Failed - Aborting\r\n${DROPPED}`;
    assert.equal(await rig.send('AT+MQTTCONN=1\r\n', 600), `AT+MQTTCONN=1\r\nOK\r\n>${failed.repeat(3)}`);
    assert.equal(rig.dialled.length, 0);
    rig.module.close();
  });

  for (const [fault, printed] of [
    ['dns', DROPPED],
    ['refused', ''],
    ['unreachable', ''],
    ['tls', `SSL Connection Negotiation Failed - Aborting\r\n${DROPPED}`],
  ] as const) {
    test(`fault: ${fault}`, async () => {
      const rig = await joined();
      await rig.expect('AT+MQTTC=1,"b"', 'OK\r\n>');
      assert.equal(rig.module.control(`dial ${fault}`), 'ok');
      assert.equal(await rig.send('AT+MQTTCONN=1\r\n', 100), `AT+MQTTCONN=1\r\nOK\r\n>${printed}`);
      rig.module.control('dial ok');
      await rig.clock.advance(6_000);
      assert.equal(rig.take(), CONNECTED);
      rig.module.close();
    });
  }

  for (const code of ['ECONNREFUSED', 'EHOSTUNREACH', 'ETIMEDOUT', 'ENETUNREACH']) {
    test(`${code}: the SYN is repeated after 1, 2, 4, 8 and 16 s, then every 16 s, in silence`, async () => {
      const rig = await joined();
      rig.dialFailure = () => code;
      await rig.expect('AT+MQTTC=1,"b"', 'OK\r\n>');
      await rig.expect('AT+MQTTCONN=1', 'OK\r\n>', 1);
      const start = rig.clock.monotonic();
      const times: number[] = [];
      while (rig.clock.monotonic() - start < 64_000) {
        const before = rig.dialled.length;
        await rig.clock.advance(500);
        if (rig.dialled.length > before) times.push(Math.round((rig.clock.monotonic() - start) / 1000));
      }
      assert.deepEqual(times, [1, 3, 7, 15, 31, 47, 63]);
      assert.equal(rig.take(), '');
      rig.dialFailure = () => undefined;
      await rig.clock.advance(16_000);
      assert.equal(rig.take(), CONNECTED);
      rig.module.close();
    });
  }

  test('the end of Wi-Fi ends the repetitions, and its return begins others', async () => {
    const rig = await joined();
    rig.module.control('dial refused');
    await rig.expect('AT+MQTTC=1,"b"', 'OK\r\n>');
    await rig.expect('AT+MQTTCONN=1', 'OK\r\n>', 10_000);
    rig.module.control('wifi-drop');
    rig.module.control('dial ok');
    await rig.clock.advance(60_000);
    assert.equal(rig.take(), '\r+WSTALD\r\n>');
    assert.ok((await rig.send('AT+WSTA=1\r\n', 100)).includes(CONNECTED));
    rig.module.close();
  });

  for (const name of ['', 'n'.repeat(64)]) {
    test(`a broker name of ${name.length} characters is tried in silence for ever`, async () => {
      const rig = await joined();
      if (name) await rig.expect(`AT+MQTTC=1,"${name}"`, 'OK\r\n>');
      await rig.expect('AT+MQTTCONN=1', 'OK\r\n>', 100_000);
      assert.equal(rig.dialled.length, 0);
      rig.module.close();
    });
  }
});

test('a full TCP buffer tears the link down (T26, G10)', async () => {
  const rig = await connected();
  rig.broker.stall();
  let output = '';
  for (let message = 0; message < 60 && !output.includes('NOT ready'); message++) {
    output = await rig.send(`AT+MQTTPUB=0,0,0,"topic","${'0'.repeat(470)}"\r\n`, 10);
  }
  assert.match(
    output,
    /\r\nTCP\/IP Write NOT ready\r\nSYS_NET_SendMsg\(\):Failed\r\nFailed. Sent bytes = 0 ; length = 480\r\nsendPacket\(\) failed \(-1\)\r\nMQTTPublish\(\) Failed \(-1\)\r\nOK\r\n>\r\+MQTTCONN:0\r\n>$/,
  );
  rig.module.close();
});

describe('parameters (AT protocol 7.12 to 7.16)', () => {
  test('are checked in the order count, length, state', async () => {
    const rig = await joined();
    for (const [command, status] of [
      ['AT+MQTTCONN=2', 'ERROR:4,"Invalid Parameter"'],
      ['AT+MQTTCONN="1"', 'ERROR:4,"Invalid Parameter"'],
      ['AT+MQTTCONN=1,1', 'ERROR:5,"Incorrect Number of Parameters"'],
      ['AT+MQTTSUB="a"', 'ERROR:5,"Incorrect Number of Parameters"'],
      [`AT+MQTTSUB="${'a'.repeat(129)}",0`, 'ERROR:4,"Invalid Parameter"'],
      ['AT+MQTTSUB="a",0', 'ERROR:47,"MQTT Error"'],
      ['AT+MQTTSUB=1,0', 'ERROR:47,"MQTT Error"'],
      [`AT+MQTTUNSUB="${'a'.repeat(129)}"`, 'ERROR:4,"Invalid Parameter"'],
      ['AT+MQTTPUB=0,0,0,"t"', 'ERROR:5,"Incorrect Number of Parameters"'],
      ['AT+MQTTPUB=0,0,0,1,2', 'ERROR:47,"MQTT Error"'],
      ['AT+MQTTDISCONN=1', 'ERROR:5,"Incorrect Number of Parameters"'],
      ['AT+MQTTC="1"', 'ERROR:4,"Invalid Parameter"'],
      ['AT+MQTTC=4,""', 'ERROR:7,"Configuration Access Failed"'],
    ] as const) {
      await rig.expect(command, `${status}\r\n>`);
    }
    rig.module.close();
  });
});
