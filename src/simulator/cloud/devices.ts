import type { Json, JsonObject } from '../../json.ts';
import { AzureError } from './azure-error.ts';
import { C2dQueue, type QueuedMessage, readMessages } from './c2d.ts';
import type { CloudContext } from './context.ts';
import type { Device } from './device.ts';
import { isDeviceId } from './device-id.ts';
import { type DeviceRecord, readDevice } from './device-record.ts';
import { KEPT, keep, keptBy } from './kept.ts';
import { MethodCalls } from './methods.ts';
import { Sequence } from './sequence.ts';
import type { SymmetricKey } from './symmetric-key.ts';
import { TelemetryLog } from './telemetry.ts';
import { azureTime, ticks } from './tokens.ts';
import { newTwin } from './twin.ts';

export interface NewDevice {
  id: string;
  thumbprint?: string | null;
  symmetricKey?: SymmetricKey | null;
  modelId?: string | null;
  /** The first desired properties, and tags. */
  desired?: JsonObject;
  tags?: JsonObject;
  iotEdge?: boolean;
}

const nothingThere = (id: string) => new AzureError(404001, `There is no device '${id}'.`);

/** What a back end may change of a device. */
export type DeviceChanges = Partial<
  Pick<
    DeviceRecord,
    | 'enabled'
    | 'statusReason'
    | 'displayName'
    | 'simulated'
    | 'organizations'
    | 'modelId'
    | 'iotEdge'
    | 'thumbprint'
    | 'secondaryThumbprint'
    | 'byAuthority'
    | 'symmetricKey'
  >
>;

/** The hub's identity registry: every device there is, and what is kept of it. */
export class DeviceRegistry {
  readonly #context: CloudContext;
  readonly #devices = new Map<string, Device>();
  /** By id, those whose changes are being written down. */
  readonly #changing = new Map<string, { sequence: Sequence; waiting: number }>();

  constructor(context: CloudContext) {
    this.#context = context;
    const { entries } = context.store;
    const messages = keptBy(entries, KEPT.messages, readMessages);
    for (const [id, record] of keptBy(entries, KEPT.device, readDevice)) {
      this.#devices.set(id, this.#deviceOf(record, messages.get(id) ?? []));
    }
  }

  find(id: string): Device | undefined {
    return this.#devices.get(id);
  }

  /** @throws AzureError 404001 */
  get(id: string): Device {
    const device = this.#devices.get(id);
    if (!device) throw nothingThere(id);
    return device;
  }

  all(): Device[] {
    return [...this.#devices.values()];
  }

  /** The record of a new device. @throws AzureError 400004 for an id or a twin that Azure would refuse. */
  newRecord({
    id,
    thumbprint = null,
    symmetricKey = null,
    modelId = null,
    desired = {},
    ...others
  }: NewDevice): DeviceRecord {
    if (!isDeviceId(id)) throw new AzureError(400004, 'The device id is not valid.');
    return {
      id,
      hub: null,
      enabled: true,
      statusReason: null,
      statusUpdatedAt: null,
      generationId: ticks(this.#context.clock.wall(), this.#context.random),
      iotEdge: others.iotEdge ?? false,
      displayName: null,
      simulated: false,
      organizations: [],
      revision: 1,
      thumbprint,
      secondaryThumbprint: null,
      byAuthority: false,
      symmetricKey,
      modelId,
      movedTo: null,
      registration: null,
      twin: newTwin(desired, this.#context.clock.wall(), others.tags),
      session: null,
    };
  }

  /**
   * Makes a device.
   * @throws AzureError 409001 when there is one of this id, 400004 for an id or a twin that Azure would refuse, 500001 when
   *   it could not be written down
   */
  create(options: NewDevice): Promise<Device> {
    return this.put(options.id, (record) => {
      if (record) throw new AzureError(409001, `There is a device '${options.id}' already.`);
      return this.newRecord(options);
    });
  }

  /**
   * Changes a device. The change is in force once it is written down, and then for everybody at once; changes of one device
   * come one after the other.
   * @param change gives the record that is to be; the same one for no change. What it throws ends the change
   * @throws AzureError 404001 when there is no such device, 500001 when the change could not be written down
   */
  update(id: string, change: (record: DeviceRecord) => DeviceRecord): Promise<Device> {
    return this.put(id, (record) => {
      if (!record) throw nothingThere(id);
      return change(record);
    });
  }

  /** Changes a device, or makes it: see `update`. */
  put(id: string, change: (record: DeviceRecord | undefined) => DeviceRecord): Promise<Device> {
    return this.#inTurn(id, async () => {
      const device = this.#devices.get(id);
      const record = change(device?.record);
      if (device?.record === record) return device;
      await this.#save(KEPT.device + id, record);
      if (device) device.record = record;
      const kept = device ?? this.#deviceOf(record, []);
      this.#devices.set(id, kept);
      return kept;
    });
  }

  /**
   * Makes a device or changes what a back end may change of it, and cuts it off when it is no longer enabled.
   * @param isAllowed throws where the change must not be made to this record
   */
  async change(
    id: string,
    changes: DeviceChanges,
    isAllowed: (record: DeviceRecord | undefined) => void = () => {},
  ): Promise<Device> {
    const device = await this.put(id, (record) => {
      isAllowed(record);
      const before = record ?? this.newRecord({ id });
      const isSwitched = record !== undefined && changes.enabled !== undefined && changes.enabled !== record.enabled;
      return {
        ...before,
        ...changes,
        ...(isSwitched ? { statusUpdatedAt: azureTime(this.#context.clock.wall()) } : {}),
        revision: record ? record.revision + 1 : 1,
      };
    });
    if (!device.record.enabled) device.link?.close('the device is disabled');
    return device;
  }

  /**
   * Closes the device's connection and forgets it.
   * @param isAllowed throws where it must not be deleted
   * @throws AzureError as `update`
   */
  delete(id: string, isAllowed: (record: DeviceRecord) => void = () => {}): Promise<void> {
    return this.#inTurn(id, async () => {
      const device = this.get(id);
      isAllowed(device.record);
      await Promise.all([this.#save(KEPT.messages + id, undefined), this.#save(KEPT.device + id, undefined)]);
      this.#devices.delete(id);
      device.messages.close();
      device.link?.close('the device was deleted');
    });
  }

  async #inTurn<T>(id: string, work: () => Promise<T>): Promise<T> {
    const turn = this.#changing.get(id) ?? { sequence: new Sequence(), waiting: 0 };
    this.#changing.set(id, turn);
    turn.waiting++;
    try {
      return await turn.sequence.run(work);
    } finally {
      turn.waiting--;
      if (turn.waiting === 0) this.#changing.delete(id);
    }
  }

  #deviceOf(record: DeviceRecord, messages: QueuedMessage[]): Device {
    const { clock } = this.#context;
    const { id } = record;
    return {
      record,
      link: undefined,
      lastActivity: null,
      calls: new MethodCalls(clock),
      messages: new C2dQueue(id, clock, messages, (kept) => this.#save(KEPT.messages + id, kept)),
      telemetry: new TelemetryLog(),
    };
  }

  #save(key: string, value: Json | undefined): Promise<void> {
    return keep(this.#context, key, value);
  }
}
