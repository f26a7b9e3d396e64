import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { boardOf, cloud, DEVICE, hubUser } from '../gateway/rig.ts';
import { DeviceClient } from '../simulator/cloud/device-client.ts';

const MESSAGES = 100_000;
const KILLED_EVERY = 7_000;

async function startProcess(port: number): Promise<{ child: ChildProcess; port: number }> {
  const options = { port, board: boardOf(), ca: cloud.ca, cloudPort: cloud.mqttPort };
  const script = fileURLToPath(new URL('./gateway-process.ts', import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', script, JSON.stringify(options)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (!child.stdout) throw new Error('the gateway has no output');
  const [text] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { child, port: Number(text) };
}

test('a hundred thousand messages with QoS 1 through a gateway that is killed: none is lost, the order is kept', async (t) => {
  t.after(() => cloud.close());
  let gateway = await startProcess(0);
  t.after(() => gateway.child.kill('SIGKILL'));
  const { port } = gateway;
  let last = -1;
  let wrong: string | null = null;
  let repeated = 0;
  cloud.onEvent((event) => {
    if (event.type !== 'telemetry' || event.deviceId !== DEVICE) return;
    const { body } = event;
    const n = body !== null && typeof body === 'object' && 'n' in body ? Number(body['n']) : Number.NaN;
    if (n === last) repeated++;
    else if (n === last + 1) last = n;
    else wrong ??= `${n} after ${last}`;
  });

  /** A board that connects until it is connected. */
  async function connected(): Promise<DeviceClient> {
    for (;;) {
      const socket = connect({ host: '127.0.0.1', port });
      socket.setNoDelay(true);
      const client = new DeviceClient(socket);
      try {
        const { returnCode } = await client.connect({ clientId: DEVICE, username: hubUser(DEVICE) });
        if (returnCode === 0) return client;
      } catch {
        // It is not there yet.
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  let client = await connected();
  let kills = 0;
  for (let n = 0; n < MESSAGES; n++) {
    if (n % KILLED_EVERY === KILLED_EVERY - 1) {
      kills++;
      const dying = gateway.child;
      // Somewhere in the middle of the next messages.
      setTimeout(() => dying.kill('SIGKILL'), kills % 5);
      dying.once('exit', () => {
        void startProcess(port).then((started) => {
          gateway = started;
        });
      });
    }
    for (;;) {
      try {
        client.publish(`devices/${DEVICE}/messages/events/`, { n }, { qos: 1 });
        await client.next('puback');
        break;
      } catch {
        client = await connected();
      }
    }
    if (wrong !== null) break;
  }
  assert.equal(wrong, null);
  assert.equal(last, MESSAGES - 1);
  assert.ok(kills >= 10);
  t.diagnostic(`${kills} kills, ${repeated} messages came twice`);
});
