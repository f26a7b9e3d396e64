import { once } from 'node:events';
import { main } from '../../src/cli/main.ts';
import { seeded } from '../../src/cli/seeded.ts';
import { type Clock, systemClock } from '../../src/clock.ts';
import { emptyFolder } from '../helpers/cli.ts';
import { surroundings } from '../helpers/in-process.ts';

const SEED = 2026;
/** The time of day of every picture: 2026-01-15 09:30 UTC. */
const WALL = Date.UTC(2026, 0, 15, 9, 30);
const PORT = /127\.0\.0\.1:\d+/g;
/** A certificate of a new key may be a few bytes longer or shorter. */
const CERTIFICATE_LENGTH = /(?<=\+READCERT:1, )\d+/g;

/** Time that is measured goes on, and the time of day stands still, so that what is written down is the same in each run. */
const clock: Clock = { ...systemClock, wall: () => WALL };

/** A session in this process that goes on until it is ended, with chance from a seed. */
export function seededProgram(args: readonly string[]) {
  const { environment, signals, ended } = surroundings(args, emptyFolder());
  const code = main({ ...environment, random: seeded(SEED) });
  return {
    code,
    end: () => signals.emit('SIGINT'),
    /** The address of its console, once it has been told. */
    async link(): Promise<string> {
      for (;;) {
        const [, found] = /^The local cloud is at (\S+)$/m.exec(ended(0).stdout) ?? [];
        if (found !== undefined) return found;
        await once(environment.stdout, 'data');
      }
    },
  };
}

/** What a session with one message of telemetry writes on a terminal, with its colours. */
export async function recordSession(): Promise<string> {
  const args = ['--simulate', '--pace', 'instant', '--http-port', '0', '--count', '1'];
  const { environment, ended } = surroundings(args, emptyFolder());
  const code = await main({ ...environment, env: { FORCE_COLOR: '1' }, random: seeded(SEED), clock });
  const { stdout, stderr } = ended(code);
  if (code !== 0) throw new Error(`the session has ended with ${code}: ${stderr}`);
  return stdout.replaceAll(PORT, '127.0.0.1:7070').replaceAll(CERTIFICATE_LENGTH, '737');
}

/** What the pictures of the terminal show. */
export const SESSION_PICTURE = {
  title: 'npx anycloud-iotc --simulate',
  description:
    'A session from the first command to the first telemetry: what is said to the module, and what it answers.',
  columns: 96,
  rows: 26,
};
