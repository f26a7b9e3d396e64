/** What can happen in any state once there is a module: it restarts, or the port goes. */
const ANY_TIME = { rebooted: 'sync', 'port-lost': 'open-port' } as const;

/** What can happen while the session talks to the module: it stops answering, or refuses what it should not. */
const TALKING = { ...ANY_TIME, 'timed-out': 'reset', refused: 'reset' } as const;

/** What can happen until the hub is there: nothing of it can be kept, so the session starts over. */
const BEFORE_HUB = { ...TALKING, 'wifi-lost': 'reset', stuck: 'reset' } as const;

/**
 * What can happen with the hub at the other end: a module that reconnects by itself must not be told to, so the session
 * waits; a lost Wi-Fi it must join again. Subscriptions belong to a connection: with a new one, they are made again.
 */
const WITH_HUB = {
  ...TALKING,
  'broker-down': 'await-reconnect',
  'broker-up': 'hub-subscribe',
  unanswered: 'hub-subscribe',
  'wifi-lost': 'rejoin',
  stuck: 'reset',
  restart: 'reset',
  finished: 'stop',
} as const;

/**
 * The session, from the serial port to telemetry: in each state, what can come of it, and what is next.
 * An outcome that is raised from outside counts only where the state has a row for it.
 */
export const TRANSITIONS = {
  'open-port': { opened: 'sync' },
  sync: { 'port-lost': 'open-port', ready: 'root-cert' },
  'root-cert': { ...TALKING, trusted: 'identity' },
  identity: { ...TALKING, known: 'wi-fi' },
  'wi-fi': { ...TALKING, joined: 'clock', 'not-joined': 'wi-fi', stuck: 'reset' },
  clock: { ...BEFORE_HUB, set: 'dps-connect', missing: 'reset' },

  'dps-connect': { ...BEFORE_HUB, connected: 'dps-register', failed: 'reset' },
  'dps-register': { ...BEFORE_HUB, assigned: 'dps-disconnect', failed: 'reset', 'broker-down': 'reset' },
  'dps-disconnect': { ...BEFORE_HUB, closed: 'hub-connect' },

  'hub-connect': { ...BEFORE_HUB, connected: 'hub-subscribe', failed: 'reset' },
  'hub-subscribe': { ...WITH_HUB, subscribed: 'twin', failed: 'reset' },
  twin: { ...WITH_HUB, read: 'report-properties' },
  'report-properties': { ...WITH_HUB, reported: 'telemetry' },
  telemetry: WITH_HUB,

  'await-reconnect': {
    ...TALKING,
    reconnected: 'hub-subscribe',
    reconnect: 'hub-connect',
    failed: 'reset',
    'wifi-lost': 'rejoin',
    stuck: 'reset',
  },
  rejoin: {
    ...TALKING,
    joined: 'await-reconnect',
    'still-connected': 'hub-subscribe',
    'not-joined': 'rejoin',
    stuck: 'reset',
  },
  reset: { 'port-lost': 'open-port', restarted: 'sync' },
} as const satisfies Record<string, Record<string, string>>;

/** A state in which the session has something to do. */
export type State = keyof typeof TRANSITIONS;

/** What can come of a state. */
export type Outcome<S extends State = State> = S extends State ? keyof (typeof TRANSITIONS)[S] : never;

/** The state after `state`; null when `outcome` means nothing there. `stop` ends the session. */
export function next(state: State, outcome: Outcome): State | 'stop' | null {
  const row: Partial<Record<Outcome, State | 'stop'>> = TRANSITIONS[state];
  return Object.hasOwn(row, outcome) ? (row[outcome] ?? null) : null;
}

/** The states in which the hub is there and its messages are answered. */
export function isServing(state: State): boolean {
  return state === 'hub-subscribe' || state === 'twin' || state === 'report-properties' || state === 'telemetry';
}
