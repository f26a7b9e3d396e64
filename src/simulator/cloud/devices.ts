import { AzureError } from './azure-error.ts';
import { C2dQueue } from './c2d.ts';
import type { CloudContext } from './context.ts';
import { type Device, type DeviceRecord, recordAsJson, recordFromJson } from './device.ts';
import type { Json, JsonObject } from './json.ts';
import { MethodCalls } from './methods.ts';
import { TelemetryLog } from './telemetry.ts';
import { newTwin } from './twin.ts';

const DEVICE = 'device/';
const MESSAGES = 'messages/';
/** What Azure allows in a device id; also keeps ids apart from the separators of topics. */
const DEVICE_ID = /^[A-Za-z0-9\-:.+%_#*?!(),;=@$']{1,128}$/;

export interface NewDevice {
  id: string;
  thumbprint?: string | null;
  modelId?: string | null;
  /** The first desired properties. */
  desired?: JsonObject;
}

/** The hub's identity registry: every device there is, and what is kept of it. */
export class DeviceRegistry {
  readonly #context: CloudContext;
  readonly #devices = new Map<string, Device>();

  constructor(context: CloudContext) {
    this.#context = context;
    for (const [key, value] of context.store.entries) {
      if (key.startsWith(DEVICE))
        this.#add(recordFromJson(value), context.store.entries.get(MESSAGES + key.slice(DEVICE.length)));
    }
  }

  find(id: string): Device | undefined {
    return this.#devices.get(id);
  }

  /** @throws AzureError 404001 */
  get(id: string): Device {
    const device = this.#devices.get(id);
    if (!device) throw new AzureError(404001, `There is no device '${id}'.`);
    return device;
  }

  all(): Device[] {
    return [...this.#devices.values()];
  }

  /**
   * Makes a device; it is kept once `keep` has resolved.
   * @throws AzureError 409001 when there is one of this id, 400004 for an id or a twin that Azure would refuse.
   */
  create({ id, thumbprint = null, modelId = null, desired = {} }: NewDevice): Device {
    if (!DEVICE_ID.test(id)) throw new AzureError(400004, 'The device id is not valid.');
    if (this.#devices.has(id)) throw new AzureError(409001, `There is a device '${id}' already.`);
    const record: DeviceRecord = {
      id,
      hub: null,
      enabled: true,
      thumbprint,
      modelId,
      movedTo: null,
      registration: null,
      twin: newTwin(desired, this.#context.clock.now()),
      session: null,
    };
    return this.#add(record, undefined);
  }

  /** Writes a device down; rejects with AzureError 500001 when that fails. */
  async keep(device: Device): Promise<void> {
    if (this.#devices.get(device.record.id) !== device) return;
    await this.#save(DEVICE + device.record.id, recordAsJson(device.record));
  }

  /** Closes the device's connection and forgets it. */
  async delete(id: string): Promise<void> {
    const device = this.get(id);
    this.#devices.delete(id);
    device.link?.close();
    await Promise.all([this.#save(DEVICE + id, undefined), this.#save(MESSAGES + id, undefined)]);
  }

  #add(record: DeviceRecord, messages: Json | undefined): Device {
    const { clock } = this.#context;
    const { id } = record;
    const device: Device = {
      record,
      link: undefined,
      calls: new MethodCalls(clock),
      messages: new C2dQueue(id, clock, messages, (kept) => this.#save(MESSAGES + id, kept)),
      telemetry: new TelemetryLog(),
    };
    this.#devices.set(id, device);
    return device;
  }

  async #save(key: string, value: Json | undefined): Promise<void> {
    try {
      await this.#context.store.save(key, value);
    } catch (error) {
      this.#context.log(`cannot keep ${key}: ${String(error)}`);
      throw new AzureError(500001, 'The change could not be written down.');
    }
  }
}
