import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import type { SessionEvent } from '../../src/events.ts';
import { loadPaint, plainPaint, wantsColor } from '../../src/terminal/color.ts';
import { safeJson } from '../../src/terminal/json.ts';
import { toNdjson } from '../../src/terminal/ndjson.ts';
import { Transcript, type TranscriptOptions, waitingLine } from '../../src/terminal/transcript.ts';
import { visible } from '../../src/terminal/visible.ts';

const START = Date.parse('2026-11-23T12:00:00Z');
const PLAIN: TranscriptOptions = { view: 'session', verbose: false, interactive: false, startedAt: START };

const tx = (line: string): SessionEvent => ({ type: 'at', dir: 'tx', line });
const info = (line: string): SessionEvent => ({ type: 'at', dir: 'rx', line, kind: 'info' });
const urc = (line: string): SessionEvent => ({ type: 'at', dir: 'rx', line, kind: 'urc' });
const text = (line: string): SessionEvent => ({ type: 'at', dir: 'rx', line, kind: 'text' });
const ok: SessionEvent = { type: 'at', dir: 'rx', line: 'OK', kind: 'status' };
const said = (level: 'event' | 'note' | 'warning', message: string): SessionEvent => ({
  type: 'event',
  level,
  message,
});

const CERTIFICATE: SessionEvent = {
  type: 'certificate',
  subject: 'CN=d',
  issuer: 'CN=s',
  serial: '01',
  validFrom: '2026-01-01T00:00:00.000Z',
  validTo: '2046-01-01T00:00:00.000Z',
  sha1: 'A1',
  sha256: 'B2',
  pem: 'PEM',
};

/** The transcript of `events`, each a second after the one before. */
function render(events: SessionEvent[], options: Partial<TranscriptOptions> = {}): string {
  const transcript = new Transcript({ ...PLAIN, ...options });
  const lines = [
    ...transcript.banner(),
    ...events.flatMap((event, index) => transcript.lines(event, START + index * 1000)),
  ];
  return lines.map((line) => line.text).join('\n');
}

const BANNER = `\
--------------------------------------------------------------------------------
Starting the AnyCloud Azure IoT Central Demonstration
--------------------------------------------------------------------------------

`;

const CLOUD: SessionEvent = {
  type: 'local-cloud',
  url: 'http://127.0.0.1:7070',
  deviceId: 'd',
  interval: 10,
  requests: [{ title: 'Change it', method: 'PATCH', path: '/api/x', body: { led: 1 } }],
};

test('a session reads like the walkthrough', () => {
  const events: SessionEvent[] = [
    { type: 'state', state: 'open-port' },
    { type: 'state', state: 'sync' },
    tx('ATE1'),
    ok,
    tx('AT+WSTA'),
    info('+WSTA:0'),
    ok,
    said('event', 'WiFi not connected, initializing'),
    tx('AT+WSTA=1,20000'),
    ok,
    urc('+WSTALU:"5C:76:95:1B:D9:2F",6'),
    text('NET Intf Not Connected'),
    urc('+WSTAAIP:"10.0.0.156"'),
    said('event', 'WiFi connected'),
    tx('AT+MQTTCONN'),
    info('+MQTTCONN:0'),
    ok,
    said('note', 'Broker disconnected....'),
    urc('+MQTTPUB:35,"$iothub/methods/POST/reboot/?$rid=1",16,"{"delay":"PT5S"}"'),
    said('note', 'received command from IoT Central'),
    { type: 'message', topic: '$iothub/methods/POST/reboot/?$rid=1', payload: '{"delay":"PT5S","deep":{"a":[]}}' },
    { type: 'command', name: 'reboot', request: null, status: 200, response: {} },
    said('note', 'execute reboot(5)'),
    said('note', 'Sending Telemetry and Properties.\n    Press ESC to end script'),
    said('warning', 'a sample is lost'),
    { type: 'exit', code: 0, reason: 'ESC' },
  ];
  assert.equal(
    render(events, { interactive: true }),
    `${BANNER}
Press ESC to Exit the script

Start Initialization...
.............................
ATE1
OK
>
AT+WSTA
+WSTA:0
OK
>
Event: WiFi not connected, initializing
AT+WSTA=1,20000
OK
>
+WSTALU:"5C:76:95:1B:D9:2F",6
>
NET Intf Not Connected
+WSTAAIP:"10.0.0.156"
>
Event: WiFi connected
AT+MQTTCONN
+MQTTCONN:0
OK
>

Broker disconnected....
+MQTTPUB:35,"$iothub/methods/POST/reboot/?$rid=1",16,"{"delay":"PT5S"}"
>

received command from IoT Central
--------------------------------
subscription topic received
  "$iothub/methods/POST/reboot/?$rid=1"
subscription payload received
{
    "delay": "PT5S",
    "deep": {
        "a": []
    }
}
--------------------------------

execute reboot(5)
Sending Telemetry and Properties.
    Press ESC to end script
Warning: a sample is lost

Session ended: ESC (exit code 0)`,
  );
});

/** The lines for one message from the cloud. */
const message = (payload: string) =>
  render([{ type: 'message', topic: 't', payload }])
    .split('\n')
    .slice(5);

test('payloads that are no JSON, that JSON would change, or that would be all blanks, are shown as they are', () => {
  const block = (payload: string) => message(payload).slice(4, -1);
  assert.deepEqual(block('{"a":'), ['{"a":']);
  assert.deepEqual(block('one\ntwo\u001b[2J'), ['one\\x0atwo\\x1b[2J']);
  assert.deepEqual(block('{"a":1e400}'), ['{"a":1e400}']);
  assert.deepEqual(block('[[-1e999]]'), ['[[-1e999]]']);
  assert.deepEqual(block('{"a":[1]}'), ['{', '    "a": [', '        1', '    ]', '}']);
  for (const depth of [13, 500, 100_000]) {
    const deep = `${'['.repeat(depth)}${']'.repeat(depth)}`;
    assert.deepEqual(block(deep), [deep]);
  }
  assert.equal(block(`${'['.repeat(12)}${']'.repeat(12)}`).length, 23);
});

test('an empty answer is one line', () => {
  assert.deepEqual(message(''), ['subscription topic received "t", with an empty payload']);
});

test('an acknowledgement is shown in its pretty form, and other reports are not', () => {
  const answer = { ac: 200, av: 105, ad: 'telemetryInterval set to: 5', value: 5 };
  const shown = render([{ type: 'reported', body: { telemetryInterval: answer, ipAddress: '10.0.0.1' } }]);
  assert.equal(shown.split('\n').slice(5).join('\n'), JSON.stringify({ telemetryInterval: answer }, null, 4));
  assert.equal(render([{ type: 'reported', body: { ipAddress: '10.0.0.1' } }]), `${BANNER.trimEnd()}\n\n`);
});

test('a certificate is folded, and whole with --verbose', () => {
  const pem = `-----BEGIN CERTIFICATE-----\\n${'MIIB'.repeat(150)}\\n-----END CERTIFICATE-----`;
  const hex = `+READCERT:3, 300,[3082${'AB'.repeat(298)}]`;
  const line = `+READCERT:1, 737,"${pem}\\n"`;
  const short = render([info(line), info(hex)])
    .split('\n')
    .slice(-2);
  assert.equal(short[0], '+READCERT:1, 737,"-----BEGIN CERTIFICATE----- ... -----END CERTIFICATE-----\\n"');
  assert.equal(short[1], '+READCERT:3, 300,[3082ABABABABABAB...]');
  assert.ok(render([info(line)], { verbose: true }).includes(pem));
});

test('no key is spoken of where there is no keyboard', () => {
  const events = [said('note', 'Sending Telemetry and Properties.\n    Press ESC to end script')];
  assert.doesNotMatch(render(events), /ESC/);
  assert.match(render(events, { interactive: true }), /Press ESC to Exit[\s\S]*Press ESC to end/);
});

test('--quiet is a line for each thing that happens', () => {
  const events: SessionEvent[] = [
    CLOUD,
    { type: 'state', state: 'wi-fi' },
    tx('AT'),
    ok,
    { type: 'message', topic: 't', payload: '{}' },
    said('event', 'WiFi connected'),
    said('note', 'n'),
    said('warning', 'w'),
    CERTIFICATE,
    { type: 'assigned', hub: 'h.example', deviceId: 'd' },
    { type: 'twin', desired: { $version: 1 }, reported: {} },
    { type: 'telemetry', body: { temperature: 15 } },
    { type: 'property', name: 'led_user', value: 1, requested: 9, version: 7, ac: 400, ad: 'it has no value 9' },
    { type: 'reported', body: { led_user: { ac: 400 } } },
    { type: 'command', name: 'reboot', request: null, status: 200, response: {} },
    { type: 'exit', code: 130, reason: 'Ctrl-C' },
  ];
  assert.deepEqual(render(events, { view: 'quiet' }).split('\n'), [
    'The local cloud is at http://127.0.0.1:7070, the device is d',
    'Event: WiFi connected',
    'Warning: w',
    'assigned to h.example as d',
    'telemetry {"temperature":15}',
    'property led_user = 1, version 7, ac 400, refused 9: it has no value 9',
    'command reboot null: 200 {}',
    'Session ended: Ctrl-C (exit code 130)',
  ]);
});

test('a failure is told once', () => {
  const events: SessionEvent[] = [
    { type: 'error', code: 'E_WIFI_JOIN', message: 'No network', hint: 'Come nearer' },
    { type: 'exit', code: 6, reason: 'No network' },
  ];
  for (const view of ['quiet', 'session'] as const) {
    const text = render(events, { view });
    assert.equal(text.split('No network').length, 2, text);
    assert.match(text, /^Session ended \(exit code 6\)$/m);
  }
});

test('a service says its sentences, and shows its wire with --verbose only', () => {
  const events = [said('note', 'n'), said('event', 'e'), tx('AT'), ok];
  assert.equal(render(events, { view: 'service' }), 'n\nEvent: e');
  assert.match(render(events, { view: 'service', verbose: true }), /AT\n.*OK/);
});

test('? tells the keys, who the device is, and the lines that play the part of the cloud', () => {
  for (const view of ['session', 'quiet'] as const) {
    const transcript = new Transcript({ ...PLAIN, view });
    const help = (model: string | null) =>
      transcript
        .help(model)
        .map(({ text }) => text)
        .join('\n');
    assert.match(help(null), /b presses the button[\s\S]*Device not known yet, no model, no hub yet\n$/);
    transcript.lines(CLOUD, START);
    assert.match(
      help('dtmi:a;1'),
      /ESC ends[\s\S]*Device d, model dtmi:a;1, no hub yet\n.*127.0.0.1:7070\n[\s\S]*Change it:\n {2}curl -X PATCH 'http:\/\/127.0.0.1:7070\/api\/x' .*'\{"led":1\}'\nThe console is at http:\/\/127.0.0.1:7070\n/,
    );
    transcript.lines({ type: 'assigned', hub: 'h.example', deviceId: 'd2' }, START);
    transcript.lines({ type: 'console', url: 'http://127.0.0.1:1', link: 'http://127.0.0.1:1/#x' }, START);
    assert.match(help(null), /The console is at http:\/\/127.0.0.1:1\/#x\n/);
    assert.match(help('dtmi:a;1'), /Device d2, model dtmi:a;1, hub h\.example\n/);
  }
});

test('--verbose adds the milliseconds since the start, states and what the session has understood', () => {
  const events: SessionEvent[] = [
    { type: 'state', state: 'wi-fi' },
    ok,
    CERTIFICATE,
    { type: 'assigned', hub: 'h.example', deviceId: 'd' },
    { type: 'twin', desired: { $version: 1 }, reported: {} },
    { type: 'telemetry', body: { temperature: 15 } },
    { type: 'property', name: 'telemetryInterval', value: 10, requested: 0, version: 7, ac: 400 },
    { type: 'command', name: 'reboot', request: { delay: 'PT5S' }, status: 200, response: { status: 'Success' } },
  ];
  const lines = render(events, { verbose: true }).split('\n').slice(5);
  assert.deepEqual(lines, [
    '       0 ms  Start Initialization...',
    '       0 ms  .............................',
    '       0 ms  state wi-fi',
    '    1000 ms  OK',
    '    1000 ms  >',
    '    2000 ms  certificate of CN=d, valid until 2046-01-01T00:00:00.000Z, SHA-1 A1',
    '    3000 ms  assigned to h.example as d',
    '    4000 ms  twin desired {"$version":1} reported {}',
    '    5000 ms  telemetry {"temperature":15}',
    '    6000 ms  property telemetryInterval = 10, version 7, ac 400, refused 0',
    '    7000 ms  command reboot {"delay":"PT5S"}: 200 {"status":"Success"}',
  ]);
});

test('the lines for the local cloud do in a shell what they say', { skip: process.platform === 'win32' }, () => {
  const deviceId = "o'neill:1 $(touch x)";
  const url = 'http://127.0.0.1:7070';
  const device = `/api/devices/${encodeURIComponent(deviceId)}`;
  const body = { "it's": '$(touch y) `\\' };
  const requests = [{ title: 'Change it', method: 'PATCH', path: `${device}/properties`, body }];
  const commands = render([{ type: 'local-cloud', url: `${url}/`, deviceId, interval: 5, requests }])
    .split('\n')
    .filter((line) => line.startsWith('  curl '));
  const words = commands.map((line) =>
    execFileSync('/bin/sh', ['-c', `set -- ${line}; printf '%s\\n' "$@"`], { encoding: 'utf8' })
      .trim()
      .split('\n'),
  );
  const header = ['-H', 'Content-Type: application/json'];
  assert.deepEqual(words, [
    ['curl', '-X', 'PATCH', `${url}${device}/properties`, ...header, '-d', JSON.stringify(body)],
  ]);
});

const anyText = fc.oneof(
  fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) }),
  fc.string({ unit: fc.constantFrom('\u001b', '[', '\u009b', '\n', '2J', '\u202e', 'a') }),
);

test('nothing from outside reaches the terminal as a control character', () => {
  fc.assert(
    fc.property(anyText, (outside) => {
      const events: SessionEvent[] = [
        tx(outside),
        text(outside),
        { type: 'message', topic: outside, payload: outside },
        { type: 'message', topic: outside, payload: JSON.stringify({ [outside]: outside }) },
        said('event', outside),
        said('note', outside),
        { type: 'assigned', hub: outside, deviceId: outside },
        {
          type: 'local-cloud',
          interval: 5,
          url: 'http://127.0.0.1',
          deviceId: outside,
          requests: [{ title: outside, method: 'POST', path: `/${outside}`, body: { [outside]: outside } }],
        },
        { type: 'error', code: 'E_INTERNAL', message: outside, hint: outside },
        { type: 'exit', code: 1, reason: outside },
      ];
      assert.doesNotMatch(render(events, { verbose: true }), /[^\n\P{Cc}]|[\p{Cf}\u2028\u2029]/u);
    }),
  );
  assert.equal(visible('a\tb\u001b[0m é \u{1f600} \u202e'), 'a\\x09b\\x1b[0m é \u{1f600} \\u{202e}');
});

test('NDJSON has version, time and type in front, and each event is one line', () => {
  assert.equal(
    toNdjson(text('a "b"'), START),
    '{"v":1,"ts":"2026-11-23T12:00:00.000Z","type":"at","dir":"rx","line":"a \\"b\\"","kind":"text"}\n',
  );
  assert.equal(
    toNdjson({ type: 'exit', code: 130, reason: 'SIGINT' }, START + 1),
    '{"v":1,"ts":"2026-11-23T12:00:00.001Z","type":"exit","code":130,"reason":"SIGINT"}\n',
  );
  fc.assert(
    fc.property(anyText, (payload) => {
      const line = toNdjson({ type: 'message', topic: payload, payload }, START);
      assert.equal(line.indexOf('\n'), line.length - 1);
      const expected = { v: 1, ts: '2026-11-23T12:00:00.000Z', type: 'message', topic: payload, payload };
      assert.deepEqual(JSON.parse(line), expected);
    }),
  );
});

test('JSON holds nothing that a terminal or a reader of lines takes for something else', () => {
  fc.assert(
    fc.property(anyText, (outside) => {
      const line = safeJson({ [outside]: [outside, { deep: outside }], nothing: undefined });
      assert.doesNotMatch(line, /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
      assert.deepEqual(JSON.parse(line), { [outside]: [outside, { deep: outside }], nothing: null });
    }),
  );
  assert.equal(safeJson({ a: '\u009b\u202e\u2028\u{e0001}é' }), '{"a":"\\u009b\\u202e\\u2028\\udb40\\udc01é"}');
});

test('--no-color wins over NO_COLOR, that over FORCE_COLOR, that over the terminal', () => {
  const cases: [boolean | null, NodeJS.ProcessEnv, boolean, boolean][] = [
    [null, {}, true, true],
    [null, {}, false, false],
    [null, { TERM: 'dumb' }, true, false],
    [null, { TERM: 'dumb', FORCE_COLOR: '1' }, false, true],
    [null, { FORCE_COLOR: '' }, false, true],
    [null, { FORCE_COLOR: '0' }, true, false],
    [null, { FORCE_COLOR: '1', NO_COLOR: '1' }, true, false],
    [null, { NO_COLOR: '' }, true, true],
    [false, { FORCE_COLOR: '3' }, true, false],
  ];
  for (const [flag, env, isTerminal, expected] of cases) {
    assert.equal(wantsColor(flag, env, isTerminal), expected, JSON.stringify([flag, env, isTerminal]));
  }
});

test('colours add to the text and change nothing of it', async () => {
  const paint = await loadPaint(true);
  const tones = ['sent', 'module', 'event', 'warning', 'error', 'plain'] as const;
  const colored = tones.map((tone) => paint(tone, 'text'));
  assert.equal(new Set(colored).size, tones.length);
  for (const [index, tone] of tones.entries()) {
    assert.equal(plainPaint(tone, 'text'), 'text');
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the sequences of colours
    assert.equal(colored[index]?.replaceAll(/\u001b\[\d+m/g, ''), 'text');
  }
});

test('what takes a while is one line, where nobody watches it being counted', () => {
  const event: SessionEvent = { type: 'waiting', message: 'joining "Workshop"', seconds: 20 };
  for (const view of ['session', 'quiet'] as const) {
    assert.match(render([event], { view }), /^\.\.\. joining "Workshop", up to 20 s$/m);
    assert.doesNotMatch(render([event], { view, interactive: true }), /joining/);
  }
  assert.equal(waitingLine({ message: 'm' }, 7), '... m (7 s)');
  const polls: SessionEvent[] = [event, said('event', 'DPS subscription received notification')];
  const quiet = render([...polls, ...polls], { view: 'quiet' });
  assert.deepEqual([quiet.match(/joining/g)?.length, /notification/.test(quiet)], [1, false]);
  assert.match(render(polls), /Event: DPS subscription received notification/);
  assert.equal(render([event, said('event', 'lost'), event], { view: 'quiet' }).match(/joining/g)?.length, 2);
  const first = { ...event, count: 1, total: 2 };
  assert.equal(waitingLine(first), '... joining "Workshop", up to 20 s, try 1 of 2');
  assert.equal(waitingLine({ message: 'no answer yet', count: 3, total: 8 }, 1), '... no answer yet (3 of 8)');
});
