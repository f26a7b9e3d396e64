import type { Duplex } from 'node:stream';
import type { Packet } from 'mqtt-packet';
import type { Clock } from '../../clock.ts';
import { ModelRepository, PACKAGED_MODELS } from '../../dtdl/repository.ts';
import type { JsonObject } from '../../json.ts';
import type { EventLog } from '../../web/event-log.ts';
import type { Route } from '../../web/router.ts';
import type { BackEnd } from './back-end.ts';
import type { CloudContext } from './context.ts';
import { DeviceRegistry } from './devices.ts';
import { Dps } from './dps.ts';
import { enrollKey } from './enroll-key.ts';
import { EnrollmentRegistry } from './enrollment-registry.ts';
import type { Enrollment } from './enrollments.ts';
import { EventFeed } from './events.ts';
import { FaultQueue, type Service } from './faults.ts';
import type { LockedFolder } from './folder-lock.ts';
import { Hub } from './hub.ts';
import { checkKept, upgradeLine } from './kept.ts';
import { type Addresses, Listeners, type ListenOptions } from './listeners.ts';
import { ModelCatalog } from './models.ts';
import { MqttConnection } from './mqtt-connection.ts';
import { converse, serviceOf } from './mqtt-front.ts';
import { type CloudParts, createBackEnd } from './operations.ts';
import { describePacket } from './packet-description.ts';
import type { Pki } from './pki.ts';
import { Policies } from './policies.ts';
import type { Peer } from './proof.ts';
import { restRoutes } from './rest/all-routes.ts';
import { RestServer } from './rest/rest-server.ts';
import { memoryStore, openStore } from './store.ts';
import type { SymmetricKey } from './symmetric-key.ts';
import { hex } from './tokens.ts';

export type { Enrollment } from './enrollments.ts';
export type { CloudFaults } from './fault-injector.ts';
export type { PeerIdentity } from './identity.ts';
export type { Addresses, ListenOptions } from './listeners.ts';

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

export interface LocalCloud extends BackEnd {
  /** What has happened, as the HTTP API streams it; a session beside the cloud adds what it sees itself. */
  readonly events: EventLog;
  /**
   * Serves one MQTT connection; the CONNECT's user name tells DPS from hub.
   * @param peer the certificate that the client has proved to own, null for none, 'plain' where there is no TLS.
   */
  accept(stream: Duplex, peer: Peer): void;
  /** The shared access policies of hub and DPS. */
  readonly policies: Policies;
  /** Lets a device in by a symmetric key; see enrollKey. `isNew` is false where it was let in by this key before. */
  enrollKey(id: string, given?: Partial<SymmetricKey>): Promise<{ key: SymmetricKey; isNew: boolean }>;
  /** The keys of all devices that the hub knows by keys. */
  deviceKeys(): Map<string, SymmetricKey>;
  /** @throws the system's error when a port cannot be had. */
  listen(options?: ListenOptions): Promise<Addresses>;
  /** Ends every connection, and resolves when everything is written down. */
  close(): Promise<void>;
}

const HUB_NAME = 'local-hub.azure-devices.net';
const MQTT_PORT = 8883;

/**
 * DPS and IoT Hub in one: what stands behind the seam is listed in docs/local-cloud.md.
 * @throws the file system's error for a data folder that cannot be used; Error for an enrollment that cannot
 */
export function createLocalCloud(options: LocalCloudOptions): LocalCloud {
  const { clock, random, pki, idScope, assigningAnswers = 2, retryAfter = 1, desired = {}, log = () => {} } = options;
  const { hubName: name = HUB_NAME, routes = [] } = options;
  const store =
    options.dataFolder === undefined
      ? memoryStore()
      : openStore(options.dataFolder, { now: clock.wall(), check: checkKept, upgrade: upgradeLine, log });
  const events = new EventFeed(() => clock.wall(), hex(random, 8));
  const context: CloudContext = { clock, random, store, faults: new FaultQueue(), events, log };
  const catalog = new ModelCatalog(options.models ?? new ModelRepository([PACKAGED_MODELS]), log);
  const devices = new DeviceRegistry(context);
  const enrollments = new EnrollmentRegistry(context, options.enrollments);
  const policies = new Policies(context);
  let mqttPort = MQTT_PORT;
  const hubName = () => (typeof name === 'string' ? name : name(mqttPort));
  const hub = new Hub(context, devices, {
    policies,
    hubName,
    authorities: () => [
      pki.state.deviceRoot.certificate,
      pki.deviceSigner,
      ...enrollments.all().flatMap((each) => (each.kind === 'group' && each.ca !== undefined ? [each.ca] : [])),
    ],
  });
  const parts: CloudParts = { context, devices, enrollments, hub, catalog, ca: pki.ca, idScope, hubName };
  const dps = new Dps(context, devices, {
    idScope,
    enrollments: () => enrollments.all(),
    hubName,
    desired,
    assigningAnswers,
    retryAfter,
  });
  const connections = new Set<MqttConnection>();
  let accepted = 0;

  function accept(stream: Duplex, peer: Peer, onAccepted = () => {}): void {
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

  const backEnd = createBackEnd(parts);
  const rest = new RestServer({ context, hub, policies, hubName, routes: restRoutes({ ...parts, dps }) });
  const listeners = new Listeners({ accept, backEnd, rest, events, routes, pki, clock, log });
  return {
    ...backEnd,
    accept,
    events: events.log,
    policies,
    enrollKey: (id, given = {}) => enrollKey(parts, id, given),
    deviceKeys: () =>
      new Map(
        devices
          .all()
          .flatMap(({ record: { id, symmetricKey } }) => (symmetricKey ? [[id, symmetricKey] as const] : [])),
      ),
    listen: (wanted = {}) =>
      listeners.open(wanted, (port) => {
        mqttPort = port;
      }),
    async close() {
      for (const connection of connections) connection.close();
      for (const { messages } of devices.all()) messages.close();
      await listeners.close();
      await store.close();
    },
  };
}
