import type { Server, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Packet } from 'mqtt-packet';
import type { Clock } from '../../clock.ts';
import { ModelRepository, PACKAGED_MODELS } from '../../dtdl/repository.ts';
import type { JsonObject } from '../../json.ts';
import type { EventLog } from '../../web/event-log.ts';
import { type Listening, listen } from '../../web/listen.ts';
import { isLoopback, LOOPBACK } from '../../web/loopback.ts';
import type { Route } from '../../web/router.ts';
import type { BackEnd, DeviceSummary } from './back-end.ts';
import type { CloudContext } from './context.ts';
import { describeIdentity } from './describe-identity.ts';
import type { Device } from './device.ts';
import type { DeviceRecord } from './device-record.ts';
import { DeviceRegistry } from './devices.ts';
import { Dps } from './dps.ts';
import { EnrollmentRegistry } from './enrollment-registry.ts';
import type { Enrollment } from './enrollments.ts';
import { EventFeed } from './events.ts';
import { createFaults } from './fault-injector.ts';
import { FaultQueue, type Service } from './faults.ts';
import type { LockedFolder } from './folder-lock.ts';
import { startHttpApi } from './http/api.ts';
import { Hub } from './hub.ts';
import { fingerprintOf, identityOfSocket, type PeerIdentity } from './identity.ts';
import { checkKept, upgradeLine } from './kept.ts';
import { ModelCatalog } from './models.ts';
import { MqttConnection } from './mqtt-connection.ts';
import { converse, serviceOf } from './mqtt-front.ts';
import { describePacket } from './packet-description.ts';
import type { Pki } from './pki.ts';
import { describeProperties, withComponents } from './plug-and-play.ts';
import { plainServer, tlsServer } from './servers.ts';
import { memoryStore, openStore } from './store.ts';
import { hex } from './tokens.ts';
import { etagOf, sectionForService } from './twin.ts';

export type { Enrollment } from './enrollments.ts';
export type { CloudFaults } from './fault-injector.ts';
export type { PeerIdentity } from './identity.ts';

export interface LocalCloudOptions {
  clock: Clock;
  random: () => number;
  pki: Pki;
  idScope: string;
  enrollments: Enrollment[];
  /** What DPS assigns devices to; may depend on the port that MQTT listens on (8883 while it does not). */
  hubName?: string | ((mqttPort: number) => string);
  /** How many answers of DPS say `assigning` before the result; 2 by default. */
  assigningAnswers?: number | undefined;
  /** Seconds; 1 by default. */
  retryAfter?: number | undefined;
  /** First desired properties, by device id. */
  desired?: Readonly<Record<string, JsonObject>> | undefined;
  /** Where device models are found; those that come with the program by default. */
  models?: ModelRepository | undefined;
  /** Takes what an operator should know; silent by default. */
  log?: ((line: string) => void) | undefined;
  /** Where devices, twins, enrollments and waiting messages are kept, to be released after the cloud; in memory by default. */
  dataFolder?: LockedFolder;
  /** Further routes of the HTTP API. */
  routes?: readonly Route[];
}

export interface ListenOptions {
  /** Loopback by default. */
  host?: string;
  /** 0, the default, is any free one. */
  mqttPort?: number;
  /** 7070 by default, or any free one when that is taken; one that is given must be free. */
  httpPort?: number | undefined;
  /** Also serves MQTT without TLS here. Devices are then known by their name alone: for boards that cannot do TLS. */
  plainPort?: number | undefined;
  /** What requests to the HTTP API must bring as `Authorization`. Needed when `host` is not a loopback address. */
  httpKey?: string | undefined;
}

export interface Addresses {
  mqttPort: number;
  /** The HTTP API. */
  url: string;
  plainPort: number | null;
}

export interface LocalCloud extends BackEnd {
  /** What has happened, as the HTTP API streams it; a session beside the cloud adds what it sees itself. */
  readonly events: EventLog;
  /**
   * Serves one MQTT connection; the CONNECT's user name tells DPS from hub.
   * @param peer the certificate that the client has proved to own, null for none, 'plain' where there is no TLS.
   */
  accept(stream: Duplex, peer: PeerIdentity | null | 'plain'): void;
  /** @throws the system's error when a port cannot be had. */
  listen(options?: ListenOptions): Promise<Addresses>;
  /** Ends every connection, and resolves when everything is written down. */
  close(): Promise<void>;
}

const HUB_NAME = 'local-hub.azure-devices.net';
const MQTT_PORT = 8883;
const HTTP_PORT = 7070;

function summarise({ record, link, lastActivity, telemetry }: Device): DeviceSummary {
  return {
    id: record.id,
    etag: `"${etagOf(record.revision)}"`,
    displayName: record.displayName ?? record.id,
    enabled: record.enabled,
    provisioned: record.registration !== null,
    simulated: record.simulated,
    organizations: record.organizations,
    ...(record.modelId === null ? {} : { template: record.modelId }),
    connected: link !== undefined,
    lastActivityTime: lastActivity === null ? null : new Date(lastActivity).toISOString(),
    telemetry: telemetry.lasts(),
  };
}

const collator = new Intl.Collator('en', { numeric: true });
/** board-2 before board-10. */
const byId = (one: DeviceSummary, other: DeviceSummary) => collator.compare(one.id, other.id);

/** What a path such as `component.name.field` may be a field of: `component.name`, `component`. */
function fieldsOf(path: string): string[] {
  const parts = path.split('.');
  return parts.map((_, index) => parts.slice(0, index).join('.')).slice(1);
}

/** The twin as IoT Hub's own API shows it. */
function describeTwin({ record }: Device): JsonObject {
  const { desired, reported, tags, version, revision } = record.twin;
  return {
    deviceId: record.id,
    etag: etagOf(revision),
    modelId: record.modelId,
    version,
    tags,
    properties: { desired: sectionForService(desired, 'desired'), reported: sectionForService(reported, 'reported') },
  };
}

/**
 * DPS and IoT Hub in one: what stands behind the seam is listed in docs/local-cloud.md.
 * @throws the file system's error for a data folder that cannot be used; Error for an enrollment that cannot
 */
export function createLocalCloud(options: LocalCloudOptions): LocalCloud {
  const { clock, random, pki, idScope, assigningAnswers = 2, retryAfter = 1, desired = {}, log = () => {} } = options;
  const { routes = [] } = options;
  const store =
    options.dataFolder === undefined
      ? memoryStore()
      : openStore(options.dataFolder, { now: clock.wall(), check: checkKept, upgrade: upgradeLine, log });
  const events = new EventFeed(() => clock.wall(), hex(random, 8));
  const context: CloudContext = { clock, random, store, faults: new FaultQueue(), events, log };
  const catalog = new ModelCatalog(options.models ?? new ModelRepository([PACKAGED_MODELS]), log);
  const modelOf = ({ record }: Device) => catalog.find(record.modelId);
  const devices = new DeviceRegistry(context);
  const enrollments = new EnrollmentRegistry(context, options.enrollments);
  const { hubName: name = HUB_NAME } = options;
  let mqttPort = MQTT_PORT;
  const hubName = () => (typeof name === 'string' ? name : name(mqttPort));
  const hub = new Hub(context, devices, hubName);
  const dps = new Dps(context, devices, {
    idScope,
    enrollments: () => enrollments.all(),
    hubName,
    desired,
    assigningAnswers,
    retryAfter,
  });
  const connections = new Set<MqttConnection>();
  const servers: Listening[] = [];
  let accepted = 0;

  function accept(stream: Duplex, peer: PeerIdentity | null | 'plain', onAccepted = () => {}): void {
    const number = ++accepted;
    let who: { service: Service; deviceId: string } | undefined;
    const tap = (direction: 'in' | 'out', packet: Packet) =>
      events.emit({ type: 'mqtt', connection: number, direction, packet: describePacket(packet), ...who });
    const connection = new MqttConnection(stream, clock, tap);
    connections.add(connection);
    const service = converse(connection, {
      clock,
      faults: context.faults,
      events,
      onAccepted(toService, deviceId) {
        who = { service: toService, deviceId };
        onAccepted();
      },
      admit: (connect) => (serviceOf(connect) === 'dps' ? dps : hub).admit(connect, connection, peer),
    });
    service.finally(() => connections.delete(connection)).catch((error: unknown) => log(`MQTT: ${String(error)}`));
  }

  async function startHttp(host: string, port: number | undefined, key: string | null): Promise<Listening> {
    const api = { cloud, events: events.log, clock, log, host, key, routes };
    if (port !== undefined) return startHttpApi({ ...api, port });
    try {
      return await startHttpApi({ ...api, port: HTTP_PORT });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EADDRINUSE')) throw error;
      log(`Port ${HTTP_PORT} is in use, so the HTTP API is on another one`);
      return startHttpApi({ ...api, port: 0 });
    }
  }

  const cloud: LocalCloud = {
    accept,
    events: events.log,
    async listen({ host = LOOPBACK, mqttPort: wanted = 0, httpPort, plainPort, httpKey } = {}) {
      if (!isLoopback(host) && httpKey === undefined) {
        throw new Error('the HTTP API needs a key when it can be reached from other machines');
      }
      const start = async (makeServer: (settled: (socket: Socket) => void) => Server, port: number) => {
        const started: { listening?: Listening } = {};
        const server = makeServer((socket) => started.listening?.settled(socket));
        started.listening = await listen(server, host, port);
        servers.push(started.listening);
        return started.listening.port;
      };
      const onRefused = (reason: string) => events.emit({ type: 'refusal', stage: 'tls', code: null, reason });
      mqttPort = await start(
        (settled) =>
          tlsServer(
            pki.servers,
            (socket) => accept(socket, identityOfSocket(socket), () => settled(socket)),
            onRefused,
          ),
        wanted,
      );
      const plain =
        plainPort === undefined
          ? null
          : await start(
              (settled) => plainServer((socket) => accept(socket, 'plain', () => settled(socket))),
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
    enrollments,
    onEvent: (listener) => events.listen(listener),
    devices: () => devices.all().map(summarise).sort(byId),
    device: (id) => summarise(devices.get(id)),
    async createDevice(id, { certificate, thumbprint, modelId }) {
      const known = fingerprintOf({ certificate, thumbprint }) ?? null;
      return summarise(await devices.create({ id, thumbprint: known, modelId: modelId ?? null }));
    },
    findDevice(id) {
      const device = devices.find(id);
      return device && summarise(device);
    },
    async changeDevice(id, changes, isAllowed = () => {}) {
      const etag = (record: DeviceRecord | undefined) => record && `"${etagOf(record.revision)}"`;
      return summarise(await devices.change(id, changes, (record) => isAllowed(etag(record))));
    },
    state(id) {
      const device = devices.get(id);
      const model = modelOf(device);
      return {
        device: summarise(device),
        model: model?.document ?? null,
        properties: describeProperties(device.record, model),
        twin: describeTwin(device),
      };
    },
    identity: (id) =>
      describeIdentity(devices.get(id).record, {
        enrollments: enrollments.all(),
        ca: pki.ca,
        idScope,
        hub: hubName(),
        now: clock.wall(),
      }),
    twin: (id) => describeTwin(devices.get(id)),
    properties(id) {
      const device = devices.get(id);
      return describeProperties(device.record, modelOf(device));
    },
    model: (id) => catalog.find(id)?.document,
    template: (id) => catalog.template(id),
    templates: () => catalog.templates(),
    patchDesired: (id, patch) => hub.patchDesired(id, patch),
    changeTwin: (id, changes, conditions) => hub.changeTwin(id, changes, conditions),
    withComponents(id, properties) {
      const device = devices.get(id);
      return withComponents(properties, device.record, modelOf(device));
    },
    replaceDesired: (id, properties) => hub.replaceDesired(id, properties),
    invokeMethod: (id, method, request, times) => hub.invokeMethod(id, method, request, times),
    telemetry: (id, metric) => devices.get(id).telemetry.last(metric),
    lastTelemetry: (id) => devices.get(id).telemetry.lasts(),
    telemetryHistory: (id, metric) => devices.get(id).telemetry.history(metric),
    sendC2d: (id, body, properties = new Map()) => hub.sendC2d(id, body, properties),
    isModelled(id, kind, member) {
      const model = modelOf(devices.get(id));
      if (!model || model[kind].has(member)) return true;
      // Of telemetry a value may be named, or a field in it.
      return kind === 'telemetry' && fieldsOf(member).some((name) => model.telemetry.has(name));
    },
  };
  return cloud;
}
