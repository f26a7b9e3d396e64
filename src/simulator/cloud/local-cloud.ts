import type { Server } from 'node:net';
import type { Duplex } from 'node:stream';
import type { Packet } from 'mqtt-packet';
import type { Clock } from '../../clock.ts';
import { isLoopback, LOOPBACK } from '../../web/loopback.ts';
import { AzureError } from './azure-error.ts';
import type { BackEnd, DeviceSummary } from './back-end.ts';
import type { CloudContext } from './context.ts';
import type { Device } from './device.ts';
import { DeviceRegistry } from './devices.ts';
import { Dps } from './dps.ts';
import { EnrollmentRegistry } from './enrollment-registry.ts';
import type { Enrollment } from './enrollments.ts';
import { EventFeed } from './events.ts';
import { createFaults } from './fault-injector.ts';
import { FaultQueue } from './faults.ts';
import type { LockedFolder } from './folder-lock.ts';
import { startHttpApi } from './http/server.ts';
import { Hub } from './hub.ts';
import { identityOfPem, identityOfSocket, type PeerIdentity, plainThumbprint } from './identity.ts';
import type { JsonObject } from './json.ts';
import { checkKept, upgradeLine } from './kept.ts';
import { findModel, type Model } from './models.ts';
import { MqttConnection } from './mqtt-connection.ts';
import { converse, serviceOf } from './mqtt-front.ts';
import { describePacket } from './packet-description.ts';
import type { Pki } from './pki.ts';
import { describeProperties } from './plug-and-play.ts';
import { type Listening, listen, plainServer, tlsServer } from './servers.ts';
import { memoryStore, openStore } from './store.ts';
import { sectionForService } from './twin.ts';

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
  assigningAnswers?: number;
  /** Seconds; 1 by default. */
  retryAfter?: number;
  /** First desired properties, by device id. */
  desired?: Record<string, JsonObject>;
  /** Takes what an operator should know; silent by default. */
  log?: (line: string) => void;
  /** Where devices, twins, enrollments and waiting messages are kept, to be released after the cloud; in memory by default. */
  dataFolder?: LockedFolder;
}

export interface ListenOptions {
  /** Loopback by default. */
  host?: string;
  /** 0, the default, is any free one. */
  mqttPort?: number;
  /** 7070 by default; any free one when it is taken. */
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

export interface LocalCloud extends BackEnd {
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
 * @throws the file system's error for a data folder that cannot be used; Error for an enrollment that cannot
 */
export function createLocalCloud(options: LocalCloudOptions): LocalCloud {
  const { clock, random, pki, idScope, assigningAnswers = 2, retryAfter = 1, desired = {}, log = () => {} } = options;
  const store =
    options.dataFolder === undefined
      ? memoryStore()
      : openStore(options.dataFolder, { now: clock.now(), check: checkKept, upgrade: upgradeLine, log });
  const events = new EventFeed(() => clock.now());
  const context: CloudContext = { clock, random, store, faults: new FaultQueue(), events, log };
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
    async listen({ host = LOOPBACK, mqttPort: wanted = 0, httpPort = HTTP_PORT, plainPort, httpKey } = {}) {
      if (!isLoopback(host) && httpKey === undefined) {
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
    enrollments,
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
