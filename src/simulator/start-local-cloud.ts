import { type Clock, systemClock } from '../clock.ts';
import { ModelRepository, PACKAGED_MODELS } from '../dtdl/repository.ts';
import type { Json, JsonObject } from '../json.ts';
import type { EventLog } from '../web/event-log.ts';
import { LOOPBACK } from '../web/loopback.ts';
import type { Route } from '../web/router.ts';
import type { BackEnd } from './cloud/back-end.ts';
import { connectionStringsOf, deviceConnectionString, HTTPS_PORT } from './cloud/connection-string.ts';
import type { TimedEvent } from './cloud/events.ts';
import { createLocalCloud, type Enrollment } from './cloud/local-cloud.ts';
import { createPki, type DeviceCredentials, type PkiState } from './cloud/pki.ts';
import type { PolicyName } from './cloud/policies.ts';
import { type CloudEventOf, type CloudEventType, failure, nextEvent } from './next-event.ts';

export type { CloudEventOf, CloudEventType } from './next-event.ts';

/** How a local cloud is started. Everything has a default. */
export interface LocalCloudOptions {
  /** Ids of devices that get a certificate and are enrolled at DPS; `['device-1']` by default. */
  devices?: readonly string[] | undefined;
  /** Ids of devices that get a symmetric key, and are enrolled at DPS and known at the hub; none by default. */
  symmetricKeyDevices?: readonly string[] | undefined;
  /** What else is enrolled: devices with certificates of their own, and groups. */
  enrollments?: readonly Enrollment[] | undefined;
  /** `0ne00A1B2C3` by default. */
  idScope?: string | undefined;
  /** The name that DPS assigns devices to; `host` by default, so that any MQTT client finds it. */
  hubName?: string | undefined;
  /** First desired properties, by device id. */
  desired?: Readonly<Record<string, JsonObject>> | undefined;
  /** How many answers of DPS say `assigning` before the result; 0 or more, 2 by default. */
  assigningAnswers?: number | undefined;
  /** Seconds that DPS asks devices to wait before they ask again; 1 by default. */
  retryAfter?: number | undefined;
  /** Certificates of an earlier cloud (its `pki`): devices that trust its CA trust this one. New ones by default. */
  pki?: PkiState | undefined;
  /** The address to listen on; `127.0.0.1` by default. Any other needs `httpKey`. */
  host?: string | undefined;
  /** Port of MQTT over TLS; 0, the default, is any free one. */
  mqttPort?: number | undefined;
  /** Port of MQTT without TLS, where whoever knows a device's id can be that device; 0 is any free one; none by default. */
  plainPort?: number | undefined;
  /**
   * Port of Azure's REST API and of MQTT over WebSocket, with TLS; 0, the default, is any free one. Azure's SDKs know only 443;
   * null for none.
   */
  httpsPort?: number | null | undefined;
  /** Port of the HTTP API; 0, the default, is any free one; null is 7070, or any free one when that is taken. */
  httpPort?: number | null | undefined;
  /** What requests to the HTTP API must bring as `Authorization`; nothing by default. */
  httpKey?: string | undefined;
  /** A DTDL file, or a folder of models, to be known beside those that come with the program. */
  models?: string | undefined;
  /** Takes what an operator should know; silent by default. */
  log?: ((line: string) => void) | undefined;
  /** The computer's own by default. */
  clock?: Clock | undefined;
  /** Evenly distributed in [0, 1); `Math.random` by default. */
  random?: (() => number) | undefined;
}

/** Who a device is: PEM texts in the shape of a module's secure element. `key` is a secret. */
export interface DeviceIdentity extends DeviceCredentials {
  readonly deviceId: string;
}

/** How a device that has a symmetric key comes in. All but the id is secret. */
export interface SymmetricKeyIdentity {
  readonly deviceId: string;
  /** Base64; a token may be signed with either. */
  readonly primaryKey: string;
  readonly secondaryKey: string;
  /** What Azure's SDKs make a device client from. */
  readonly connectionString: string;
}

/** What a back end can do, which the HTTP API offers as well. Where a device is named, AzureError 404001 when there is none. */
type Operations = Pick<
  BackEnd,
  | 'faults'
  | 'devices'
  | 'device'
  | 'twin'
  | 'properties'
  | 'patchDesired'
  | 'replaceDesired'
  | 'invokeMethod'
  | 'telemetry'
  | 'lastTelemetry'
  | 'telemetryHistory'
>;

/** DPS and IoT Hub in one, on this computer. */
export interface LocalCloud extends Operations {
  /** The root certificate that devices must trust, PEM. */
  readonly ca: string;
  /** The address that it listens on. */
  readonly host: string;
  /** The port of MQTT over TLS, of DPS and of the hub. */
  readonly mqttPort: number;
  /** The port of MQTT without TLS; null for none. */
  readonly plainPort: number | null;
  /** The port of Azure's REST API, and of MQTT over WebSocket; null for none. */
  readonly httpsPort: number | null;
  /** The HTTP API: `http://127.0.0.1:49152`. */
  readonly url: string;
  readonly idScope: string;
  /** Those of `devices`, and of `enroll`. */
  readonly identities: readonly DeviceIdentity[];
  /**
   * What Azure's service SDKs are made from, by shared access policy of the hub and of DPS (`iothubowner`, `service`, `device`,
   * `registryRead`, `registryReadWrite`, `provisioningserviceowner`). They are secret.
   */
  readonly connectionStrings: Readonly<Record<PolicyName, string>>;
  /** Those of `symmetricKeyDevices`, and of `enrollKey`. */
  readonly symmetricKeyIdentities: readonly SymmetricKeyIdentity[];
  /** All certificates, to be given to a later cloud. It holds private keys, and nothing but JSON. */
  readonly pki: PkiState;
  /** Who may register. `put` and `delete` throw AzureError 400004 and 404201. */
  readonly enrollments: Pick<BackEnd['enrollments'], 'all' | 'get' | 'put' | 'delete'>;
  /** Makes an identity and enrolls it. @throws AzureError 400004 for an id that cannot be one */
  enroll(deviceId: string): Promise<DeviceIdentity>;
  /**
   * Lets a device in by a symmetric key, at DPS and at the hub.
   * @param key its keys, base64 of 16 to 64 bytes; new ones by default
   * @throws AzureError 400004 for an id or a key that cannot be one
   */
  enrollKey(deviceId: string, key?: { primaryKey?: string; secondaryKey?: string }): Promise<SymmetricKeyIdentity>;
  /**
   * Queues a message to a device.
   * @param body bytes, a text, or JSON
   * @throws AzureError 404001 when there is no such device, 413001 when it is too large, 403004 when too many wait
   */
  sendMessage(deviceId: string, body: Uint8Array | Json, properties?: Readonly<Record<string, string>>): Promise<void>;
  /** Listens to what happens, from now on; call the result to stop. What a listener throws is an uncaught exception. */
  onEvent(listener: (event: TimedEvent) => void): () => void;
  /**
   * The next event of a type: ask for it before you do what causes it.
   * @param options.match which one is meant; any by default
   * @param options.timeout seconds, 30 by default
   * @throws (the promise) Error with the code ETIMEDOUT when none has come by then, ECANCELED when the cloud was closed; the
   *   reason of `options.signal` when that was aborted
   */
  nextEvent<Type extends CloudEventType>(
    type: Type,
    options?: {
      match?: ((event: CloudEventOf<Type>) => boolean) | undefined;
      timeout?: number | undefined;
      signal?: AbortSignal | undefined;
    },
  ): Promise<CloudEventOf<Type>>;
  /** Ends every connection. */
  close(): Promise<void>;
}

const TIMEOUT = 30;

/**
 * Starts DPS, IoT Hub and their HTTP API on this computer, in memory.
 * @returns when all of them answer
 * @throws the system's error (EADDRINUSE, EACCES …) when a port or an address cannot be had; AzureError 400004 for an
 *   enrollment that cannot be one; TypeError for other options that are wrong; Error for models that cannot be read
 */
export async function startLocalCloud(options: LocalCloudOptions = {}): Promise<LocalCloud> {
  const { models, ...others } = options;
  if (models === undefined) return (await startCloudWithLog(others)).cloud;
  if (typeof models !== 'string') throw new TypeError('models must be a path');
  return (await startCloudWithLog({ ...others, models: new ModelRepository([PACKAGED_MODELS, models]) })).cloud;
}

/**
 * The same with models that are at hand, and with the log that the HTTP API streams, to which a session beside it adds
 * what it sees itself.
 */
export async function startCloudWithLog(
  options: Omit<LocalCloudOptions, 'models'> & { models?: ModelRepository | undefined },
  routes: readonly Route[] = [],
): Promise<{ cloud: LocalCloud; events: EventLog }> {
  const { clock = systemClock, random = Math.random, devices = ['device-1'], idScope = '0ne00A1B2C3' } = options;
  const { host = LOOPBACK, mqttPort = 0, httpPort = 0, httpsPort = 0, plainPort, httpKey, log } = options;
  const { symmetricKeyDevices = [] } = options;
  for (const [name, ids] of Object.entries({ devices, symmetricKeyDevices }))
    if (!Array.isArray(ids)) throw new TypeError(`${name} must be a list of device ids`);
  const pki = await createPki({ hosts: [host], now: clock.wall(), state: options.pki });
  const { assigningAnswers, retryAfter, desired, enrollments = [], hubName = host, models } = options;
  const cloud = createLocalCloud({
    clock,
    random,
    pki,
    idScope,
    hubName,
    enrollments: [...enrollments],
    assigningAnswers,
    retryAfter,
    desired,
    models,
    log,
    routes,
  });
  const identities: DeviceIdentity[] = [];
  const symmetricKeyIdentities: SymmetricKeyIdentity[] = [];
  let port = mqttPort;

  async function enroll(deviceId: string): Promise<DeviceIdentity> {
    if (typeof deviceId !== 'string') throw new TypeError('a device id is a string');
    const identity = { deviceId, ...(await pki.device(deviceId)) };
    const { certificate } = identity;
    await cloud.enrollments.put({ kind: 'individual', registrationId: deviceId, certificate });
    identities.push(identity);
    return identity;
  }

  async function enrollKey(
    deviceId: string,
    given: { primaryKey?: string; secondaryKey?: string } = {},
  ): Promise<SymmetricKeyIdentity> {
    if (typeof deviceId !== 'string') throw new TypeError('a device id is a string');
    const { key } = await cloud.enrollKey(deviceId, given);
    const connectionString = deviceConnectionString({ host, mqttPort: port }, deviceId, key.primaryKey);
    const identity = { deviceId, ...key, connectionString };
    symmetricKeyIdentities.push(identity);
    return identity;
  }

  const closed = new AbortController();
  const close = () => {
    closed.abort(failure('ECANCELED', 'The local cloud was closed'));
    return cloud.close();
  };
  try {
    for (const deviceId of devices) await enroll(deviceId);
    const { httpsProblem: _none, ...addresses } = await cloud.listen({
      host,
      mqttPort,
      httpPort: httpPort ?? undefined,
      httpsPort: httpsPort ?? undefined,
      plainPort,
      httpKey,
    });
    port = addresses.mqttPort;
    for (const deviceId of symmetricKeyDevices) await enrollKey(deviceId);
    const { faults, twin, properties, patchDesired, replaceDesired, invokeMethod } = cloud;
    const { telemetry, lastTelemetry, telemetryHistory } = cloud;
    const onEvent: LocalCloud['onEvent'] = (listener) => cloud.onEvent((event) => callSafely(() => listener(event)));
    const offered: LocalCloud = {
      ...addresses,
      ca: pki.ca,
      host,
      idScope,
      identities,
      connectionStrings: connectionStringsOf(cloud.policies, { host, httpsPort: addresses.httpsPort ?? HTTPS_PORT }),
      symmetricKeyIdentities,
      pki: pki.state,
      enrollments: cloud.enrollments,
      enroll,
      enrollKey,
      faults,
      devices: cloud.devices,
      device: cloud.device,
      twin,
      properties,
      patchDesired,
      replaceDesired,
      invokeMethod,
      telemetry,
      lastTelemetry,
      telemetryHistory,
      sendMessage: (deviceId, body, properties = {}) =>
        cloud.sendC2d(deviceId, toBytes(body), new Map(Object.entries(properties))),
      onEvent,
      nextEvent: (type, { match, timeout = TIMEOUT, signal } = {}) =>
        nextEvent(onEvent, type, {
          clock,
          match,
          timeout,
          signals: signal ? [signal, closed.signal] : [closed.signal],
        }),
      close,
    };
    return { cloud: offered, events: cloud.events };
  } catch (error) {
    await close();
    throw error;
  }
}

function toBytes(body: Uint8Array | Json): Buffer {
  if (body instanceof Uint8Array) return Buffer.from(body);
  return Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
}

/** What a listener throws must not reach the connection that the event is about. */
function callSafely(listener: () => void): void {
  try {
    listener();
  } catch (error) {
    process.nextTick(() => {
      throw error;
    });
  }
}
