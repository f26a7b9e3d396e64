import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Packet } from 'mqtt-packet';
import type { Clock } from '../../clock.ts';
import { AzureError } from './azure-error.ts';
import type { CloudContext } from './context.ts';
import type { Device } from './device.ts';
import { DeviceRegistry } from './devices.ts';
import { Dps } from './dps.ts';
import { EnrolmentRegistry } from './enrolment-registry.ts';
import { checkEnrolment, type Enrolment } from './enrolments.ts';
import { EventFeed, type Listener } from './events.ts';
import { type CloudFaults, createFaults } from './fault-injector.ts';
import { FaultQueue } from './faults.ts';
import { startHttpApi } from './http/server.ts';
import { Hub } from './hub.ts';
import { identityOfPem, identityOfSocket, type PeerIdentity, plainThumbprint } from './identity.ts';
import type { Json, JsonObject } from './json.ts';
import { checkKept } from './kept.ts';
import type { MethodResult, MethodTimes } from './methods.ts';
import { findModel, type Model } from './models.ts';
import { MqttConnection } from './mqtt-connection.ts';
import { converse, serviceOf } from './mqtt-front.ts';
import { describePacket } from './packet-description.ts';
import type { Pki } from './pki.ts';
import { describeProperties } from './plug-and-play.ts';
import type { PropertyBag } from './property-bag.ts';
import { type Listening, listen, plainServer, tlsServer } from './servers.ts';
import { memoryStore, openStore } from './store.ts';
import type { Sample } from './telemetry.ts';
import { sectionForService } from './twin.ts';

export type { Enrolment } from './enrolments.ts';
export type { CloudFaults } from './fault-injector.ts';
export type { PeerIdentity } from './identity.ts';

export interface LocalCloudOptions {
  clock: Clock;
  random: () => number;
  pki: Pki;
  idScope: string;
  enrolments: Enrolment[];
  /** What DPS assigns devices to; may depend on the port that MQTT listens on (8883 while it does not). */
  hubName?: string | ((mqttPort: number) => string);
  /** How many answers of DPS say `assigning` before the result; 2 unless told. */
  assigningAnswers?: number;
  /** Seconds; 1 unless told. */
  retryAfter?: number;
  /** First desired properties, by device id. */
  desired?: Record<string, JsonObject>;
  /** Takes what an operator should know; silent unless given. */
  log?: (line: string) => void;
  /** Where devices, twins, enrolments and waiting messages are kept; in memory unless given. */
  dataFolder?: string;
}

export interface ListenOptions {
  /** Loopback unless told. */
  host?: string;
  /** 0, the default, is any free one. */
  mqttPort?: number;
  /** 7070 unless told; any free one when it is taken. */
  httpPort?: number;
  /** Also serves MQTT without TLS here. Devices are then known by their name alone: for boards that cannot do TLS. */
  plainPort?: number;
  /** What requests to the HTTP API must bring as `Authorization`. Needed when `host` is not a loopback address. */
  httpKey?: string;
}

export interface Addresses {
  mqttPort: number;
  /** The HTTP API. */
  url: string;
  plainPort: number | null;
}

export interface DeviceSummary {
  id: string;
  displayName: string;
  enabled: boolean;
  provisioned: boolean;
  simulated: boolean;
  /** The model id; left out while it is not known. */
  template?: string;
  connected: boolean;
}

export interface LocalCloud {
  /**
   * Serves one MQTT connection; the CONNECT's user name tells DPS from hub.
   * @param peer the certificate that the client has proved to own, null for none, 'plain' where there is no TLS.
   */
  accept(stream: Duplex, peer: PeerIdentity | null | 'plain'): void;
  /** @throws the system's error when a port cannot be had. */
  listen(options?: ListenOptions): Promise<Addresses>;
  /** Ends every connection, and resolves when everything is written down. */
  close(): Promise<void>;
  readonly faults: CloudFaults;
  readonly enrolments: EnrolmentRegistry;
  /** Listens to what happens; call the result to stop. */
  onEvent(listener: Listener): () => void;

  // The operations of a back end. All throw AzureError 404001 when there is no such device.
  devices(): DeviceSummary[];
  device(id: string): DeviceSummary;
  /** Makes a device without DPS. @throws AzureError 409001 when it is there, 400004 for an id or certificate that is none. */
  createDevice(
    id: string,
    options: { certificate?: string; thumbprint?: string; modelId?: string },
  ): Promise<DeviceSummary>;
  twin(id: string): JsonObject;
  /** In IoT Central's shape, with what is pending, accepted or rejected. */
  properties(id: string): JsonObject;
  /** Gives the new version. @throws AzureError 400004 beyond the limits of a twin. */
  patchDesired(id: string, patch: Json): Promise<number>;
  replaceDesired(id: string, properties: JsonObject): Promise<number>;
  /** @throws AzureError 404103 offline, 504101 unanswered. */
  invokeMethod(id: string, name: string, request: Json, times?: MethodTimes): Promise<MethodResult>;
  telemetry(id: string, name: string): Sample | undefined;
  telemetryHistory(id: string, name: string): Sample[];
  sendC2d(id: string, body: Buffer, properties?: PropertyBag): Promise<void>;
  /** False for a name that the device's model does not have; true where the model is not known. */
  isModelled(id: string, kind: 'telemetry' | 'properties' | 'commands', name: string): boolean;
}

const HUB_NAME = 'local-hub.azure-devices.net';
const LOOPBACK = /^(?:127\.\d+\.\d+\.\d+|::1|localhost)$/;
const MQTT_PORT = 8883;
const HTTP_PORT = 7070;

function summarise({ record, link }: Device): DeviceSummary {
  return {
    id: record.id,
    displayName: record.id,
    enabled: record.enabled,
    provisioned: record.registration !== null,
    simulated: false,
    ...(record.modelId === null ? {} : { template: record.modelId }),
    connected: link !== undefined,
  };
}

function thumbprintOf(certificate: string): string {
  try {
    return identityOfPem(certificate).sha256;
  } catch {
    throw new AzureError(400004, 'The certificate cannot be read.');
  }
}

/**
 * DPS and IoT Hub in one: what stands behind the seam is listed in docs/local-cloud.md.
 * @throws FolderInUse or the file system's error for a data folder that cannot be used; Error for an enrolment that cannot
 */
export function createLocalCloud(options: LocalCloudOptions): LocalCloud {
  const { clock, random, pki, idScope, assigningAnswers = 2, retryAfter = 1, desired = {}, log = () => {} } = options;
  // Before the store is opened, which nobody would close again.
  for (const enrolment of options.enrolments) checkEnrolment(enrolment);
  const store =
    options.dataFolder === undefined
      ? memoryStore()
      : openStore(options.dataFolder, { now: clock.now(), check: checkKept, log });
  const events = new EventFeed(() => clock.now());
  const context: CloudContext = { clock, random, store, faults: new FaultQueue(), events, log };
  const devices = new DeviceRegistry(context);
  const enrolments = new EnrolmentRegistry(context, options.enrolments);
  const { hubName: name = HUB_NAME } = options;
  let mqttPort = MQTT_PORT;
  const hubName = () => (typeof name === 'string' ? name : name(mqttPort));
  const hub = new Hub(context, devices, hubName);
  const dps = new Dps(context, devices, {
    idScope,
    enrolments: () => enrolments.all(),
    hubName,
    desired,
    assigningAnswers,
    retryAfter,
  });
  const connections = new Set<MqttConnection>();
  const servers: Listening[] = [];
  let accepted = 0;

  function accept(stream: Duplex, peer: PeerIdentity | null | 'plain'): void {
    const number = ++accepted;
    const tap = (direction: 'in' | 'out', packet: Packet) => {
      if (events.heard) events.emit({ type: 'mqtt', connection: number, direction, packet: describePacket(packet) });
    };
    const connection = new MqttConnection(stream, clock, tap);
    connections.add(connection);
    const service = converse(connection, {
      clock,
      faults: context.faults,
      log,
      admit: (connect) => (serviceOf(connect) === 'dps' ? dps : hub).admit(connect, connection, peer),
    });
    service.finally(() => connections.delete(connection)).catch((error: unknown) => log(`MQTT: ${String(error)}`));
  }

  async function startHttp(host: string, port: number, key: string | null): Promise<Listening> {
    const api = { cloud, events, clock, random, log, host, port, key };
    try {
      return await startHttpApi(api);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
      return startHttpApi({ ...api, port: 0 });
    }
  }

  const cloud: LocalCloud = {
    accept,
    async listen({ host = '127.0.0.1', mqttPort: wanted = 0, httpPort = HTTP_PORT, plainPort, httpKey } = {}) {
      if (!LOOPBACK.test(host) && httpKey === undefined) {
        throw new Error('the HTTP API needs a key when it can be reached from other machines');
      }
      const start = async (server: Server, port: number) => {
        const listening = await listen(server, host, port);
        servers.push(listening);
        return listening.port;
      };
      const overTls = tlsServer(pki.server, (socket) => accept(socket, identityOfSocket(socket)), log);
      mqttPort = await start(overTls, wanted);
      const plain =
        plainPort === undefined
          ? null
          : await start(
              plainServer((socket) => accept(socket, 'plain')),
              plainPort,
            );
      if (plain !== null) log('MQTT without TLS is on: whoever knows the name of a device can be that device');
      const http = await startHttp(host, httpPort, httpKey ?? null);
      servers.push(http);
      return { mqttPort, url: `http://${host.includes(':') ? `[${host}]` : host}:${http.port}`, plainPort: plain };
    },
    async close() {
      for (const connection of connections) connection.close();
      await Promise.all(servers.splice(0).map((server) => server.close()));
      await store.close();
    },
    faults: createFaults(context, devices),
    enrolments,
    onEvent: (listener) => events.listen(listener),
    devices: () => devices.all().map(summarise),
    device: (id) => summarise(devices.get(id)),
    async createDevice(id, { certificate, thumbprint, modelId }) {
      const known = certificate === undefined ? thumbprint && plainThumbprint(thumbprint) : thumbprintOf(certificate);
      return summarise(await devices.create({ id, thumbprint: known ?? null, modelId: modelId ?? null }));
    },
    twin(id) {
      const { record } = devices.get(id);
      const { desired: wanted, reported } = record.twin;
      return {
        deviceId: id,
        modelId: record.modelId,
        properties: { desired: sectionForService(wanted), reported: sectionForService(reported) },
      };
    },
    properties: (id) => describeProperties(devices.get(id).record),
    patchDesired: (id, patch) => hub.patchDesired(id, patch),
    replaceDesired: (id, properties) => hub.replaceDesired(id, properties),
    invokeMethod: (id, method, request, times) => hub.invokeMethod(id, method, request, times),
    telemetry: (id, metric) => devices.get(id).telemetry.last(metric),
    telemetryHistory: (id, metric) => devices.get(id).telemetry.history(metric),
    sendC2d: (id, body, properties = new Map()) => hub.sendC2d(id, body, properties),
    isModelled(id, kind, member) {
      const model: Model | undefined = findModel(devices.get(id).record.modelId);
      return !model || model[kind].has(member);
    },
  };
  return cloud;
}
