import type { State } from '../../src/session/table.ts';
import { DEVICE, type VirtualSimulation, type VirtualSimulationOptions } from '../helpers/simulation.ts';

/** What becomes of a session: telemetry again, or the end with an exit code. */
export type Fate = 'telemetry' | 4 | 5 | 6 | 7 | 8 | 9;

export interface Fault {
  name: string;
  /** Makes it happen. */
  strike(bench: VirtualSimulation): unknown;
  /** Ends it after so many milliseconds, where it would last. */
  heal?: { after: number; by(bench: VirtualSimulation): unknown };
  options?: VirtualSimulationOptions;
  /** What the session does, in every state that is not named in `except`; `within` is in milliseconds after the end. */
  fate: Fate;
  within: number;
  except?: Partial<Record<State, Fate | readonly Fate[]>>;
  /** The states in which it can happen; all where nothing is said. */
  states?: readonly State[];
}

/** The states in the order of the story, then those of recovery. */
export const STATES = [
  'sync',
  'root-cert',
  'identity',
  'wi-fi',
  'clock',
  'dps-connect',
  'dps-register',
  'dps-disconnect',
  'hub-connect',
  'hub-subscribe',
  'twin',
  'report-properties',
  'telemetry',
  'await-reconnect',
  'rejoin',
  'reset',
] as const satisfies readonly State[];

/** The states that come before the first telemetry: an outage that lasts too long ends the program, and says why. */
const BEFORE_TELEMETRY = STATES.slice(0, STATES.indexOf('telemetry'));

function before(code: Fate): Fault['except'] & object {
  return Object.fromEntries(BEFORE_TELEMETRY.map((state) => [state, [code, 'telemetry']]));
}

/** The board reaches the cloud by a gateway. */
const BY_GATEWAY: VirtualSimulationOptions = { byGateway: true };

/** What may become of the session when `fault` strikes in `state`; more than one where a moment decides. */
export function fates({ fate, except }: Fault, state: State): readonly Fate[] {
  const expected = except?.[state] ?? fate;
  return typeof expected === 'object' ? expected : [expected];
}

const ON_DPS = ['dps-connect', 'dps-register'] as const;
const ON_HUB = ['hub-connect', 'hub-subscribe', 'twin', 'report-properties', 'telemetry'] as const;

export const FAULTS: Fault[] = [
  { name: 'the module resets', strike: ({ module }) => module.faults.reset(), fate: 'telemetry', within: 60_000 },
  {
    name: 'the module crashes, and is reset by hand after 4 s',
    strike: ({ module }) => module.faults.crash(),
    heal: { after: 4_000, by: ({ module }) => module.powerOn() },
    fate: 'telemetry',
    within: 90_000,
  },
  { name: 'the module crashes for good', strike: ({ module }) => module.faults.crash(), fate: 5, within: 180_000 },
  {
    name: 'the network is lost for a moment',
    strike: ({ module }) => module.faults.wifiDrop(),
    fate: 'telemetry',
    within: 90_000,
  },
  {
    name: 'the network is gone for 30 s',
    strike({ module }) {
      module.faults.wifiMode('fail');
      module.faults.wifiDrop();
    },
    heal: { after: 30_000, by: ({ module }) => module.faults.wifiMode('ok') },
    fate: 'telemetry',
    within: 120_000,
    except: before(6),
  },
  {
    name: 'the broker closes the connection',
    strike: ({ module }) => module.faults.mqttDrop(),
    fate: 'telemetry',
    within: 60_000,
  },
  {
    name: 'the broker resets the connection',
    strike: ({ module }) => module.faults.mqttReset(),
    fate: 'telemetry',
    within: 60_000,
  },
  ...(['dns', 'refused', 'unreachable'] as const).map(
    (kind): Fault => ({
      name: `the broker cannot be reached for 20 s (${kind})`,
      strike({ module }) {
        module.faults.dial(kind);
        module.faults.mqttDrop();
      },
      heal: { after: 20_000, by: ({ module }) => module.faults.dial(undefined) },
      fate: 'telemetry',
      within: 300_000,
      // The module reports a name that is unknown four times a second; a connection that does not come about is silent.
      except: kind === 'dns' ? before(7) : {},
    }),
  ),
  {
    name: 'no acknowledgement of subscriptions for 20 s',
    strike: ({ module }) => module.faults.omit('suback'),
    heal: { after: 20_000, by: ({ module }) => module.faults.omit(undefined) },
    fate: 'telemetry',
    within: 180_000,
    except: before(7),
  },
  {
    name: 'no CONNACK for 20 s',
    strike: ({ module }) => module.faults.omit('connack'),
    heal: { after: 20_000, by: ({ module }) => module.faults.omit(undefined) },
    fate: 'telemetry',
    within: 180_000,
    except: before(7),
  },
  {
    name: 'no PUBACK for 20 s, with QoS 1',
    strike: ({ module }) => module.faults.omit('puback'),
    heal: { after: 20_000, by: ({ module }) => module.faults.omit(undefined) },
    options: { settings: { qos: 1 } },
    fate: 'telemetry',
    within: 180_000,
  },
  ...[1, 5, 40].map(
    (count): Fault => ({
      name: count === 1 ? '1 byte to the module is lost' : `${count} bytes to the module are lost`,
      strike: ({ module }) => module.faults.dropReceived(count),
      fate: 'telemetry',
      within: 180_000,
    }),
  ),
  ...[1, 5, 40].map(
    (count): Fault => ({
      name: count === 1 ? '1 byte from the module is lost' : `${count} bytes from the module are lost`,
      strike: ({ module }) => module.faults.dropTransmitted(count),
      fate: 'telemetry',
      within: 240_000,
    }),
  ),
  { name: 'noise on the wire', strike: ({ module }) => module.faults.noise(200), fate: 'telemetry', within: 60_000 },
  {
    name: 'the wire stalls for 2 s',
    strike: ({ module }) => module.faults.stall(2_000),
    fate: 'telemetry',
    within: 60_000,
  },
  {
    name: 'the wire stalls for 8 s',
    strike: ({ module }) => module.faults.stall(8_000),
    fate: 'telemetry',
    within: 180_000,
  },
  {
    name: 'the tasks of the module interrupt each other',
    strike: ({ module }) => module.faults.preempt(25),
    heal: { after: 60_000, by: ({ module }) => module.faults.preempt(0) },
    fate: 'telemetry',
    within: 240_000,
  },
  {
    name: 'the adapter is unplugged for 5 s',
    strike: (bench) => bench.unplug(),
    heal: { after: 5_000, by: (bench) => bench.plug() },
    fate: 'telemetry',
    within: 90_000,
  },
  {
    name: 'the MQTT client of the module is stuck',
    strike: ({ module }) => module.faults.raw(Buffer.from('Failed to allocate Handle\r\n')),
    fate: 'telemetry',
    within: 90_000,
  },
  ...([400, 401, 404] as const).map(
    (status): Fault => ({
      name: `DPS answers ${status}`,
      strike: ({ cloud }) => cloud.faults.inject({ type: 'dps', answer: 'status', status, on: 'register' }),
      fate: 7,
      within: 60_000,
      states: ON_DPS.slice(0, 1),
    }),
  ),
  ...([409, 412, 429, 500, 503] as const).map(
    (status): Fault => ({
      name: `DPS answers ${status} once`,
      strike: ({ cloud }) => cloud.faults.inject({ type: 'dps', answer: 'status', status }),
      fate: 'telemetry',
      within: 90_000,
      states: ON_DPS,
    }),
  ),
  ...(['failed', 'disabled', 'mqttV5'] as const).map(
    (answer): Fault => ({
      name: `DPS answers ${answer}`,
      strike: ({ cloud }) => cloud.faults.inject({ type: 'dps', answer }),
      fate: 7,
      within: 60_000,
      states: ON_DPS,
    }),
  ),
  ...(['none', 'drop', 'malformed', 'empty', 'unassigned'] as const).map(
    (answer): Fault => ({
      name: `DPS answers nothing good once (${answer})`,
      strike: ({ cloud }) => cloud.faults.inject({ type: 'dps', answer }),
      fate: 'telemetry',
      within: 120_000,
      states: ON_DPS,
    }),
  ),
  {
    name: 'DPS never answers',
    strike: ({ cloud }) => cloud.faults.inject({ type: 'dps', answer: 'none', count: 999 }),
    fate: 7,
    within: 240_000,
    states: ON_DPS,
  },
  {
    name: 'DPS refuses every connection',
    strike: ({ cloud }) =>
      cloud.faults.inject({ type: 'connect', service: 'dps', answer: 'code', code: 5, count: 999 }),
    fate: 7,
    within: 240_000,
    states: ['dps-connect'],
  },
  ...([2, 3, 5] as const).map(
    (code): Fault => ({
      name: `the hub refuses 3 connections with code ${code}`,
      strike: ({ cloud }) => cloud.faults.inject({ type: 'connect', service: 'hub', answer: 'code', code, count: 3 }),
      fate: 'telemetry',
      within: 120_000,
      states: ['hub-connect', 'await-reconnect'],
    }),
  ),
  {
    name: 'the hub refuses every connection',
    strike: ({ cloud }) =>
      cloud.faults.inject({ type: 'connect', service: 'hub', answer: 'code', code: 5, count: 999 }),
    fate: 8,
    within: 240_000,
    states: ['hub-connect'],
  },
  ...(['kick', 'disable'] as const).map(
    (type): Fault => ({
      name: type === 'kick' ? 'a second client with the same id' : 'the device is disabled for 30 s',
      strike: ({ cloud }) => cloud.faults.inject({ type, deviceId: DEVICE }),
      heal: { after: 30_000, by: ({ cloud }) => cloud.faults.inject({ type: 'enable', deviceId: DEVICE }) },
      fate: 'telemetry',
      except: type === 'disable' ? before(8) : {},
      within: 300_000,
      states: ON_HUB,
    }),
  ),
  {
    name: 'the device is moved to another hub',
    strike: ({ cloud }) => cloud.faults.inject({ type: 'move', deviceId: DEVICE, hub: 'other-hub.azure-devices.net' }),
    fate: 'telemetry',
    within: 300_000,
    states: ON_HUB,
  },
  {
    name: 'the identity of the device is deleted',
    strike: ({ cloud }) => cloud.faults.inject({ type: 'delete', deviceId: DEVICE }),
    fate: 'telemetry',
    within: 300_000,
    states: ON_HUB,
  },
  ...([400, 429, 500] as const).map(
    (status): Fault => ({
      name: `the twin answers ${status} once`,
      strike: ({ cloud }) => cloud.faults.inject({ type: 'twin', answer: 'status', status }),
      fate: 'telemetry',
      within: 120_000,
      states: ON_HUB,
    }),
  ),
  ...(['none', 'drop', 'malformed', 'empty', 'oversize'] as const).map(
    (answer): Fault => ({
      name: `the twin answers nothing good once (${answer})`,
      strike: ({ cloud }) => cloud.faults.inject({ type: 'twin', answer }),
      fate: 'telemetry',
      within: 180_000,
      states: ON_HUB,
    }),
  ),
  {
    name: 'twenty property writes and as many commands at once',
    strike({ cloud }) {
      for (let n = 0; n < 20; n++) {
        cloud.patchDesired(DEVICE, { telemetryInterval: n, fan: n }).catch(() => undefined);
        cloud.invokeMethod(DEVICE, n % 2 ? 'reboot' : 'nonsense', n % 3 ? { delay: 'PT1S' } : n).catch(() => undefined);
      }
    },
    fate: 'telemetry',
    within: 120_000,
    states: ON_HUB,
  },
  {
    name: 'gateway: its connection to the cloud breaks',
    strike: ({ gateway }) => gateway?.cut(),
    options: BY_GATEWAY,
    fate: 'telemetry',
    within: 90_000,
  },
  ...(['ECONNREFUSED', 'ENOTFOUND'] as const).map(
    (code): Fault => ({
      name: `gateway: the cloud cannot be reached for 20 s (${code === 'ENOTFOUND' ? 'DNS' : 'refused'})`,
      strike: ({ gateway }) => gateway?.outage(code),
      heal: { after: 20_000, by: ({ gateway }) => gateway?.outage(null) },
      options: BY_GATEWAY,
      fate: 'telemetry',
      within: 180_000,
    }),
  ),
  {
    name: 'gateway: it is killed, and there again after 10 s',
    strike: ({ gateway }) => gateway?.kill(),
    heal: { after: 10_000, by: ({ gateway }) => gateway?.restart() },
    options: BY_GATEWAY,
    fate: 'telemetry',
    within: 180_000,
    except: before(9),
  },
  {
    name: 'gateway: its token has expired, since this computer was asleep for an hour',
    strike({ clock, gateway }) {
      clock.stepWall(3_600_000);
      gateway?.cut();
    },
    options: BY_GATEWAY,
    fate: 'telemetry',
    within: 120_000,
  },
  {
    name: 'gateway: the module resets',
    strike: ({ module }) => module.faults.reset(),
    options: BY_GATEWAY,
    fate: 'telemetry',
    within: 90_000,
  },
  {
    name: 'gateway: the network is lost for a moment',
    strike: ({ module }) => module.faults.wifiDrop(),
    options: BY_GATEWAY,
    fate: 'telemetry',
    within: 120_000,
  },
  {
    name: 'gateway: DPS refuses every connection',
    strike: ({ cloud }) =>
      cloud.faults.inject({ type: 'connect', service: 'dps', answer: 'code', code: 5, count: 999 }),
    options: BY_GATEWAY,
    fate: 9,
    within: 240_000,
    states: ['dps-connect'],
  },
  ...([3, 5] as const).map(
    (code): Fault => ({
      name: `gateway: the hub refuses 3 connections with code ${code}`,
      strike: ({ cloud }) => cloud.faults.inject({ type: 'connect', service: 'hub', answer: 'code', code, count: 3 }),
      options: BY_GATEWAY,
      fate: 'telemetry',
      within: 120_000,
      states: ['hub-connect', 'await-reconnect'],
    }),
  ),
  {
    name: 'gateway: the twin is larger than the module can take, once',
    strike: ({ cloud }) => cloud.faults.inject({ type: 'twin', answer: 'oversize' }),
    options: BY_GATEWAY,
    fate: 'telemetry',
    within: 180_000,
    states: ON_HUB,
  },
];
