import { type Duplex, duplexPair } from 'node:stream';
import { sleep } from '../../src/clock.ts';
import { createDevice } from '../../src/device/runtime.ts';
import { wbz451 } from '../../src/device/wbz451.ts';
import type { SessionEvent } from '../../src/events.ts';
import { createModem, type Family } from '../../src/modem/detect.ts';
import type { SessionSettings } from '../../src/session/context.ts';
import { Session } from '../../src/session/session.ts';
import { identityOfPem } from '../../src/simulator/cloud/identity.ts';
import { createLocalCloud, type LocalCloud } from '../../src/simulator/cloud/local-cloud.ts';
import { createPki } from '../../src/simulator/cloud/pki.ts';
import { createVirtualModule, type VirtualModule } from '../../src/simulator/module/virtual-module.ts';
import { BOARD_SCHEMA } from './board-model.ts';
import { GATEWAY_KEY, MemoryGateway } from './memory-gateway.ts';
import { settle, VirtualClock } from './virtual-clock.ts';

export const DEVICE = 'sn0123A1B2C3D4E5F601';
export const SCOPE = '0ne00A1B2C3';

const start = Date.parse('2026-11-23T12:00:00Z');
const pki = await createPki({ hosts: [], now: start });
const identity = await pki.device(DEVICE);
const peer = identityOfPem(identity.certificate);

const SETTINGS: SessionSettings = {
  wifi: { ssid: 'AnyCloud-Demo', passphrase: 'correct horse', security: 'wpa2' },
  ntpServer: 'pool.ntp.org',
  dpsHost: 'global.azure-devices-provisioning.net',
  idScope: SCOPE,
  deviceId: DEVICE,
  rootCert: null,
  mqttTls: 1,
  mqttPort: 8883,
  count: null,
  qos: 0,
  sampling: true,
  onReboot: 'log',
};

/** A session against the virtual module and the local cloud, in virtual time and without TLS. */
export interface VirtualSimulation {
  clock: VirtualClock;
  module: VirtualModule;
  cloud: LocalCloud;
  /** Null where the module reaches the cloud by itself. */
  gateway: MemoryGateway | null;
  session: Session;
  events: SessionEvent[];
  /** The states that the session has been in. */
  states(): string[];
  /** The events of a type. */
  of<T extends SessionEvent['type']>(type: T): Extract<SessionEvent, { type: T }>[];
  /** The commands that were sent. */
  sent(): string[];
  /** The wire to the module is pulled; the port stays away until `plug` is called. */
  unplug(): void;
  plug(): void;
  /** Kills this session, and gives another one on the same module and cloud: the module notices nothing. */
  again(): VirtualSimulation;
  /** Starts the session; settles when it has ended. */
  run(): Promise<void>;
  /** Ends the session, and everything else. */
  stop(): Promise<void>;
  /** Moves time on until `condition` holds. Fails after `limit` ms of virtual time. */
  until(condition: () => boolean, limit?: number): Promise<void>;
  /** Moves time on until `count` telemetry messages were accepted. */
  telemetry(count: number, limit?: number): Promise<void>;
}

/** A seeded source of random numbers (mulberry32), so that a run can be repeated. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface VirtualSimulationOptions {
  /** Of the virtual module; AnyCloud by default. */
  family?: Family;
  /** That the session expects; null: it asks the module. By default that of the module. */
  expected?: Family | null;
  settings?: Partial<SessionSettings> & { interval?: number };
  pace?: 'real' | 'instant';
  seed?: number;
  cloud?: Partial<Parameters<typeof createLocalCloud>[0]>;
  module?: Partial<Parameters<typeof createVirtualModule>[0]>;
  /** Whether the module, which makes no TLS connection then, reaches the cloud by a gateway; false by default. */
  byGateway?: boolean;
  /** Called for every event, before anything else can happen. */
  onEvent?: (event: SessionEvent) => void;
}

/** Builds the simulation; the module has booted when it is there. */
export async function virtualSimulation(options: VirtualSimulationOptions = {}): Promise<VirtualSimulation> {
  const clock = new VirtualClock(start);
  const random = seeded(options.seed ?? 1);
  const { interval = 10, ...others } = options.settings ?? {};
  const settings = { ...SETTINGS, ...others };
  // A gateway cannot show the certificate of the module.
  const proof = options.byGateway
    ? { symmetricKey: { primaryKey: GATEWAY_KEY, secondaryKey: GATEWAY_KEY } }
    : { certificate: identity.certificate };
  const cloud = createLocalCloud({
    clock,
    random,
    pki,
    idScope: SCOPE,
    enrollments: [{ kind: 'individual', registrationId: DEVICE, ...proof }],
    ...options.cloud,
  });
  const { family = 'anycloud', expected = family } = options;
  const reported: { event: (event: SessionEvent) => void } = { event: () => undefined };
  const gateway = options.byGateway
    ? new MemoryGateway({
        clock,
        random,
        deviceId: DEVICE,
        accept: (stream) => cloud.accept(stream, null),
        report: (event) => reported.event(event),
      })
    : null;
  const module = createVirtualModule({
    family,
    clock,
    random,
    expiredRoot: gateway !== null,
    dial: async () => {
      if (gateway) return gateway.dial();
      const [client, server] = duplexPair();
      cloud.accept(server, peer);
      return client;
    },
    identity,
    trusted: [pki.ca],
    accessPoints: [
      {
        ssid: 'AnyCloud-Demo',
        passphrase: 'correct horse',
        security: 'wpa2',
        bssid: '5C:76:95:1B:D9:2F',
        channel: 6,
        rssi: -48,
      },
    ],
    pace: options.pace ?? 'instant',
    ...options.module,
  });
  module.powerOn();
  await clock.advance(1_000);
  return withSession({
    clock,
    random,
    expected,
    settings,
    interval,
    cloud,
    module,
    gateway,
    reported,
    onEvent: options.onEvent,
  });
}

function withSession(parts: {
  clock: VirtualClock;
  expected: Family | null;
  random: () => number;
  settings: SessionSettings;
  interval: number;
  cloud: LocalCloud;
  module: VirtualModule;
  gateway: MemoryGateway | null;
  /** Where what the gateway tells goes. */
  reported: { event: (event: SessionEvent) => void };
  onEvent?: ((event: SessionEvent) => void) | undefined;
}): VirtualSimulation {
  const { clock, random, expected, settings, interval, cloud, module, gateway, reported } = parts;
  const events: SessionEvent[] = [];
  const byType = new Map<SessionEvent['type'], SessionEvent[]>();
  const ofType = (type: SessionEvent['type']) => {
    const known = byType.get(type) ?? [];
    byType.set(type, known);
    return known;
  };
  const report = (event: SessionEvent) => {
    events.push(event);
    ofType(event.type).push(event);
    parts.onEvent?.(event);
  };
  reported.event = report;
  const stop = new AbortController();
  let running: Promise<void> | null = null;
  let wire: Duplex | null = null;
  let unplugged = false;
  const simulation: VirtualSimulation = {
    clock,
    module,
    cloud,
    gateway,
    events,
    session: new Session({
      settings,
      clock,
      random,
      report,
      gateway,
      device: createDevice(wbz451(), { interval, schema: BOARD_SCHEMA }),
      openModem: async (signal) => {
        while (unplugged) await sleep(clock, 1_000, signal);
        wire = module.connect();
        return createModem(wire, clock, expected);
      },
    }),
    states: () => simulation.of('state').map(({ state }) => state),
    of: (type) =>
      ofType(type).filter((event): event is Extract<SessionEvent, { type: typeof type }> => event.type === type),
    sent: () => simulation.of('at').flatMap((event) => (event.dir === 'tx' ? [event.line] : [])),
    unplug() {
      unplugged = true;
      wire?.destroy();
    },
    plug() {
      unplugged = false;
    },
    again() {
      wire?.destroy();
      stop.abort(new Error('killed'));
      return withSession(parts);
    },
    run() {
      running ??= simulation.session.run(stop.signal);
      running.catch(() => undefined);
      return running;
    },
    async stop() {
      stop.abort(new Error('the test is over'));
      if (running !== null) await clock.until(running.catch(() => undefined));
      module.close();
      await clock.until(cloud.close());
    },
    async until(condition, limit = 600_000) {
      await settle();
      for (const end = clock.monotonic() + limit; !condition(); ) {
        if (clock.monotonic() >= end)
          throw new Error(`not within ${limit} ms; states: ${simulation.states().slice(-8).join(' ')}`);
        await clock.step(end);
      }
    },
    telemetry: (count, limit) => simulation.until(() => simulation.of('telemetry').length >= count, limit),
  };
  return simulation;
}
