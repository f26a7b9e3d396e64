import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { AppError } from '../../src/errors.ts';
import type { SessionEvent } from '../../src/events.ts';
import { SECRET_PARAMETERS } from '../../src/modem/secrets.ts';
import { createOutput, type Output, type OutputOptions, openOutput } from '../../src/terminal/output.ts';
import { Redactor } from '../../src/terminal/redact.ts';
import { settle, VirtualClock } from '../helpers/virtual-clock.ts';

/** An output stream that keeps what it is given, and can stop reading or go away. */
class Sink extends Writable {
  text = '';
  isTTY = false;
  columns = 80;
  #stuck = false;
  #release: (() => void) | null = null;

  constructor() {
    super({ decodeStrings: false });
  }

  override _write(chunk: string, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk;
    if (this.#stuck) this.#release = done;
    else done();
  }

  stopReading(): void {
    this.#stuck = true;
  }

  readOn(): void {
    this.#stuck = false;
    this.#release?.();
  }
}

const SETTINGS: OutputOptions['output'] = { quiet: false, verbose: false, json: false, logFile: null, color: null };
const NOTHING_ELSE = { quiet: true };
const ERASE = '\r\u001b[2K';

interface Bench {
  clock: VirtualClock;
  stdout: Sink;
  stderr: Sink;
  output: Output;
  closed: () => number;
}

function bench(
  settings: Partial<OutputOptions['output']> = {},
  {
    tty = false,
    interactive = true,
    secrets = [] as string[],
    form = 'session' as NonNullable<OutputOptions['form']>,
  } = {},
): Bench {
  const [clock, stdout, stderr, redactor] = [
    new VirtualClock(),
    new Sink(),
    new Sink(),
    new Redactor(SECRET_PARAMETERS),
  ];
  stdout.isTTY = tty;
  stderr.isTTY = tty;
  for (const secret of secrets) redactor.add(secret);
  let closed = 0;
  const output = createOutput({
    stdout,
    stderr,
    output: { ...SETTINGS, ...settings },
    form,
    redactor,
    clock,
    env: { NO_COLOR: tty ? '1' : '' },
    platform: 'linux',
    startedAt: clock.monotonic(),
    interactive,
    onClosed: () => closed++,
  });
  return { clock, stdout, stderr, output, closed: () => closed };
}

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'anycloud-'));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

const event = (message: string): SessionEvent => ({ type: 'event', level: 'event', message });
const failure: SessionEvent = { type: 'error', code: 'E_PORT_BUSY', message: 'COM5 is\n  taken', hint: 'Close it' };
const exit: SessionEvent = { type: 'exit', code: 4, reason: 'error' };

test('the transcript goes to stdout, errors to stderr', async () => {
  const { output, stdout, stderr } = bench();
  assert.match(stdout.text, /^-{80}\nStarting .*\n-{80}\n\n\nPress ESC .*\n\n$/);
  output.report(event('WiFi connected'));
  output.report(failure);
  output.report(exit);
  await output.close();
  assert.match(stdout.text, /\n\nEvent: WiFi connected\n\nSession ended \(exit code 4\)\n$/);
  assert.equal(stderr.text, 'Error: COM5 is\n  taken\n  Hint: Close it\n  Code: E_PORT_BUSY\n');
});

test('--json writes objects only, the exit last, and one plain line for an error', async () => {
  const { output, stdout, stderr } = bench({ json: true, color: null }, { tty: true });
  output.setInputLine('AT');
  for (const each of [event('a'), failure, exit, event('too late')]) output.report(each);
  await output.close();
  const types = stdout.text.split('\n').map((line) => (line === '' ? '' : JSON.parse(line).type));
  assert.deepEqual(types, ['event', 'error', 'exit', '']);
  assert.equal(stderr.text, 'Error: COM5 is taken [E_PORT_BUSY]\n');
});

test('--json tells the device of every event from the first that knows it, also of those that are not the session’s', () => {
  const { output, stdout } = bench({ json: true }, { secrets: ['hush'] });
  output.report(event('a'));
  output.report({ ...event('b'), deviceId: 'd1' });
  output.report({ type: 'assigned', hub: 'h', deviceId: 'the hush one' });
  for (const each of [event('c'), failure, exit]) output.report(each);
  const lines = stdout.text.trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).deviceId),
    [undefined, 'd1', ...Array.from({ length: 4 }, () => 'the *** one')],
  );
});

test('colours follow each stream, and are in no file', async (t) => {
  const log = join(folder(t), 'session.log');
  const { output, stdout, stderr } = bench({ color: null, logFile: log });
  output.report(event('plain'));
  const forced = await openOutput({
    stdout,
    stderr,
    output: { ...SETTINGS, logFile: log },
    redactor: new Redactor(SECRET_PARAMETERS),
    clock: new VirtualClock(),
    env: { FORCE_COLOR: '1' },
    platform: 'linux',
    startedAt: 0,
    interactive: false,
    onClosed: () => undefined,
  });
  assert.ok(!stdout.text.includes('\u001b'));
  forced.report(event('bold'));
  forced.report(failure);
  assert.ok(stdout.text.includes('\u001b[1mEvent: bold\u001b[22m\n'));
  assert.ok(stderr.text.includes('\u001b[31mError: COM5 is\u001b[39m\n'));
  assert.ok(!readFileSync(log, 'utf8').includes('\u001b'));
});

test('a half-typed line stays below whatever is printed', async () => {
  const { output, stdout } = bench(NOTHING_ELSE, { tty: true });
  const erase = '\r\u001b[2K';
  output.setInputLine('AT+');
  output.setInputLine('AT+W');
  output.report(event('a'));
  output.report(failure);
  output.setInputLine('');
  output.report(event('b'));
  output.setInputLine('AT');
  await output.close();
  assert.equal(
    stdout.text,
    `${erase}AT+${erase}AT+W${erase}Event: a\nAT+W${erase}AT+W${erase}Event: b\n${erase}AT${erase}`,
  );
});

test('the typed line takes one row and shows no secret', () => {
  const { output, stdout } = bench(NOTHING_ELSE, { tty: true });
  stdout.columns = 10;
  const shown = (line: string) => {
    stdout.text = '';
    output.setInputLine(line);
    return stdout.text.replace('\r\u001b[2K', '');
  };
  assert.equal(shown('AT+0123456789'), '123456789');
  assert.equal(shown('AT"é\u{1f600}"'), 'AT"??"');
  stdout.columns = 80;
  assert.equal(shown('AT+WSTAC=3,"swo'), 'AT+WSTAC=3,***');
  assert.equal(shown('AT+WSTAC=3,"swor'), '');
});

test('what takes a while is counted below the transcript, and what is typed comes first', async () => {
  const { output, stdout, clock } = bench(NOTHING_ELSE, { tty: true });
  output.report({ type: 'waiting', message: 'joining "x"', seconds: 20 });
  await clock.advance(2_000);
  assert.match(stdout.text, /joining "x", up to 20 s \(0 s\)[\s\S]*\(1 s\)[\s\S]*\(2 s\)$/);
  output.setInputLine('AT');
  assert.match(stdout.text, /AT$/);
  output.setInputLine('');
  assert.match(stdout.text, /\(2 s\)$/);
  stdout.text = '';
  output.report(event('WiFi connected'));
  await clock.advance(5_000);
  assert.match(stdout.text, /Event: WiFi connected\n$/);
  await output.close();
});

test('the cursor stands where it is in the line, and behind what is masked', () => {
  const { output, stdout } = bench(NOTHING_ELSE, { tty: true });
  const shown = (line: string, cursor: number) => {
    output.setInputLine('');
    stdout.text = '';
    output.setInputLine(line, cursor);
    return stdout.text.replace('\r\u001b[2K', '');
  };
  assert.equal(shown('AT+GMM', 6), 'AT+GMM');
  assert.equal(shown('AT+GMM', 5), 'AT+GMM\u001b[1D');
  assert.equal(shown('é\u{1f600}x', 1), '??x\u001b[2D');
  assert.equal(shown('AT+WSTAC=3,"secret', 2), 'AT+WSTAC=3,***\u001b[12D');
  assert.equal(shown('AT+WSTAC=3,"secret', 15), 'AT+WSTAC=3,***');
  stdout.columns = 5;
  assert.equal(shown('0123456789', 10), '6789');
  assert.equal(shown('0123456789', 7), '6789\u001b[3D');
  assert.equal(shown('0123456789', 3), '3456\u001b[4D');
});

test('what a command waits for is one line of standard error, counted where that is a terminal', async () => {
  const tries = [1, 2, 3].map((count) => ({ type: 'waiting', message: 'no answer yet', count, total: 8 }) as const);
  const piped = bench(SETTINGS, { form: 'results' });
  for (const event of tries) piped.output.report(event);
  assert.equal(piped.stderr.text, '... no answer yet (1 of 8)\n');

  const { output, stdout, stderr } = bench(SETTINGS, { form: 'results', tty: true, secrets: ['Workshop'] });
  for (const event of tries) output.report(event);
  assert.equal(
    stderr.text.replaceAll(ERASE, '|'),
    '|... no answer yet (1 of 8)|... no answer yet (2 of 8)|... no answer yet (3 of 8)',
  );
  stderr.text = '';
  output.print('a result');
  assert.deepEqual([stderr.text, stdout.text], [ERASE, 'a result\n']);
  stderr.text = '';
  output.report({ type: 'waiting', message: 'Workshop \u001b[2J' });
  output.note('a note');
  assert.equal(stderr.text.replaceAll(ERASE, '|'), '|... *** ?[2J|a note\n');
  await output.close();
});

test('without a keyboard or a terminal no line is drawn', () => {
  for (const setup of [
    { tty: false, interactive: true },
    { tty: true, interactive: false },
  ]) {
    const { output, stdout } = bench(NOTHING_ELSE, setup);
    output.setInputLine('AT');
    assert.equal(stdout.text, '');
    output.setStatusLine('1 connected');
    assert.equal(stdout.text, setup.tty ? '\r\u001b[2K1 connected' : '', 'how things are needs no keyboard');
  }
});

test('a reader that goes away is told once, and ends nothing', async () => {
  const { output, stdout, closed } = bench();
  stdout.destroy(new Error('write EPIPE'));
  await settle();
  stdout.emit('error', new Error('write EPIPE'));
  output.report(event('nobody reads this'));
  output.report(exit);
  await output.close();
  assert.equal(closed(), 1);
});

test('closed stderr is nobody’s end', async () => {
  const { output, stderr, closed } = bench();
  stderr.destroy(new Error('write EPIPE'));
  await settle();
  output.report(failure);
  await output.close();
  assert.equal(closed(), 0);
});

test('a reader that does not read costs lines, not memory, and hears how many and the end', async () => {
  const { clock, output, stdout } = bench({ json: true });
  stdout.stopReading();
  const payload = 'x'.repeat(1024 * 1024);
  for (let sent = 0; sent < 40; sent++) output.report({ type: 'message', topic: 't', payload });
  assert.ok(stdout.writableLength < 18 * 1024 * 1024, String(stdout.writableLength));
  stdout.readOn();
  await settle();
  output.report(event('afterwards'));
  output.report(exit);
  await clock.until(output.close());
  const lines = stdout.text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const messages = lines.filter(({ type }) => type === 'message').length;
  assert.deepEqual(
    lines.slice(messages).map(({ type, message, level }) => [type, level, message]),
    [
      ['event', 'warning', `${40 - messages} events are not shown, because the output is read too slowly`],
      ['event', 'event', 'afterwards'],
      ['exit', undefined, undefined],
    ],
  );
});

test('closing waits for a slow reader, and not for ever', async () => {
  const slow = bench();
  slow.stdout.stopReading();
  slow.output.report(event('a'));
  let closed = false;
  const closing = slow.output.close().then(() => {
    closed = true;
  });
  await slow.clock.advance(999);
  assert.equal(closed, false);
  await slow.clock.advance(1);
  await closing;
  assert.equal(slow.clock.pendingTimers, 0);

  const busy = bench();
  busy.stdout.stopReading();
  busy.output.report(event('a'));
  const handedOver = busy.output.close();
  busy.stdout.readOn();
  await handedOver;
  assert.match(busy.stdout.text, /Event: a\n$/);
});

test('the log file is appended to, complete, dated, and for its owner only', async (t) => {
  const path = join(folder(t), 'session.log');
  for (const message of ['first run', 'second\nrun']) {
    const { clock, output } = bench({ logFile: path, quiet: true });
    output.report({ type: 'at', dir: 'tx', line: 'AT+GMR' });
    await clock.advance(5);
    output.report(event(message));
    output.report({ type: 'telemetry', body: { temperature: 15 } });
    await output.close();
  }
  assert.equal(
    readFileSync(path, 'utf8'),
    ['first run', 'second\\x0arun']
      .map(
        (message) => `2026-11-23T12:00:00.000Z tx AT+GMR
2026-11-23T12:00:00.005Z event ${message}
2026-11-23T12:00:00.005Z telemetry {"body":{"temperature":15}}
`,
      )
      .join(''),
  );
  if (process.platform !== 'win32') assert.equal(statSync(path).mode & 0o777, 0o600);
});

test('a log file that cannot be written is a configuration error', (t) => {
  const path = folder(t);
  for (const bad of [path, join(path, 'missing', 'session.log')]) {
    assert.throws(
      () => bench({ logFile: bad }),
      (error) => error instanceof AppError && error.code === 'E_LOG_FILE',
    );
  }
});

test('a disk that is full ends the log and not the session', { skip: !existsSync('/dev/full') }, () => {
  const { output, stdout } = bench({ logFile: '/dev/full', quiet: true });
  output.report(event('a'));
  output.report(event('b'));
  assert.match(stdout.text, /^Warning: The log file ends here: ENOSPC.*\nEvent: a\nEvent: b\n$/);
});

const letter = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code));
const secretText = fc
  .tuple(fc.string({ unit: fc.oneof(letter, fc.constantFrom('"', '\\', '%')), minLength: 7, maxLength: 62 }), letter)
  .map(([start, end]) => `Q${start}~${end}`.slice(0, 63));

const CERTIFICATE = { serial: '01', validFrom: 'then', validTo: 'later', sha1: 'A1', sha256: 'B2', pem: 'PEM' };

/** Events of every kind that hold `form` somewhere between `before` and `after`. */
function eventsWith(form: string, before: string, after: string): SessionEvent[] {
  const [text, body] = [before + form + after, { [before + form]: [form + after, { x: form }] }];
  return [
    { type: 'at', dir: 'tx', line: text },
    { type: 'at', dir: 'rx', line: text, kind: 'info' },
    { type: 'at', dir: 'rx', line: text, kind: 'urc' },
    { type: 'at', dir: 'rx', line: text, kind: 'text' },
    { type: 'event', level: 'event', message: text },
    { type: 'event', level: 'note', message: text },
    { type: 'event', level: 'warning', message: text },
    { type: 'message', topic: text, payload: JSON.stringify(body) },
    { type: 'message', topic: 't', payload: text },
    { type: 'message', topic: 't', payload: JSON.stringify({ x: form }).replace('Q', '\\u0051') },
    { type: 'certificate', ...CERTIFICATE, subject: text, issuer: text },
    { type: 'assigned', hub: text, deviceId: text },
    { type: 'twin', desired: body, reported: body },
    { type: 'telemetry', body },
    { type: 'property', name: text, value: text, requested: body, version: 1, ac: 200 },
    { type: 'command', name: text, request: body, status: 200, response: body },
    {
      type: 'local-cloud',
      interval: 5,
      url: `http://${text}`,
      deviceId: 'd',
      requests: [{ title: text, method: 'POST', path: `/${text}`, body: { [text]: text } }],
    },
    { type: 'error', code: 'E_INTERNAL', message: text, hint: text },
  ];
}

test('a secret is in no output whatever event holds it, raw, escaped or in hex', (t) => {
  const log = join(folder(t), 'session.log');
  const surroundings = fc.string({ unit: fc.constantFrom('"', '\\', ',', ' ', '0', 'AT+WSTAC=3,"'), maxLength: 4 });
  fc.assert(
    fc.property(secretText, surroundings, surroundings, (secret, before, after) => {
      writeFileSync(log, '');
      const hex = Buffer.from(secret).toString('hex');
      const forms = [
        secret,
        secret.replace(/["\\]/g, '\\$&'),
        JSON.stringify(secret).slice(1, -1),
        hex,
        hex.toUpperCase(),
        encodeURIComponent(secret),
      ];
      let shown = '';
      for (const settings of [{ logFile: log }, { json: true }, { verbose: true }]) {
        const { output, stdout, stderr } = bench(settings, { secrets: [secret] });
        for (const form of forms) for (const each of eventsWith(form, before, after)) output.report(each);
        output.report({ type: 'exit', code: 1, reason: forms.join(after) });
        output.setInputLine(before + secret);
        shown += stdout.text + stderr.text;
      }
      shown += readFileSync(log, 'utf8');
      for (const form of forms) assert.ok(!shown.includes(form), form);
    }),
    { numRuns: 60 },
  );
});
