import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModemError } from '../../../src/modem/modem.ts';
import { settle } from '../../helpers/virtual-clock.ts';
import { event, type Scripted, scripted } from './scripted.ts';

const BANNER = '\r\nOK\r\n>';

/** The failure of `work`, and how long it took. */
async function failure(s: Scripted, work: Promise<unknown>): Promise<[string, number]> {
  const start = s.clock.monotonic();
  const error = await s.clock.until(work).catch((reason: unknown) => reason);
  s.wire.done();
  assert.ok(error instanceof ModemError, String(error));
  return [error.failure, s.clock.monotonic() - start];
}

test('a module is brought to order with its echo on and full verbosity', async () => {
  const s = await scripted(false);
  s.wire.expect('ATE1\r\n', '0\r\n>').expect('ATV5\r\n', 'ATV5\r\nOK\r\n>');
  await s.run((modem) => modem.sync(s.signal));
});

test('a half-typed line is flushed, and binary mode is left after two silences', async () => {
  const flushed = await scripted(false);
  flushed.wire.expect('ATE1\r\n', 'AT+WSATE1\r\nERROR:3,"Unknown AT Command"\r\n>').command('ATE1').command('ATV5');
  await flushed.run((modem) => modem.sync(flushed.signal));
  const binary = await scripted(false);
  binary.wire.expect('ATE1\r\n').expect('ATE1\r\n').expect('+++', [1_050, '\r\nOK\r\n>\r+LOADCERT:1\r\n>']);
  binary.wire.command('ATE1').command('ATV5');
  const [, ms] = await binary.run((modem) => modem.sync(binary.signal));
  assert.equal(ms, 3_300);
});

test('a module that says nothing is given up after eight tries', async () => {
  const s = await scripted(false);
  s.wire.expect('ATE1\r\n').expect('ATE1\r\n').expect('+++');
  for (let n = 0; n < 6; n++) s.wire.expect('ATE1\r\n');
  assert.deepEqual(await failure(s, s.modem.sync(s.signal)), ['timed-out', 9_300]);
});

test('what happens while it is brought to order is no restart for the session', async () => {
  const s = await scripted(false);
  s.wire.expect('ATE1\r\n', BANNER).command('ATE1').command('ATV5');
  await s.run((modem) => modem.sync(s.signal));
  assert.deepEqual(s.events, []);
  s.wire.print(BANNER);
  await settle();
  assert.deepEqual(s.events, [{ type: 'restarted' }]);
});

test('a line that arrived damaged is sent again, once (statuses 2, 3 and 5)', async () => {
  const table: [string, boolean][] = [
    ['ERROR:2,"Invalid AT Command"', true],
    ['ERROR:3,"Unknown AT Command"', true],
    ['ERROR:5,"Incorrect Number of Parameters"', true],
    ['ERROR:4,"Invalid Parameter"', false],
    ['ERROR:7,"Configuration Access Failed"', false],
  ];
  for (const [status, again] of table) {
    const query = await scripted();
    query.wire.command('AT+GMR', status);
    if (again) query.wire.command('AT+GMR', '+GMR="0.3.2"\r\nOK');
    if (again) assert.deepEqual(await query.run((modem) => modem.firmware(query.signal)), ['0.3.2', 0], status);
    else assert.deepEqual(await failure(query, query.modem.firmware(query.signal)), ['refused', 0], status);
    const action = await scripted();
    action.wire.command('AT+MQTTPUB=0,0,0,"t","x"', status);
    if (again) action.wire.command('AT+MQTTPUB=0,0,0,"t","x"');
    const publish = action.modem.mqtt.publish('t', 'x', 0, action.signal);
    if (again) assert.equal(await action.clock.until(publish), true, status);
    else assert.deepEqual(await failure(action, publish), ['refused', 0], status);
    action.wire.done();
  }
  const twice = await scripted();
  twice.wire.command('AT+GMR', 'ERROR:5,"Incorrect Number of Parameters"');
  twice.wire.command('AT+GMR', 'ERROR:5,"Incorrect Number of Parameters"');
  assert.deepEqual(await failure(twice, twice.modem.firmware(twice.signal)), ['refused', 0]);
});

test('after a lost answer a query is sent again, and an action is not', async () => {
  const query = await scripted();
  query.wire.expect('AT+GMR\r\n').command('AT').command('AT+TIME=1', '+TIME:1,100\r\nOK');
  query.wire.command('AT+GMR', '+GMR="0.3.2"\r\nOK');
  assert.deepEqual(await query.run((modem) => modem.firmware(query.signal)), ['0.3.2', 3_000]);
  const action = await scripted();
  action.wire.expect('AT+MQTTPUB=0,0,0,"t","x"\r\n').command('AT').command('AT+TIME=1', '+TIME:1,100\r\nOK');
  assert.deepEqual(await action.run((modem) => modem.mqtt.publish('t', 'x', 0, action.signal)), [false, 3_000]);
});

test('a module that answers nothing any more is given up after three probes', async () => {
  const s = await scripted();
  s.wire.expect('AT+GMR\r\n').expect('AT\r\n').expect('AT\r\n').expect('AT\r\n');
  assert.deepEqual(await failure(s, s.modem.firmware(s.signal)), ['timed-out', 6_000]);
});

test('a restart whose banner was lost is found by the uptime', async () => {
  const table: [name: string, running: number, answer: string, restarted: boolean][] = [
    ['it has run shorter than it is known', 60_000, '+TIME:1,50\r\nOK', true],
    ['it has run longer', 60_000, '+TIME:1,70\r\nOK', false],
    ['a little less, by rounding', 60_000, '+TIME:1,61\r\nOK', false],
    ['it has a time', 60_000, '+TIME:1,1800000000\r\nOK', false],
    ['it has just started', 60_000, 'ERROR:46,"Time Error"', true],
    ['it says something else', 60_000, 'ERROR:1,"General Error"', false],
    ['the answer is damaged', 60_000, '+TIME:1,\r\nOK', false],
  ];
  for (const [name, running, answer, restarted] of table) {
    const s = await scripted();
    await s.clock.advance(running);
    s.wire.expect('AT+GMR\r\n').command('AT').command('AT+TIME=1', answer);
    if (restarted) {
      assert.deepEqual(await failure(s, s.modem.firmware(s.signal)), ['reset', 3_000], name);
    } else {
      s.wire.command('AT+GMR', '+GMR="0.3.2"\r\nOK');
      assert.equal((await s.run((modem) => modem.firmware(s.signal)))[0], '0.3.2', name);
    }
    assert.deepEqual(s.events, restarted ? [{ type: 'restarted' }] : [], name);
  }
});

test('an OK that nothing has led to, and an echo that was off, are looked into', async () => {
  const s = await scripted();
  await s.clock.advance(60_000);
  s.wire.command('AT+TIME=1', '+TIME:1,3\r\nOK');
  // The empty line of the banner is damaged.
  s.wire.print('\x80\r\nOK\r\n>');
  await s.clock.advance(100);
  s.wire.done();
  assert.deepEqual(s.events, [{ type: 'restarted' }]);
  // Not more often than every ten seconds.
  await s.clock.advance(9_800);
  s.wire.print('\x80\r\nOK\r\n>');
  await s.clock.advance(100);
  s.wire.done();
  s.wire.command('AT+TIME=1', '+TIME:1,13\r\nOK');
  s.wire.print('\x80\r\nOK\r\n>');
  await s.clock.advance(100);
  s.wire.done();
  assert.equal(s.events.length, 1);

  const echo = await scripted();
  await echo.clock.advance(60_000);
  echo.wire.command('ATE0');
  await echo.clock.until(echo.modem.type('ATE0', echo.signal));
  echo.wire.expect('AT+GMR\r\n', '+GMR="0.3.2"\r\nOK\r\n');
  assert.equal((await echo.run((modem) => modem.firmware(echo.signal)))[0], '0.3.2');
  assert.deepEqual(echo.events, []);
  echo.wire.command('AT+GMR', '+GMR="0.3.2"\r\nOK').command('AT+TIME=1', '+TIME:1,3\r\nOK');
  await echo.run((modem) => modem.firmware(echo.signal));
  await echo.clock.advance(100);
  echo.wire.done();
  assert.deepEqual(echo.events, [{ type: 'restarted' }]);
});

test('a banner that falls into a probe is one', async () => {
  const s = await scripted();
  await s.clock.advance(60_000);
  s.wire.expect('AT+GMR\r\n').expect('AT\r\n', [100, BANNER], [200, 'AT\r\nOK\r\n>']).command('AT');
  // The late answer is taken for the second probe's own, which is right: the module is there.
  s.wire.command('AT+TIME=1', '+TIME:1,1\r\nOK').command('AT+GMR', '+GMR="0.3.2"\r\nOK');
  await s.clock.until(s.modem.firmware(s.signal));
  assert.deepEqual(s.events, [{ type: 'restarted' }]);
});

test('a damaged answer and a lost one are no other device', async () => {
  const s = await scripted();
  s.wire.command('AT+GMM', '+GMM="PIC3\r\nOK').expect('AT+GMM\r\n').command('AT+GMM', '+GMM="PIC32MZW1"\r\nOK');
  assert.deepEqual(await s.run((modem) => modem.identify(s.signal)), [undefined, 1_000]);
});

test('while it is brought to order, an OK out of place is not looked into', async () => {
  const s = await scripted();
  await s.clock.advance(60_000);
  s.wire
    .expect('ATE1\r\n')
    .expect('ATE1\r\n')
    .expect('+++', [1_050, '\x80\r\nOK\r\n>'])
    .command('ATE1')
    .command('ATV5');
  await s.run((modem) => modem.sync(s.signal));
});

test('the time is told only when it is one', async () => {
  const s = await scripted();
  s.wire.command('AT+TIME=1', '+TIME:1,1609459200\r\nOK');
  assert.deepEqual(await s.run((modem) => modem.readTime(s.signal)), [1_609_459_200, 0]);
  s.wire.command('AT+TIME=1', '+TIME:1,1609459199\r\nOK');
  assert.deepEqual(await s.run((modem) => modem.readTime(s.signal)), [null, 0]);
  s.wire.command('AT+TIME=1', 'ERROR:46,"Time Error"');
  assert.deepEqual(await s.run((modem) => modem.readTime(s.signal)), [null, 0]);
  assert.equal(s.modem.lastTime, null);
  s.wire.print(event('+TIME:2,3864188800'), event('+TIME:1,40'));
  await settle();
  assert.equal(s.modem.lastTime, 1_655_200_000);
  assert.deepEqual(s.events, [{ type: 'time', unixSeconds: 1_655_200_000 }]);
  s.wire.print(BANNER);
  await settle();
  assert.equal(s.modem.lastTime, null);
  s.events.length = 0;
  await s.clock.advance(60_000);
  s.wire.command('AT+TIME=1', '+TIME:1,50\r\nOK');
  assert.deepEqual(await s.run((modem) => modem.readTime(s.signal)), [null, 0]);
  assert.deepEqual(s.events, [{ type: 'restarted' }]);
});

test('a reset ends with the banner, or after ten seconds', async () => {
  const s = await scripted();
  s.wire.expect('AT+RST\r\n', 'AT+RST\r\n', [1_500, BANNER]);
  assert.deepEqual(await s.run((modem) => modem.reset(s.signal)), [true, 1_500]);
  s.wire.expect('AT+RST\r\n', 'AT+R').expect('AT+TIME=1\r\n');
  assert.deepEqual(await s.run((modem) => modem.reset(s.signal)), [false, 13_000]);
  s.wire.expect('AT+RST\r\n', 'AT+R').command('AT+TIME=1', '+TIME:1,8\r\nOK');
  assert.deepEqual(await s.run((modem) => modem.reset(s.signal)), [true, 10_000]);
});

test('typed lines go out, their refusals are shown, and those that would cut the link are not sent', async () => {
  const s = await scripted();
  const shown: string[] = [];
  s.modem.on('received', (line, kind) => shown.push(`${kind} ${line}`));
  const type = (line: string) => s.clock.until(s.modem.type(line, s.signal));
  s.wire.command('AT+WSTAC', 'WSTAC:1,"x"\r\nWSTAC:2,3\r\nOK');
  assert.equal(await type('AT+WSTAC'), null);
  assert.deepEqual(shown, ['info WSTAC:1,"x"', 'info WSTAC:2,3', 'status OK']);
  s.wire.command('AT+X', 'ERROR:3,"Unknown AT Command"');
  await assert.rejects(type('AT+X'), { code: 'E_MODULE_REFUSED' });
  s.wire.expect('AT+RST\r\n', BANNER);
  assert.equal(await type('AT+RST'), null);
  s.wire.command('AT+IPR', '+IPR:230400\r\nOK');
  assert.equal(await type('AT+IPR'), null);
  for (const line of ['AT+LOADCERT=3,"x"', 'AT+IPR=9600', 'ATV0', 'ATV', 'ATE0V1', 'ATE0E1V3']) {
    assert.match((await type(line)) ?? '', /is not sent/, line);
  }
  s.wire.done();
});

test('what the modem tells is for the session; what only its parts need is not', async () => {
  const s = await scripted();
  s.wire.print(event('+WSTALU:"42:2C:62:CC:C0:0B",6'), event('+MQTTCONNACK:0,0'), event('+MQTTPUBACC'));
  s.wire.print('SSL Connection Negotiation Failed; Aborting\r\n', 'Buffer Overflow\r\n', event('+MQTTSUB:0'));
  s.wire.print(event('+MQTTPUB:1,"t",2,"hi"'), '\r\r+WSTA:ERROR:24,"STA Connection Failed"\r\n>', event('+WSTALD'));
  await settle();
  assert.deepEqual(s.events, [
    { type: 'link-up' },
    { type: 'tls-failed' },
    { type: 'overflow', bytes: null },
    { type: 'message', topic: 't', payload: Buffer.from('hi') },
    { type: 'link-down' },
  ]);
});

test('a port that goes is told, and ends what waits', async () => {
  const s = await scripted();
  const closed: unknown[] = [];
  s.modem.on('closed', (cause) => closed.push(cause));
  s.wire.expect('AT+GMR\r\n');
  const pending = s.modem.firmware(s.signal);
  await settle();
  s.wire.destroy();
  assert.deepEqual(await failure(s, pending), ['closed', 0]);
  assert.deepEqual(closed, [undefined]);
});
