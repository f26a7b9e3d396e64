import type { Twin } from '../azure/twin.ts';
import type { AppError } from '../errors.ts';
import type { Modem } from '../modem/modem.ts';
import type { Assignment } from './assignment.ts';
import type { HubConnection } from './hub/connection.ts';
import type { Outcome, State, TRANSITIONS } from './table.ts';

/** Everything that a state can learn for the states after it. */
export interface Facts {
  /** The module, while its port is open. */
  modem: Modem;
  /** Who the device is at DPS. */
  deviceId: string;
  /** The joined network: the module's address in it, and whether it was found so instead of joined. */
  network: { readonly ip: string; readonly found: boolean };
  assignment: Assignment;
  /** The work for one connection to the hub. */
  connection: HubConnection;
  /** The twin as it was just read; null when it cannot be had. */
  twin: Twin | null;
}

const TO_DPS = ['modem', 'deviceId', 'network'] as const;
const TO_HUB = ['modem', 'network', 'assignment'] as const;
const SERVING = [...TO_HUB, 'connection'] as const;

/** What each state works with. A fact lives as long as the states need it: the first one that does not ends it. */
export const NEEDS = {
  'open-port': [],
  sync: ['modem'],
  'root-cert': ['modem'],
  identity: ['modem'],
  'wi-fi': ['modem', 'deviceId'],
  clock: TO_DPS,
  'dps-connect': TO_DPS,
  'dps-register': TO_DPS,
  'dps-disconnect': TO_HUB,
  'hub-connect': TO_HUB,
  'hub-subscribe': TO_HUB,
  twin: SERVING,
  'report-properties': [...SERVING, 'twin'],
  telemetry: SERVING,
  'await-reconnect': TO_HUB,
  rejoin: ['modem', 'assignment'],
  reset: ['modem'],
} as const satisfies Record<State, readonly (keyof Facts)[]>;

/** What a state learns when it ends with an outcome. */
interface Learns {
  'open-port': { opened: 'modem' };
  identity: { known: 'deviceId' };
  'wi-fi': { joined: 'network' };
  'dps-register': { assigned: 'assignment' };
  'hub-subscribe': { subscribed: 'connection' };
  twin: { read: 'twin' };
  rejoin: { joined: 'network'; 'still-connected': 'network' };
}

/** Outcomes of a state that has failed at its own work, and says at what. */
type Failure = 'failed' | 'not-joined' | 'missing' | 'stuck';

type Needed<S extends State> = (typeof NEEDS)[S][number];
type Learned<S, O> = S extends keyof Learns ? (O extends keyof Learns[S] ? Learns[S][O] & keyof Facts : never) : never;

/** The facts that a state is given. */
export type FactsOf<S extends State> = Readonly<Pick<Facts, Needed<S>>>;

/** What any state may return: an outcome, and what it has learned, or why it has failed. */
export type AnyResult = Outcome | ({ outcome: Outcome; error?: AppError } & Partial<Facts>);

/** What a state returns. */
export type Result<S extends State> = {
  [O in Outcome<S>]: O extends Failure
    ? { outcome: O; error: AppError }
    : [Learned<S, O>] extends [never]
      ? O
      : { outcome: O } & Pick<Facts, Learned<S, O>>;
}[Outcome<S>] &
  AnyResult;

type Next<S extends State, O> = O extends keyof (typeof TRANSITIONS)[S] ? (typeof TRANSITIONS)[S][O] : never;

/** The facts that a following state needs, and that neither are there nor have just been learned: none may be. */
type Lacking = {
  [S in State]: {
    [O in Outcome<S>]: Next<S, O> extends State ? Exclude<Needed<Next<S, O>>, Needed<S> | Learned<S, O>> : never;
  }[Outcome<S>];
}[State];
type None<T extends never> = T;
export type EveryFactIsLearnedBeforeItIsNeeded = None<Lacking>;

/** Whether everything is known that a state needs. */
export function areKnown<S extends State>(facts: Partial<Facts>, state: S): facts is Partial<Facts> & FactsOf<S> {
  return NEEDS[state].every((name) => facts[name] !== undefined);
}

/** The facts that `state` needs; the others have ended. */
export function keep(facts: Partial<Facts>, state: State): Partial<Facts> {
  const needed: readonly string[] = NEEDS[state];
  if (!needed.includes('connection')) facts.connection?.end();
  if (!needed.includes('modem')) facts.modem?.close();
  return Object.fromEntries(Object.entries(facts).filter(([name]) => needed.includes(name)));
}
