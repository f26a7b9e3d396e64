import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModemError } from '../../src/modem/modem.ts';
import { next, type Outcome, type State, TRANSITIONS } from '../../src/session/table.ts';
import { Rig, ROOT_CERTIFICATE } from '../helpers/rig.ts';

// What may strike in any state: which state follows, what is said, and when the next attempt begins.

const STORY = [
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
] as const;
const BEFORE_HUB = ['clock', 'dps-connect', 'dps-register', 'dps-disconnect', 'hub-connect'] as const;
const SERVING = ['hub-subscribe', 'twin', 'report-properties', 'telemetry'] as const;
const DETOURS = ['await-reconnect', 'rejoin', 'reset'] as const;
const AFTER_SYNC = [...STORY.slice(1), 'await-reconnect', 'rejoin'] as const;

interface Strike {
  outcome: Outcome;
  /** Makes it happen while the state is busy. */
  by(rig: Rig): void;
  /** The state that follows, by the one it strikes in. */
  leads: Partial<Record<State, State>>;
  /** What is said. */
  says: string | null;
  /** Milliseconds between the strike and the first thing that the following state does. */
  pause: number;
}

function all<const S extends State>(states: readonly S[], following: State): Partial<Record<State, State>> {
  return Object.fromEntries(states.map((state) => [state, following]));
}

const STRIKES: Strike[] = [
  {
    outcome: 'rebooted',
    by: ({ modem }) => modem.tell({ type: 'restarted' }),
    leads: all(AFTER_SYNC, 'sync'),
    says: 'warning: The module has restarted by itself. Trying again in 1 s.',
    pause: 1_000,
  },
  {
    outcome: 'port-lost',
    by: ({ modem }) => modem.unplug(),
    leads: all([...STORY, ...DETOURS], 'open-port'),
    says: null,
    pause: 0,
  },
  {
    outcome: 'timed-out',
    by: (rig) => rig.modem.fail(new ModemError('timed-out', 'The module has not answered')),
    leads: all(
      AFTER_SYNC.filter((state) => state !== 'clock'),
      'reset',
    ),
    says: 'warning: The module has stopped answering. Trying again in 1 s.',
    pause: 0,
  },
  {
    outcome: 'refused',
    by: (rig) => rig.modem.fail(new ModemError('refused', 'The module refused it')),
    leads: all(
      AFTER_SYNC.filter((state) => state !== 'clock'),
      'reset',
    ),
    says: 'warning: The module refused it. Trying again in 1 s.',
    pause: 0,
  },
  {
    outcome: 'stuck',
    by: ({ modem }) => modem.tell({ type: 'stuck' }),
    leads: {
      ...all([...BEFORE_HUB, ...SERVING], 'reset'),
      'wi-fi': 'reset',
      'await-reconnect': 'reset',
      rejoin: 'reset',
    },
    says: 'warning: The MQTT client of the module is stuck. Trying again in 1 s.',
    pause: 0,
  },
  {
    outcome: 'wifi-lost',
    by: ({ modem }) => modem.tell({ type: 'link-down' }),
    leads: all(BEFORE_HUB, 'reset'),
    says: 'warning: The network was lost before the hub was reached. Trying again in 1 s.',
    pause: 0,
  },
  {
    outcome: 'wifi-lost',
    by: ({ modem }) => modem.tell({ type: 'link-down' }),
    leads: all([...SERVING, 'await-reconnect'], 'rejoin'),
    says: null,
    pause: 0,
  },
  {
    outcome: 'broker-down',
    by: ({ modem }) => modem.tell({ type: 'broker', connected: false }),
    leads: { 'dps-register': 'reset' },
    says: 'warning: DPS has closed the connection. Trying again in 1 s.',
    pause: 0,
  },
  {
    outcome: 'broker-down',
    by: ({ modem }) => modem.tell({ type: 'broker', connected: false }),
    leads: all(SERVING, 'await-reconnect'),
    says: null,
    pause: 0,
  },
  {
    outcome: 'broker-up',
    by: ({ modem }) => modem.tell({ type: 'broker', connected: true }),
    leads: all(SERVING, 'hub-subscribe'),
    says: null,
    pause: 0,
  },
  {
    outcome: 'restart',
    by: ({ device }) => device.host?.restart(0),
    leads: all(SERVING, 'reset'),
    says: null,
    pause: 0,
  },
];

/** When it strikes, in milliseconds after the state was entered: the state is waiting for the modem then. */
function moment(state: State): number {
  return state === 'rejoin' ? 1_005 : 5;
}

/** Brings a session into a state, and lets something strike. */
async function strikeIn(state: State, by: (rig: Rig) => void): Promise<{ rig: Rig; from: number }> {
  const rig = new Rig({ onReboot: 'restart', ...(state === 'root-cert' && { rootCert: ROOT_CERTIFICATE }) });
  if (state === 'report-properties') rig.device.lacking = { fact: 1 };
  const detours: Partial<Record<State, () => void>> = {
    'await-reconnect': () => rig.modem.tell({ type: 'broker', connected: false }),
    rejoin: () => rig.modem.tell({ type: 'link-down' }),
    reset: () => rig.modem.tell({ type: 'stuck' }),
  };
  let detoured = detours[state] === undefined;
  let from = -1;
  rig.onState = (entered) => {
    if (entered === 'telemetry' && !detoured) {
      detoured = true;
      rig.clock.after(100, () => detours[state]?.());
    }
    if (entered !== state || from >= 0) return;
    from = rig.log.length - 1;
    rig.clock.after(moment(state), () => by(rig));
  };
  await rig.until(() => from >= 0);
  return { rig, from };
}

for (const { outcome, by, leads, says, pause } of STRIKES) {
  for (const [state, following] of Object.entries(leads) as [State, State][]) {
    test(`${state} × ${outcome} → ${following}`, async () => {
      const { rig, from } = await strikeIn(state, by);
      const struckAt = (rig.log[from]?.at ?? 0) + moment(state);
      const entered = await rig.until((what) => what === `state ${following}`, 2_000, from + 1);
      const said = rig.since(from).filter((what) => what.startsWith('warning'));
      assert.deepEqual(said, says === null ? [] : [says]);
      assert.equal(rig.log[entered]?.at, struckAt);
      // No other state lies between.
      assert.equal(
        rig.since(from + 1).find((what) => what.startsWith('state')),
        `state ${following}`,
      );
      // Before the session came into the state reset, it had a failure to pause for.
      const due = state === 'reset' ? 1_000 : pause;
      const first = await rig.until((what) => what !== 'close', 2_000, entered + 1);
      assert.equal(rig.log[first]?.at, struckAt + due, rig.text(from));
      assert.equal(next(state, outcome), following);
      await rig.stop();
    });
  }
}

test('every row of the table for what may strike is tested, and no other', () => {
  const own =
    /^(opened|ready|trusted|known|joined|not-joined|set|missing|connected|failed|assigned|closed|subscribed|read|reported|finished|reconnected|reconnect|still-connected|restarted|unanswered)$/;
  const rows = (Object.keys(TRANSITIONS) as State[]).flatMap((state) =>
    Object.keys(TRANSITIONS[state]).flatMap((outcome) => (own.test(outcome) ? [] : [`${state} ${outcome}`])),
  );
  const tested = STRIKES.flatMap(({ outcome, leads }) => Object.keys(leads).map((state) => `${state} ${outcome}`));
  // In clock nothing is asked until the time is up, and stuck is what these states say themselves, too.
  assert.deepEqual(rows.filter((row) => !tested.includes(row)).sort(), ['clock refused', 'clock timed-out']);
  assert.deepEqual(
    tested.filter((row) => !rows.includes(row)),
    [],
  );
});
