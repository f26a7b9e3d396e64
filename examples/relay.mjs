// A device that switches something: a property turns the relay on and off, and a command takes its time.
//
//     npx anycloud-iotc --simulate --device examples/relay.mjs
//
// The relay is played by a file; put the pin of yours in its place.

import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommandError, defineDevice } from 'anycloud-iotc';

const PIN = join(tmpdir(), 'anycloud-iotc-relay');

let on = false;
let switched = 0;
let testing = false;

async function turn(value) {
  await writeFile(PIN, value ? '1' : '0');
  if (value !== on) switched += 1;
  on = value;
}

export default defineDevice({
  telemetry: {
    switched: () => switched,
  },
  properties: {
    relay: {
      initial: false,
      async set(value, { log }) {
        if (typeof value !== 'boolean') throw new Error('relay must be true or false');
        await turn(value);
        log(`The relay is ${value ? 'on' : 'off'}`);
      },
    },
    lastTest: {},
  },
  commands: {
    // Turns the relay on for so many seconds, ten by default, then as it was.
    async test(request, { signal, log, report }) {
      if (testing) throw new CommandError(409, 'A test is running already');
      const seconds = request?.seconds ?? 10;
      if (!(seconds >= 1 && seconds <= 20)) throw new CommandError(400, 'seconds must be from 1 to 20');
      const before = on;
      testing = true;
      log(`The test takes ${seconds} seconds`);
      try {
        await turn(true);
        await sleep(1000 * seconds, undefined, { signal });
      } finally {
        testing = false;
        await turn(before);
      }
      report('lastTest', new Date().toISOString());
      return { status: 'passed', seconds };
    },
  },
  async stop() {
    await turn(false);
  },
});
