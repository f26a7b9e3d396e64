import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import type { Json } from '../../../src/json.ts';
import { AzureError } from '../../../src/simulator/cloud/azure-error.ts';
import type { CloudContext } from '../../../src/simulator/cloud/context.ts';
import { DeviceRegistry } from '../../../src/simulator/cloud/devices.ts';
import { Dps } from '../../../src/simulator/cloud/dps.ts';
import { EnrollmentRegistry } from '../../../src/simulator/cloud/enrollment-registry.ts';
import { EventFeed } from '../../../src/simulator/cloud/events.ts';
import { createFaults } from '../../../src/simulator/cloud/fault-injector.ts';
import { FaultQueue } from '../../../src/simulator/cloud/faults.ts';
import { Hub } from '../../../src/simulator/cloud/hub.ts';
import { Policies } from '../../../src/simulator/cloud/policies.ts';
import type { Store } from '../../../src/simulator/cloud/store.ts';
import { VirtualClock } from '../../helpers/virtual-clock.ts';

const ID = 'board-1';
const PRINT = 'AB'.repeat(20);

/** A disk that is full until told otherwise. */
class FullStore implements Store {
  readonly entries = new Map<string, Json>();
  full = false;
  /** Called while a change is being written. */
  meanwhile: () => void = () => {};

  async save(key: string, value: Json | undefined): Promise<void> {
    await Promise.resolve();
    this.meanwhile();
    if (this.full) throw new Error('ENOSPC: no space left on device');
    if (value === undefined) this.entries.delete(key);
    else this.entries.set(key, value);
  }

  async close(): Promise<void> {}
}

async function start() {
  const clock = new VirtualClock();
  const store = new FullStore();
  const events = new EventFeed(() => clock.wall(), 'run');
  const context: CloudContext = {
    clock,
    random: Math.random,
    store,
    faults: new FaultQueue(),
    events,
    log: () => {},
  };
  const devices = new DeviceRegistry(context);
  const enrollments = new EnrollmentRegistry(context, []);
  const hub = new Hub(context, devices, { policies: new Policies(context), hubName: () => 'hub' });
  const dps = new Dps(context, devices, {
    idScope: 'x',
    enrollments: () => enrollments.all(),
    hubName: () => 'hub',
    desired: {},
    assigningAnswers: 0,
    retryAfter: 1,
  });
  const faults = createFaults(context, devices);
  await devices.create({ id: ID, desired: { led: 1 } });
  await hub.sendC2d(ID, Buffer.from('kept'), new Map());
  await enrollments.put({ kind: 'individual', registrationId: 'kept', thumbprint: PRINT });
  await enrollments.put({ kind: 'individual', registrationId: 'new', thumbprint: PRINT });
  const seen: string[] = [];
  events.listen(({ type }) => seen.push(type));
  const state = () => ({
    records: devices.all().map(({ record }) => record),
    messages: devices.all().map(({ messages }) => messages.length),
    enrollments: enrollments.all(),
    seen: [...seen],
  });
  return { store, devices, enrollments, hub, dps, faults, state };
}

const refused = (error: unknown) => error instanceof AzureError && error.status === 500;

suite('a change that could not be written down', () => {
  const changes: [string, (cloud: Awaited<ReturnType<typeof start>>) => Promise<unknown>][] = [
    ['a device', ({ devices }) => devices.create({ id: 'board-2' })],
    ['a desired property', ({ hub }) => hub.patchDesired(ID, { led: 2 })],
    ['all desired properties', ({ hub }) => hub.replaceDesired(ID, {})],
    ['a message', ({ hub }) => hub.sendC2d(ID, Buffer.from('x'), new Map())],
    ['a deleted device', ({ faults }) => faults.inject({ type: 'delete', deviceId: ID })],
    ['a disabled device', ({ faults }) => faults.inject({ type: 'disable', deviceId: ID })],
    ['a moved device', ({ faults }) => faults.inject({ type: 'move', deviceId: ID, hub: 'other' })],
    [
      'an enrollment',
      ({ enrollments }) => enrollments.put({ kind: 'individual', registrationId: 'y', thumbprint: PRINT }),
    ],
    ['a deleted enrollment', ({ enrollments }) => enrollments.delete('kept')],
    [
      'a registration',
      ({ dps }) => dps.register({ registrationId: 'new', idScope: 'x', proof: 'plain' }, Buffer.from('{}')),
    ],
  ];
  for (const [name, change] of changes) {
    test(`${name}: is refused with 500, and is not in force, neither meanwhile nor afterwards`, async () => {
      const cloud = await start();
      cloud.store.full = true;
      const before = cloud.state();
      let meanwhile = before;
      cloud.store.meanwhile = () => {
        meanwhile = cloud.state();
      };
      await assert.rejects(change(cloud), refused);
      assert.deepEqual(meanwhile, before);
      assert.deepEqual(cloud.state(), before);
      cloud.store.full = false;
      await change(cloud);
      assert.notDeepEqual(cloud.state(), before);
    });
  }

  test('does not take the one behind it along', async () => {
    const { store, hub, devices } = await start();
    store.full = true;
    store.meanwhile = () => {
      // Full for the first of the two only.
      store.meanwhile = () => {
        store.full = false;
      };
    };
    const both = [hub.patchDesired(ID, { led: 2 }), hub.patchDesired(ID, { red: 100 })] as const;
    await assert.rejects(both[0], refused);
    assert.equal(await both[1], 2);
    assert.deepEqual(devices.get(ID).record.twin.desired.properties, { led: 1, red: 100 });
  });

  test('changes of one moment build on each other', async () => {
    const { hub, devices } = await start();
    const names = ['a', 'b', 'c', 'd'];
    assert.deepEqual(await Promise.all(names.map((name) => hub.patchDesired(ID, { [name]: 1 }))), [2, 3, 4, 5]);
    assert.deepEqual(Object.keys(devices.get(ID).record.twin.desired.properties), ['led', ...names]);
  });

  test('of two devices of one name made at once, one is', async () => {
    const { devices } = await start();
    const made = await Promise.allSettled([devices.create({ id: 'twice' }), devices.create({ id: 'twice' })]);
    assert.deepEqual(made.map(({ status }) => status).sort(), ['fulfilled', 'rejected']);
  });
});
