import type { IConnectPacket } from 'mqtt-packet';
import { ProtocolViolation } from './azure-error.ts';
import type { CloudContext } from './context.ts';
import type { Device } from './device.ts';
import { FILTERS } from './device-link.ts';
import type { DeviceRegistry } from './devices.ts';
import { HubEndpoint, telemetryProperties } from './hub-endpoint.ts';
import type { PeerIdentity } from './identity.ts';
import { isJsonObject, type Json, type JsonObject } from './json.ts';
import type { MethodResult, MethodTimes } from './methods.ts';
import type { MqttConnection } from './mqtt-connection.ts';
import type { Admission } from './mqtt-front.ts';
import type { PropertyBag } from './property-bag.ts';
import { percentDecode } from './topics.ts';
import { applyPatch, replacement, type TwinSection } from './twin.ts';

interface HubUser {
  host: string;
  deviceId: string;
  modelId: string | null;
}

const USER_NAME = /^([^/]+)\/([^/?]+)\/\?(.+)$/;
const API_VERSION = /^\d{4}-\d{2}-\d{2}(-preview)?$/;
/** Model ids are understood from this version on (Azure 2.1). */
const MODEL_ID_SINCE = '2020-09-30';

/** `{host}/{deviceId}/?api-version=…[&model-id=…]`, or undefined when a part is missing or malformed (Azure 2.1). */
function parseUserName(userName: string): HubUser | undefined {
  const [, host, deviceId, query] = USER_NAME.exec(userName) ?? [];
  if (!host || !deviceId || !query) return undefined;
  const parameters = new Map(
    query.split('&').map((pair): [string, string | undefined] => {
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      return [name, percentDecode(value)];
    }),
  );
  const apiVersion = parameters.get('api-version');
  if (apiVersion === undefined || !API_VERSION.test(apiVersion)) return undefined;
  const modelId = apiVersion >= MODEL_ID_SINCE ? (parameters.get('model-id') ?? null) : null;
  return { host: host.toLowerCase(), deviceId: percentDecode(deviceId) ?? deviceId, modelId };
}

/** The hub: who may connect, and what a back end can ask of a device. */
export class Hub {
  readonly #context: CloudContext;
  readonly #devices: DeviceRegistry;
  readonly #hubName: () => string;

  constructor(context: CloudContext, devices: DeviceRegistry, hubName: () => string) {
    this.#context = context;
    this.#devices = devices;
    this.#hubName = hubName;
  }

  /**
   * Judges a CONNECT.
   * @param peer null over TLS: no certificate was sent; 'plain': there is no TLS, so the name must do
   * @throws AzureError 500001 when the session could not be written down
   */
  async admit(
    connect: IConnectPacket,
    connection: MqttConnection,
    peer: PeerIdentity | null | 'plain',
  ): Promise<Admission> {
    const user = parseUserName(connect.username ?? '');
    if (!user) return { refusal: 4 };
    if (connect.clientId !== user.deviceId) return { refusal: 2 };
    const known = this.#devices.find(user.deviceId);
    if (!known || !this.#mayConnect(known, user.host, peer)) return { refusal: 5 };
    if (connect.will && !telemetryProperties(user.deviceId, connect.will.topic)) {
      throw new ProtocolViolation('a will can only be telemetry');
    }
    let sessionPresent = false;
    const device = await this.#devices.update(user.deviceId, (record) => {
      sessionPresent = !connect.clean && record.session !== null;
      const session = connect.clean ? null : (record.session ?? {});
      const modelId = user.modelId ?? record.modelId;
      return session === record.session && modelId === record.modelId ? record : { ...record, session, modelId };
    });
    // It may have been disabled or deleted meanwhile.
    if (this.#devices.find(user.deviceId) !== device || !this.#mayConnect(device, user.host, peer))
      return { refusal: 5 };
    return { endpoint: new HubEndpoint(this.#context, this.#devices, device, connection, connect), sessionPresent };
  }

  #mayConnect(device: Device, host: string, peer: PeerIdentity | null | 'plain'): boolean {
    return device.record.enabled && this.#isAtHub(device, host) && this.#isAuthentic(device, peer);
  }

  /**
   * A name that no device was ever assigned to is an alias of the first hub: a gateway, an address, another port.
   * So only devices that have been moved must mind what the hub is called.
   */
  #isAtHub({ record }: Device, host: string): boolean {
    if (record.movedTo !== null) return false;
    const known = [this.#hubName(), ...this.#devices.all().map((other) => other.record.hub)];
    const named = known.find((name) => name?.toLowerCase() === host);
    return (record.hub ?? this.#hubName()) === (named ?? this.#hubName());
  }

  #isAuthentic({ record }: Device, peer: PeerIdentity | null | 'plain'): boolean {
    if (peer === 'plain') return true;
    if (peer === null || record.thumbprint === null) return false;
    const now = this.#context.clock.now();
    return now >= peer.validFrom && now <= peer.validTo && [peer.sha1, peer.sha256].includes(record.thumbprint);
  }

  /** Changes desired properties and sends the change to the device when it listens. Gives the new version. */
  patchDesired(id: string, patch: Json): Promise<number> {
    return this.#changeDesired(id, () => patch);
  }

  /** Makes the desired properties exactly these; those that go are sent to the device as null (Azure 2.4). */
  replaceDesired(id: string, properties: JsonObject): Promise<number> {
    return this.#changeDesired(id, (desired) => replacement(desired, properties));
  }

  async #changeDesired(id: string, patchFor: (desired: TwinSection) => Json): Promise<number> {
    let patch: Json = {};
    const device = await this.#devices.update(id, (record) => {
      patch = patchFor(record.twin.desired);
      const desired = applyPatch(record.twin.desired, patch, this.#context.clock.now());
      return { ...record, twin: { ...record.twin, desired } };
    });
    const { version } = device.record.twin.desired;
    const members = isJsonObject(patch) ? patch : {};
    const topic = `$iothub/twin/PATCH/properties/desired/?$version=${version}`;
    device.link?.deliver(FILTERS.desired, { topic, payload: JSON.stringify({ ...members, $version: version }) });
    this.#context.events.emit({ type: 'property', deviceId: id, side: 'desired', patch: members, version });
    return version;
  }

  /** Calls a direct method; see MethodCalls.invoke for what can go wrong. */
  async invokeMethod(id: string, name: string, request: Json, times?: MethodTimes): Promise<MethodResult> {
    const device = this.#devices.get(id);
    const result = await device.calls.invoke(() => device.link, name, request, times);
    this.#context.events.emit({ type: 'command', deviceId: id, name, request, ...result });
    return result;
  }

  /** Queues a cloud-to-device message; it is on its way at once when the device listens. */
  async sendC2d(id: string, body: Buffer, properties: PropertyBag): Promise<void> {
    const device = this.#devices.get(id);
    await device.messages.add(body, properties);
    this.#context.events.emit({ type: 'message', deviceId: id, body: body.toString() });
    if (device.link) await device.messages.deliver(device.link, FILTERS.messages(id));
  }
}
