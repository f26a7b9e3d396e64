import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { ModemEvent } from '../../src/modem/modem.ts';
import { ModemError } from '../../src/modem/modem.ts';
import type { State } from '../../src/session/table.ts';
import { TRANSITIONS } from '../../src/session/table.ts';
import { Rig } from '../helpers/rig.ts';

// No path of the state machine goes round without a pause that grows, a count, and an end: a modem that always does the
// same at once, in every state, before and after the first telemetry.

const MINUTE = 60_000;

/** What an adversary does as soon as a state is entered. */
const MISCHIEF: Record<string, (rig: Rig) => void> = {
  restarts: ({ modem }) => modem.tell({ type: 'restarted' }),
  'loses the network': ({ modem }) => modem.tell({ type: 'link-down' }),
  'drops the broker': ({ modem }) => modem.tell({ type: 'broker', connected: false }),
  'connects anew': ({ modem }) => modem.tell({ type: 'broker', connected: true }),
  'drops and connects': ({ modem }) => {
    modem.tell({ type: 'broker', connected: false });
    modem.tell({ type: 'broker', connected: true });
  },
  'gets stuck': ({ modem }) => modem.tell({ type: 'stuck' }),
  'is unplugged': ({ modem }) => modem.unplug(),
  'does not answer': ({ modem }) => modem.fail(new ModemError('timed-out', 'no answer')),
  'is not connected': ({ modem }) => modem.fail(new ModemError('not-connected', 'no connection')),
  'loses messages': ({ modem }) => modem.tell({ type: 'lost-message' }),
  'receives too much': ({ modem }) => modem.tell({ type: 'overflow', bytes: null }),
};

/** Calls of the modem in the busiest minute, and in the last one. */
async function busiest(rig: Rig, minutes: number): Promise<{ most: number; last: number; over: boolean }> {
  let most = 0;
  let last = 0;
  let over = false;
  void rig.run().then(() => {
    over = true;
  });
  for (let minute = 0; minute < minutes && !over; minute++) {
    const before = rig.log.length;
    await rig.clock.advance(MINUTE);
    last = rig
      .since(before)
      .filter((what) => /^(?:mqtt|wifi|sync|reset|readTime|certificates|state)/.test(what)).length;
    most = Math.max(most, last);
  }
  return { most, last, over };
}

for (const [name, by] of Object.entries(MISCHIEF)) {
  test(`a modem that ${name} in any one state, again and again, is no storm, and before telemetry there is an end`, async () => {
    for (const state of Object.keys(TRANSITIONS) as State[]) {
      for (const reached of [false, true]) {
        const rig = new Rig();
        let armed = !reached;
        rig.onState = (entered) => {
          if (armed && entered === state) rig.clock.after(1, () => by(rig));
        };
        if (reached) {
          await rig.until((what) => what.startsWith('telemetry'));
          armed = true;
          // Something has to bring it out of telemetry, where the state lies before that.
          rig.modem.tell({ type: 'stuck' });
        }
        const { most, last, over } = await busiest(rig, reached ? 5 : 3);
        const what = `${state}, ${reached ? 'after' : 'before'} telemetry: ${most} and ${last} calls a minute`;
        assert.ok(most <= 300, `${what}\n${rig.text(-40)}`);
        // After a while there are few attempts; a session that works all the same does its work.
        const works = rig.states().at(-1) === 'telemetry';
        assert.ok(over || works || last <= 80, `${what}\n${rig.text(-40)}`);
        await rig.stop();
      }
    }
  });
}

test('whatever a modem does at whatever moment: no storm, no hang, no bug, and it works again when it behaves', async () => {
  const moment = fc.tuple(fc.constantFrom(...Object.keys(MISCHIEF)), fc.integer({ min: 0, max: 4_000 }));
  await fc.assert(
    fc.asyncProperty(fc.array(moment, { maxLength: 25 }), async (moments) => {
      const rig = new Rig();
      await rig.until((what) => what.startsWith('telemetry'));
      for (const [name, wait] of moments) {
        await rig.clock.advance(wait);
        // A modem that cannot be brought to order at all ends the session, after attempts of its own.
        if (!['reset', 'sync'].includes(rig.states().at(-1) ?? '')) MISCHIEF[name]?.(rig);
      }
      // A broker that is down comes back: the modem reconnects by itself.
      const reconnect: ModemEvent = { type: 'broker', connected: true };
      const before = rig.log.length;
      for (let n = 0; n < 8; n++) {
        await rig.clock.advance(20_000);
        if (rig.states().at(-1) === 'await-reconnect') rig.modem.tell(reconnect);
      }
      await rig.until((what) => what.startsWith('telemetry'), 20 * MINUTE, before);
      await rig.stop();
    }),
    { numRuns: 15 },
  );
});
