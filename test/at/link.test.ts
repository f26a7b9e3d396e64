import assert from 'node:assert/strict';
import { duplexPair } from 'node:stream';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Command } from '../../src/at/command.ts';
import { AtError } from '../../src/at/error.ts';
import { AtLink } from '../../src/at/link.ts';
import { DIALECT } from '../../src/modem/anycloud/dialect.ts';
import type { Urc } from '../../src/modem/anycloud/urc.ts';
import { readTranscript } from '../helpers/transcript.ts';
import { settle, VirtualClock } from '../helpers/virtual-clock.ts';

interface Wire {
  clock: VirtualClock;
  link: AtLink<Urc>;
  urcs: Urc[];
  lines: string[];
  banners: number;
  sent: string[];
  /** Lets the module print. */
  print(...chunks: (string | Uint8Array)[]): Promise<void>;
  /** Sends a command without waiting for it. */
  send(command: string | Command, signal?: AbortSignal): Promise<string[] | AtError>;
}

function wire(): Wire {
  const clock = new VirtualClock();
  const [host, module] = duplexPair();
  const link = new AtLink<Urc>(host, clock, DIALECT);
  const sent: string[] = [];
  module.on('data', (chunk: Buffer) => sent.push(chunk.toString('latin1')));
  const w: Wire = {
    clock,
    link,
    urcs: [],
    lines: [],
    banners: 0,
    sent,
    async print(...chunks) {
      for (const chunk of chunks) {
        module.write(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk);
        await settle(2);
      }
    },
    send(command, signal) {
      const result = link.execute(typeof command === 'string' ? { text: command } : command, signal);
      return result.catch((error: unknown) => {
        if (error instanceof AtError) return error;
        throw error;
      });
    },
  };
  link.on('event', (urc) => w.urcs.push(urc));
  link.on('received', (line, kind) => w.lines.push(`${kind} ${line}`));
  link.on('banner', () => w.banners++);
  return w;
}

function message(topic: string, payload: string): Urc {
  return { type: 'message', topic, payload: Buffer.from(payload) };
}

test('a command ends with its status and brings its information lines', async () => {
  const w = wire();
  const reply = w.send({ text: 'AT+CFG=2', response: /^\+CFG:/ });
  await w.print('AT+CFG=2\r\n+CFG:2,"PIC32MZW1-34-56"\r\nOK\r\n>');
  assert.deepEqual(await reply, ['+CFG:2,"PIC32MZW1-34-56"']);
  assert.deepEqual(w.lines, ['info +CFG:2,"PIC32MZW1-34-56"', 'status OK']);
  assert.deepEqual(w.sent, ['AT+CFG=2\r\n']);
});

test('commands wait for their turn', async () => {
  const w = wire();
  const first = w.send('AT');
  const second = w.send('AT+GMM');
  await settle();
  assert.deepEqual(w.sent, ['AT\r\n']);
  await w.print('AT\r\nOK\r\n>');
  assert.deepEqual(w.sent, ['AT\r\n', 'AT+GMM\r\n']);
  await w.print('AT+GMM\r\n+GMM="PIC32MZW1"\r\nERROR:3,"Unknown AT Command"\r\n>');
  assert.deepEqual(await first, []);
  const error = await second;
  assert.ok(error instanceof AtError);
  assert.deepEqual([error.failure, error.status?.code, error.exitCode], ['refused', '3', 5]);
});

test('a silent module is given up after its time, and the next command goes out', async () => {
  const w = wire();
  const silent = w.send('AT');
  const next = w.send('AT+GMM');
  await w.clock.advance(3_000);
  const error = await silent;
  assert.ok(error instanceof AtError && error.failure === 'timed-out');
  await w.print('AT+GMM\r\nOK\r\n>');
  assert.deepEqual(await next, []);
});

test('the answer to a command that was given up is not taken for that of the next', async () => {
  const w = wire();
  const first = w.send('AT');
  await w.print('AT\r\nOK\r\n>');
  await first;
  const slow = w.send('AT+GMM');
  await w.clock.advance(3_000);
  assert.ok((await slow) instanceof AtError);
  const next = w.send('AT+CFG=9');
  await w.print('AT+GMM\r\n+GMM="PIC32MZW1"\r\nOK\r\n>', 'AT+CFG=9\r\nERROR:7,"Configuration Access Failed"\r\n>');
  const error = await next;
  assert.ok(error instanceof AtError && error.status?.code === '7');
});

test('a module whose echo is switched off is understood', async () => {
  const w = wire();
  const query: Command = { text: 'AT+GMM', response: /^\+GMM=/ };
  const first = w.send('ATE0');
  await w.print('ATE0\r\nOK\r\n');
  await first;
  const second = w.send(query);
  await w.print('+GMM="PIC32MZW1"\r\nOK\r\n');
  assert.deepEqual(await second, ['+GMM="PIC32MZW1"']);
});

test('a module whose echo went off unseen is understood after one silence', async () => {
  const w = wire();
  const first = w.send('AT');
  await w.print('AT\r\nOK\r\n>');
  await first;
  const doubtful = w.send('AT');
  await w.print('OK\r\n');
  await w.clock.advance(3_000);
  assert.ok((await doubtful) instanceof AtError);
  const next = w.send('AT');
  await w.print('OK\r\n');
  assert.deepEqual(await next, []);
});

test('an aborted command rejects at once; its answer is still awaited before the next is sent', async () => {
  const w = wire();
  const controller = new AbortController();
  const aborted = w.send('AT', controller.signal);
  const queued = w.send('AT+GMR', controller.signal);
  const next = w.send('AT+GMM');
  controller.abort(new Error('enough'));
  await assert.rejects(aborted, /enough/);
  await assert.rejects(queued, /enough/);
  await settle();
  assert.deepEqual(w.sent, ['AT\r\n']);
  await w.print('AT\r\nOK\r\n>');
  assert.deepEqual(w.sent, ['AT\r\n', 'AT+GMM\r\n']);
  await w.print('AT+GMM\r\nOK\r\n>');
  assert.deepEqual(await next, []);
});

test('what the module would drop is refused before it is sent', async () => {
  const w = wire();
  for (const text of [`AT+CFG=2,"${'x'.repeat(500)}"`, 'AT+CFG=2,"é"', 'AT\r\n', '']) {
    const error = await w.send(text);
    assert.ok(error instanceof AtError && error.failure === 'limit', text);
  }
  assert.deepEqual(w.sent, []);
  const longest = `AT+CFG=2,"${'x'.repeat(499)}"`;
  assert.equal(longest.length, 510);
  void w.send(longest);
  await settle();
  assert.equal(w.sent[0], `${longest}\r\n`);
});

test('a command that was read before the banner and executed after it does not answer the next', async () => {
  const w = wire();
  const early = w.send({ text: 'ATE1', terse: true });
  await w.print('\r\nOK\r\n>');
  assert.ok((await early) instanceof AtError);
  const again = w.send({ text: 'ATE1', terse: true });
  await w.print('ATE1\r\nOK\r\n>');
  assert.deepEqual(await again, []);
  const next = w.send({ text: 'AT+CFG=2', response: /^\+CFG:/ });
  await w.print('ATE1\r\nOK\r\n>', 'AT+CFG=2\r\n+CFG:2,"x"\r\nOK\r\n>');
  assert.deepEqual(await next, ['+CFG:2,"x"']);
});

test('the banner ends what is pending, and is no answer to it', async (t) => {
  const table: [string, string][] = [
    ['AT', '\r\nOK\r\n>'],
    ['AT', '>\r\nOK\r\n>'],
    ['AT', 'AT\r\n\r\nOK\r\n>'],
    ['AT+GMM', 'AT+GMM\r\n+GMM="PIC32MZW1"\r\n\r\nOK\r\n>'],
  ];
  for (const [command, printed] of table) {
    await t.test(JSON.stringify(printed), async () => {
      const w = wire();
      const reply = w.send({ text: command, response: /^\+GMM=/ });
      await w.print(printed);
      const error = await reply;
      assert.ok(error instanceof AtError && error.failure === 'reset');
      assert.equal(w.banners, 1);
    });
  }
});

test('an event between an echo and its line end makes no banner of the answer', async () => {
  const w = wire();
  const reply = w.send('AT+GMM');
  await w.print('AT+GMM\r+WSTALD\r\n>\r\nOK\r\n>');
  assert.deepEqual(await reply, []);
  assert.equal(w.banners, 0);
});

test('AT+RST is answered by the banner, also in the middle of its echo', async () => {
  for (const printed of ['AT+RST\r\n\r\nOK\r\n>', 'AT+R\r\nOK\r\n>', '\r\nOK\r\n>']) {
    const w = wire();
    const before = w.send('AT');
    await w.print('AT\r\nOK\r\n>');
    await before;
    const reply = w.send({ text: 'AT+RST' });
    await w.print(printed);
    const error = await reply;
    assert.ok(error instanceof AtError && error.failure === 'reset', printed);
    assert.equal(w.banners, 1, printed);
  }
});

test('an event is told from the answer to the query of the same name', async () => {
  const query: Command = { text: 'AT+MQTTCONN', response: /^\+MQTTCONN:[01]$/ };
  const w = wire();
  const first = w.send(query);
  await w.print('AT+MQTTCONN\r\n+MQTTCONN:1\r\n+MQTTCONN:0\r\nOK\r\n>');
  assert.deepEqual(await first, ['+MQTTCONN:1']);
  assert.deepEqual(w.urcs, [{ type: 'broker', connected: false }]);
  const second = w.send(query);
  await w.print('\r+MQTTCONN:1\r\n>AT+MQTTCONN\r\n+MQTTCONN:1\r\nOK\r\n>');
  assert.deepEqual(await second, ['+MQTTCONN:1']);
  assert.deepEqual(w.urcs.slice(1), [{ type: 'broker', connected: true }]);
});

test('lines printed into one another are taken apart (AT protocol 3.4, G13)', async (t) => {
  const hi = message('a/b', 'hi');
  const state = '+WSTA:1,"DEMO_AP",0,3';
  const table: [name: string, printed: string, response: string[], urcs: Urc[]][] = [
    ['inside the echo', 'AT+\r+MQTTPUB:3,"a/b",2,"hi"\r\n>WSTA\r\n+WSTA:1,"DEMO_AP",0,3\r\nOK\r\n>', [state], [hi]],
    [
      'between echo and response',
      'AT+WSTA\r\n+MQTTPUB:3,"a/b",2,"hi"\r\n+WSTA:1,"DEMO_AP",0,3\r\nOK\r\n>',
      [state],
      [hi],
    ],
    ['inside the response', 'AT+WSTA\r\n+WSTA:1+MQTTPUB:3,"a/b",2,"hi"\r\n,"DEMO_AP",0,3\r\nOK\r\n>', [state], [hi]],
    [
      'between status and prompt',
      'AT+WSTA\r\n+WSTA:1,"DEMO_AP",0,3\r\nOK\r\n\r+MQTTPUB:3,"a/b",2,"hi"\r\n>>',
      [state],
      [hi],
    ],
    [
      'an event inside another',
      'AT+WSTA\r\n+WSTA:1,"DEMO_AP",0,3\r\nOK\r\n>\r+MQTTPUB:3,"a/b"+TIME:2,3864188800\r\n>,2,"hi"\r\n>',
      [state],
      [{ type: 'time', unixSeconds: 1_655_200_000 }, hi],
    ],
  ];
  for (const [name, printed, response, urcs] of table) {
    await t.test(name, async () => {
      const w = wire();
      const reply = w.send({ text: 'AT+WSTA', response: /^\+WSTA:[012]/ });
      await w.print(printed);
      assert.deepEqual(await reply, response);
      assert.deepEqual(w.urcs, urcs);
    });
  }
});

test('text in a payload is never taken for a reply or an event', async () => {
  const w = wire();
  const reply = w.send('AT');
  await w.print('AT\r\n', '+MQTTPUB:3,"t/x",10,"+MQTTSUB:0"\r\n', '+MQTTPUB:3,"t/x",12,"+MQTTCONN:0""\r\n', 'OK\r\n>');
  await reply;
  assert.deepEqual(w.urcs, [message('t/x', '+MQTTSUB:0'), message('t/x', '+MQTTCONN:0"')]);
});

test('while a secret is on the wire, what cannot be understood is withheld', async () => {
  const w = wire();
  const first = w.send('AT');
  await w.print('AT\r\nOK\r\n>');
  await first;
  const reply = w.send({ text: 'AT+WSTAC=3,"correct horse"' });
  await w.print('AT+WSTAC=3,"corr\r+TIME:1,1700000000\r\n>ect ho\r+TIME:1,1700000001\r\n>xxse"\r\nOK\r\n>');
  assert.deepEqual(await reply, []);
  assert.equal(w.urcs.length, 2);
  assert.ok(!w.lines.some((line) => /corr|ect ho|se"/.test(line)), w.lines.join('\n'));
});

test('what cannot be understood is shown again when the secret is off the wire', async () => {
  const w = wire();
  const reply = w.send('AT+WSTAC=3,"correct horse"');
  await w.print('AT+WSTAC=3,"correct horse"\r\nOK\r\n>', 'a diagnostic\r\n');
  await reply;
  assert.equal(w.lines.at(-1), 'text a diagnostic');
});

test('to a stranger everything is an answer, but for events: echoed or not, with whatever status', async () => {
  for (const status of ['OK', 'ERROR', '+CME ERROR: 3', 'ERROR:0.2,"Invalid AT Command"', '0']) {
    const w = wire();
    const first = w.send('AT');
    await w.print('AT\r\nOK\r\n>');
    await first;
    const reply = w.send({ text: 'AT+GMM', response: /./, many: true, terse: true, toStranger: true });
    await w.print(`\r\nSIM800\r\n\r+WSTALD\r\n>\r\n${status}\r\n`);
    assert.deepEqual(await reply, ['SIM800', status]);
    assert.deepEqual([w.urcs, w.banners], [[{ type: 'link-down' }], 0]);
  }
});

test('a line without end costs bounded memory, and the next line is understood', async () => {
  const w = wire();
  for (let block = 0; block < 64; block++) await w.print(Buffer.alloc(65_536, 0x78));
  await w.print('\r\n\r+WSTALD\r\n>');
  assert.deepEqual(w.urcs, [{ type: 'link-down' }]);
  const longest = Math.max(...w.lines.map((line) => line.length));
  assert.ok(longest < 10_000, String(longest));
});

test('a lost port rejects what waits, once, and what comes later', async () => {
  const w = wire();
  const pending = w.send('AT');
  const queued = w.send('AT+GMM');
  w.link.close(new Error('unplugged'));
  w.link.close();
  for (const reply of [pending, queued, w.send('AT')]) {
    const error = await reply;
    assert.ok(error instanceof AtError && error.failure === 'closed');
    assert.equal(error.exitCode, 4);
  }
});

/** What a recorded exchange says by itself, read with nothing of the code under test. */
function expected(rx: string): { status: string | undefined; messages: number } {
  const lines = rx.split('\n').map((line) => line.replace(/^[\r>]*/, '').replace(/\r$/, ''));
  return {
    status: lines.find((line) => /^(?:OK|ERROR)/.test(line)),
    messages: lines.filter((line) => line.startsWith('+MQTTPUB:')).length,
  };
}

// Lines that a person types badly have no single command; sections A to G have those of a host.
const recorded = readTranscript().filter(({ section, tx, rx }) => {
  const text = tx.toString('latin1');
  return 'ABCDEFG'.includes(section) && /^AT[\x20-\x7e]*\r\n$/.test(text) && rx.includes(tx) && rx.includes('\n');
});

async function replay(cut: (rx: Buffer) => Uint8Array[], noise: string): Promise<number> {
  const w = wire();
  let replayed = 0;
  for (const { tx, rx } of recorded) {
    const { status, messages } = expected(rx.toString('latin1'));
    if (status === undefined) continue;
    const text = tx.toString('latin1').slice(0, -2);
    if (text.length > 510) continue;
    const terse = /^ATV[01]/.test(text);
    if (terse) continue;
    const seen = w.urcs.length;
    const reply = w.send({
      text,
      response: new RegExp(`^\\+?${/\w+$/.exec(text.split('=')[0] ?? '')?.[0]}[:=]`),
      many: true,
    });
    await w.print(noise, ...cut(rx));
    const result = await w.clock.until(reply);
    if (status === 'OK') assert.ok(Array.isArray(result), `${text}: ${String(result)}`);
    else assert.equal(result instanceof AtError && result.status?.code, /\d+/.exec(status)?.[0], text);
    assert.equal(w.urcs.slice(seen).filter((urc) => urc.type === 'message').length, messages, text);
    replayed++;
  }
  return replayed;
}

test('the recorded exchanges are understood, however they are cut', async (t) => {
  await t.test('whole', async () => {
    assert.ok((await replay((rx) => [rx], '')) > 60);
  });
  await t.test('whole, after noise', async () => {
    await replay((rx) => [rx], '\xff\x00\r\n');
  });
  await t.test('byte by byte', async () => {
    await replay((rx) => (rx.length < 200 ? [...rx].map((byte) => Uint8Array.of(byte)) : [rx]), '');
  });
  for (const size of [2, 3, 7, 64]) {
    await t.test(`in chunks of ${size}`, async () => {
      await replay(
        (rx) => Array.from({ length: Math.ceil(rx.length / size) }, (_, i) => rx.subarray(i * size, (i + 1) * size)),
        '',
      );
    });
  }
});

test('any bytes whatever: the link does not throw, and the next command is answered', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 8 }), async (chunks) => {
      const w = wire();
      const first = w.send('AT');
      await w.print('AT\r\nOK\r\n>');
      await first;
      await w.print(...chunks, '\r\n>');
      const reply = w.send({ text: 'AT+GMM', response: /^\+GMM=/ });
      await w.print('AT+GMM\r\n+GMM="PIC32MZW1"\r\nOK\r\n>');
      assert.deepEqual(await reply, ['+GMM="PIC32MZW1"']);
    }),
    { numRuns: 200 },
  );
});
