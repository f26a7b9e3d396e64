import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { test } from 'node:test';
import { AtError } from '../../src/at/error.ts';
import { UndeterminedModem } from '../../src/modem/undetermined.ts';
import { VirtualClock } from '../helpers/virtual-clock.ts';

const MODEL = '+GMM="KNOWN"';

/** A modem whose module has answered, and whose family is being loaded. */
async function loading() {
  const stream = new Duplex({
    read() {},
    write(chunk: Buffer, _, done) {
      const asked = chunk.toString('latin1').trim();
      this.push(`${asked}\r\n${asked === 'AT+GMM' ? `${MODEL}\r\n` : ''}OK\r\n`);
      done();
    },
  });
  const clock = new VirtualClock();
  const { signal, abort } = controller();
  const made: Duplex[] = [];
  const { promise: asked, resolve: ask } = deferred<readonly string[]>();
  const { promise: loaded, resolve: load } = deferred<void>();
  const modem = new UndeterminedModem(stream, clock, {
    areKnown: (lines) => lines.includes(MODEL),
    async load(lines) {
      ask(lines);
      await loaded;
      return (of) => {
        made.push(of);
        throw new Error('the family has it now');
      };
    },
  });
  const closed: unknown[] = [];
  modem.on('closed', (cause) => closed.push(cause));
  const synchronized = modem.sync(signal);
  synchronized.catch(() => undefined);
  assert.deepEqual(await clock.until(asked), [MODEL, 'OK']);
  return { stream, modem, synchronized, load, abort, made, closed };
}

function controller() {
  const aborting = new AbortController();
  return { signal: aborting.signal, abort: (reason: Error) => aborting.abort(reason) };
}

function deferred<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

test('the module is handed to its family when that is loaded', async () => {
  const { stream, synchronized, load, made, closed } = await loading();
  load();
  await assert.rejects(synchronized, { message: 'the family has it now' });
  assert.deepEqual(made, [stream]);
  assert.deepEqual([stream.destroyed, stream.listenerCount('data'), closed], [false, 0, []]);
});

test('a port that goes away while the family is loaded is told to be gone', async () => {
  const { stream, synchronized, load, made, closed } = await loading();
  stream.destroy();
  await once(stream, 'close');
  load();
  await assert.rejects(synchronized, (error) => error instanceof AtError && error.failure === 'closed');
  assert.deepEqual([made.length, closed.length], [0, 1]);
});

test('an end that is asked for while the family is loaded leaves the port to be closed', async () => {
  const { stream, modem, synchronized, load, abort, made } = await loading();
  const reason = new Error('the end');
  abort(reason);
  load();
  await assert.rejects(synchronized, reason);
  assert.equal(made.length, 0);
  assert.equal(stream.destroyed, false);
  modem.close();
  assert.equal(stream.destroyed, true);
});
