import assert from 'node:assert/strict';
import { test } from 'node:test';
import { generate } from 'mqtt-packet';
import { AppError } from '../../src/errors.ts';
import { DEVICE, virtualSimulation } from '../helpers/simulation.ts';

test('a board that makes no TLS connection reaches telemetry, and neither clock nor root certificate is needed', async () => {
  const bench = await virtualSimulation({ byGateway: true, settings: { deviceId: null, rootCert: 'no certificate' } });
  bench.module.control('sntp off');
  void bench.run();
  await bench.telemetry(2);
  const sent = bench.sent();
  assert.ok(sent.includes('AT+MQTTC=1,"192.168.1.10"'));
  assert.ok(sent.includes('AT+MQTTC=2,1883'));
  assert.ok(sent.includes('AT+MQTTC=7,0'));
  assert.ok(!sent.some((line) => line.startsWith('AT+LOADCERT')));
  await bench.clock.until(bench.cloud.patchDesired(DEVICE, { led_user: 2 }));
  await bench.until(() => bench.of('property').some(({ name, ac }) => name === 'led_user' && ac === 200));
  const answer = await bench.clock.until(bench.cloud.invokeMethod(DEVICE, 'reboot', { delay: 'PT1S' }));
  assert.equal(answer.status, 200);
  await bench.stop();
});

test('the device id of the settings need not be that of the certificate, which a gateway does not show', async () => {
  const bench = await virtualSimulation({ byGateway: true, settings: { deviceId: 'another-id' } });
  const running = bench.run();
  await bench.until(() => bench.states().includes('dps-connect'));
  assert.ok(bench.of('event').every(({ message }) => !message.includes('certificate of the module')));
  await bench.stop();
  await running.catch(() => undefined);
});

test('what the cloud refuses with ends the session in its own words', async () => {
  const bench = await virtualSimulation({ byGateway: true });
  await bench.cloud.faults.inject({ type: 'connect', service: 'dps', answer: 'code', code: 5, count: 999 });
  const error: unknown = await bench.clock.until(bench.run()).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof AppError);
  assert.equal(error.code, 'E_GATEWAY_REFUSED');
  assert.equal(error.exitCode, 9);
  assert.match(error.message, /refuses the connection with CONNACK code 5: not authorized/);
  await bench.stop();
});

test('a board that never comes is told from a cloud that does not', async () => {
  const bench = await virtualSimulation({ byGateway: true });
  bench.gateway?.kill();
  const started = bench.clock.monotonic();
  const error: unknown = await bench.clock.until(bench.run()).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof AppError);
  assert.equal(error.code, 'E_GATEWAY_UNREACHED');
  assert.ok(bench.clock.monotonic() - started < 60_000);
  await bench.stop();

  const other = await virtualSimulation({ byGateway: true });
  other.gateway?.outage('ENOTFOUND');
  const failure: unknown = await other.clock.until(other.run()).then(
    () => null,
    (thrown: unknown) => thrown,
  );
  assert.ok(failure instanceof AppError);
  assert.equal(failure.code, 'E_GATEWAY_UPSTREAM');
  assert.match(failure.message, /does not resolve/);
  await other.stop();
});

test('a token is renewed before it ends, at an idle moment; nothing of QoS 1 is lost, and the twin is read again', async () => {
  const bench = await virtualSimulation({ byGateway: true, settings: { qos: 1, interval: 10 } });
  void bench.run();
  await bench.telemetry(1);
  let arrived = 0;
  bench.cloud.onEvent(({ type }) => {
    if (type === 'telemetry') arrived++;
  });
  const sent = bench.of('telemetry').length;
  await bench.until(() => bench.of('gateway').some(({ happening }) => happening === 'renewal'), 3_700_000);
  // The connection was ended while nothing was on its way: no message had to be repeated.
  assert.ok(bench.of('event').every(({ message }) => !message.includes('not acknowledged')));
  const twins = bench.of('twin').length;
  await bench.until(() => bench.of('twin').length > twins);
  await bench.telemetry(bench.of('telemetry').length + 2);
  assert.equal(arrived, bench.of('telemetry').length - sent);
  assert.ok(arrived > 250);
  await bench.stop();
});

test('after an hour of sleep the token has expired by the wall clock, and is renewed at once', async () => {
  const bench = await virtualSimulation({ byGateway: true });
  void bench.run();
  await bench.telemetry(1);
  bench.clock.stepWall(3_700_000);
  await bench.until(() => bench.of('gateway').some(({ message }) => message.includes('has expired')), 5_000);
  const count = bench.of('telemetry').length;
  await bench.telemetry(count + 2, 120_000);
  await bench.stop();
});

test('a twin that is too large for plain TCP is known to be, and the session goes on without', async () => {
  const bench = await virtualSimulation({ byGateway: true });
  void bench.run();
  await bench.telemetry(1);
  await bench.clock.until(bench.cloud.patchDesired(DEVICE, { note: 'x'.repeat(1_600) }));
  const told = () => bench.of('gateway').find(({ happening }) => happening === 'too-large');
  await bench.until(() => told() !== undefined);
  assert.ok((told()?.bytes ?? 0) > 1_600);
  assert.match(told()?.topic ?? '', /^\$iothub\/twin\/PATCH/);
  const count = bench.of('telemetry').length;
  await bench.telemetry(count + 2, 120_000);
  assert.equal(bench.states().filter((state) => state === 'reset').length, 0);
  await bench.stop();
});

test('what a stranger asks the gateway for does not end the session', async () => {
  const bench = await virtualSimulation({ byGateway: true });
  void bench.run();
  await bench.until(() => bench.states().includes('dps-connect'));
  const stranger = bench.gateway?.dial();
  assert.ok(stranger);
  const connect = { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, clientId: DEVICE } as const;
  stranger.write(generate({ ...connect, username: `evil.example/${DEVICE}/?api-version=2021-04-12` }));
  bench.gateway?.outage('ECONNREFUSED');
  await bench.clock.advance(15_000);
  bench.gateway?.outage(null);
  await bench.telemetry(1);
  await bench.stop();
});
