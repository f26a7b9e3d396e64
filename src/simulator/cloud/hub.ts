import type { IConnectPacket } from 'mqtt-packet';
import { isJsonObject, type Json, type JsonObject } from '../../json.ts';
import { ProtocolViolation } from './azure-error.ts';
import type { TwinChanges, TwinConditions } from './back-end.ts';
import type { CloudContext } from './context.ts';
import type { Device } from './device.ts';
import { FILTERS } from './device-link.ts';
import type { DeviceRecord } from './device-record.ts';
import type { DeviceRegistry } from './devices.ts';
import { HubEndpoint, telemetryProperties } from './hub-endpoint.ts';
import { chainsTo, expiryOf, type PeerIdentity } from './identity.ts';
import type { MethodResult, MethodTimes } from './methods.ts';
import type { MqttConnection } from './mqtt-connection.ts';
import type { Admission } from './mqtt-front.ts';
import type { Policies } from './policies.ts';
import { endOf, isProblem, isToken, NOTHING_SHOWN, type Peer, type Proof, proofOf } from './proof.ts';
import type { PropertyBag } from './property-bag.ts';
import { expiryOfToken, isSignedWith, misdirection, type SasToken } from './sas-token.ts';
import { percentDecode } from './topics.ts';
import { applyPatch, applyTags, etagOf, replacement } from './twin.ts';

interface HubUser {
  host: string;
  deviceId: string;
  modelId: string | null;
  /** Twins and direct methods, which came with a version of the API. */
  hasTwins: boolean;
}

const USER_NAME = /^([^/]+)\/([^/?]+)(?:\/?\??(.*))?$/;
/** Begins with a name and its value; a module, which does not exist here, has another path segment before that. */
const QUERY = /^[^=/?]+=/;
const TWINS_SINCE = '2016-11-14';
/** Model ids are understood from this version on (Azure 2.1). */
const MODEL_ID_SINCE = '2020-09-30';

/**
 * `{host}/{deviceId}/?api-version=…[&model-id=…]` (Azure 2.1). Older forms have no question mark, or no version: what came
 * with later versions is then not to be had.
 * @returns undefined for anything else
 */
function parseUserName(userName: string): HubUser | undefined {
  const [, host, deviceId, query = ''] = USER_NAME.exec(userName) ?? [];
  if (!host || !deviceId || (query !== '' && !QUERY.test(query))) return undefined;
  const parameters = new Map(
    query.split('&').map((pair): [string, string | undefined] => {
      const [name = '', value = ''] = pair.split(/=(.*)/s);
      return [name, percentDecode(value)];
    }),
  );
  const version = parameters.get('api-version') ?? '';
  return {
    host: host.toLowerCase(),
    deviceId: percentDecode(deviceId) ?? deviceId,
    modelId: version >= MODEL_ID_SINCE ? (parameters.get('model-id') ?? null) : null,
    hasTwins: version >= TWINS_SINCE,
  };
}

const MAX_QUOTED = 120;

/** What a client has said, for a sentence. */
const quote = (text: string | undefined) => JSON.stringify((text ?? '').slice(0, MAX_QUOTED));

export interface HubOptions {
  policies: Policies;
  hubName: () => string;
  /** Certificates (PEM) of those whose word is taken for a device that is known by its authority. */
  authorities?: () => string[];
}

/** The hub: who may connect, and what a back end can ask of a device. */
export class Hub {
  readonly #context: CloudContext;
  readonly #devices: DeviceRegistry;
  readonly #policies: Policies;
  readonly #hubName: () => string;
  readonly #authorities: () => string[];

  constructor(context: CloudContext, devices: DeviceRegistry, options: HubOptions) {
    this.#context = context;
    this.#devices = devices;
    this.#policies = options.policies;
    this.#hubName = options.hubName;
    this.#authorities = options.authorities ?? (() => []);
  }

  /**
   * Judges a CONNECT.
   * @param peer null over TLS: no certificate was sent; 'plain': there is no TLS, so the name must do
   * @throws AzureError 500001 when the session could not be written down
   */
  async admit(connect: IConnectPacket, connection: MqttConnection, peer: Peer): Promise<Admission> {
    const user = parseUserName(connect.username ?? '');
    if (!user)
      return { refusal: 4, reason: `the user name ${quote(connect.username)} is not <hub>/<device id>/?api-version=…` };
    if (connect.clientId !== user.deviceId) {
      return { refusal: 2, reason: `the client id is not the device id of the user name, ${quote(user.deviceId)}` };
    }
    const proof = proofOf(connect, peer);
    if (isProblem(proof)) return { refusal: 5, reason: proof.problem };
    const objection = this.#objection(this.#devices.find(user.deviceId), user.host, proof);
    if (objection !== null) return { refusal: 5, reason: objection };
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
    const later = this.#objection(this.#devices.find(user.deviceId), user.host, proof);
    if (later !== null) return { refusal: 5, reason: later };
    return {
      endpoint: new HubEndpoint(this.#context, this.#devices, device, connection, connect, user.hasTwins),
      sessionPresent,
      ...endOf(proof, this.#context.clock.wall()),
    };
  }

  /** Why a device may not come in, by its id, the name that it knows the hub by, and what it has shown; null when it may. */
  objectionTo(id: string, host: string, proof: Proof): string | null {
    return this.#objection(this.#devices.find(id), host.toLowerCase(), proof);
  }

  /** Why a device may not connect; null when it may. */
  #objection(device: Device | undefined, host: string, proof: Proof): string | null {
    if (!device) return 'there is no such device: it has not registered at DPS, or was deleted';
    const { record } = device;
    if (!record.enabled) return 'the device is disabled';
    if (record.movedTo !== null)
      return `the device now belongs to the hub ${record.movedTo}, which it must learn from DPS`;
    if (!this.#isAtHub(device, host)) return `the device belongs to the hub ${record.hub ?? this.#hubName()}`;
    return isToken(proof) ? this.#tokenDoubt(record, host, proof) : this.#certificateDoubt(record, proof);
  }

  /**
   * A name that no device was ever assigned to is an alias of the first hub: a gateway, an address, another port.
   * So only devices that have been moved must mind what the hub is called.
   */
  #isAtHub({ record }: Device, host: string): boolean {
    const known = [this.#hubName(), ...this.#devices.all().map((other) => other.record.hub)];
    const named = known.find((name) => name?.toLowerCase() === host);
    return (record.hub ?? this.#hubName()) === (named ?? this.#hubName());
  }

  /** What is wrong with the certificate of a device; null when nothing is. */
  #certificateDoubt(
    { id, thumbprint, secondaryThumbprint, byAuthority, symmetricKey }: DeviceRecord,
    peer: Peer,
  ): string | null {
    if (peer === 'plain') return null;
    if (peer === null) return NOTHING_SHOWN;
    if (symmetricKey !== null)
      return 'the device is known by a symmetric key, and came with a certificate and no token';
    if (byAuthority) return this.#authorityDoubt(id, peer);
    if (thumbprint === null) return 'the hub knows no certificate of this device: it has not registered at DPS';
    if (![thumbprint, secondaryThumbprint].some((known) => known === peer.sha1 || known === peer.sha256)) {
      return `the certificate of ${quote(peer.commonName)} is not the one that the hub knows`;
    }
    return expiryOf(peer, this.#context.clock.wall());
  }

  #authorityDoubt(id: string, peer: PeerIdentity): string | null {
    if (peer.commonName !== id)
      return `the common name of the certificate is ${quote(peer.commonName)}, not the device id`;
    if (!this.#authorities().some((ca) => chainsTo(peer, ca)))
      return 'the certificate comes from no authority that is enrolled as a group, nor from this cloud';
    return expiryOf(peer, this.#context.clock.wall());
  }

  /** What is wrong with a token; null when nothing is. It may be signed with the key of a policy that lets devices in. */
  #tokenDoubt({ id, symmetricKey }: DeviceRecord, host: string, token: SasToken): string | null {
    const doubt =
      misdirection(token, [host, this.#hubName()], ['devices', id]) ?? expiryOfToken(token, this.#context.clock.wall());
    if (doubt !== null) return doubt;
    if (token.policy === null) {
      if (symmetricKey === null) return 'the hub knows no symmetric key of this device, and a token came';
      return isSignedWith(token, symmetricKey) ? null : 'the token is signed with neither key of the device';
    }
    const policy = this.#policies.find(token.policy);
    if (!policy) return `the token names ${quote(token.policy)}, and there is no such policy`;
    if (!policy.permissions.includes('DeviceConnect')) return `the policy ${policy.name} lets no devices in`;
    return isSignedWith(token, policy) ? null : `the token is signed with neither key of the policy ${policy.name}`;
  }

  /** Changes desired properties and sends the change to the device when it listens. Gives the new version. */
  patchDesired(id: string, desired: Json): Promise<number> {
    return this.changeTwin(id, { desired }, { replace: false });
  }

  /** Makes the desired properties exactly these; those that go are sent to the device as null (Azure 2.4). */
  replaceDesired(id: string, desired: JsonObject): Promise<number> {
    return this.changeTwin(id, { desired }, { replace: true });
  }

  /** Changes tags and desired properties in one step; see BackEnd. */
  async changeTwin(
    id: string,
    { tags, desired }: TwinChanges,
    { replace, isAllowed = () => {} }: TwinConditions,
  ): Promise<number> {
    const now = this.#context.clock.wall();
    const patchOf = (before: JsonObject, changes: Json) =>
      replace && isJsonObject(changes) ? replacement(before, changes) : changes;
    let patch: Json | undefined;
    const device = await this.#devices.update(id, (record) => {
      const { twin } = record;
      isAllowed(etagOf(twin.revision));
      patch = desired === undefined ? undefined : patchOf(twin.desired.properties, desired);
      return {
        ...record,
        twin: {
          ...twin,
          desired: patch === undefined ? twin.desired : applyPatch(twin.desired, patch, now),
          tags: tags === undefined ? twin.tags : applyTags(twin.tags, patchOf(twin.tags, tags)),
          version: twin.version + 1,
          revision: twin.revision + 1,
        },
      };
    });
    const { version } = device.record.twin.desired;
    if (isJsonObject(patch)) {
      const topic = `$iothub/twin/PATCH/properties/desired/?$version=${version}`;
      device.link?.deliver(FILTERS.desired, { topic, payload: JSON.stringify({ ...patch, $version: version }) });
      this.#context.events.emit({ type: 'property', deviceId: id, side: 'desired', patch, version });
    }
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
