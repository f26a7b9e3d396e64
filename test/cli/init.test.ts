import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'dotenv';
import fc from 'fast-check';
import { type Answers, Dialogue, type DialogueOptions } from '../../src/cli/init/dialogue.ts';
import { withValue } from '../../src/cli/init/env-text.ts';
import { MODULE_LIMITS } from '../../src/cli/module-limits.ts';
import { envExample } from '../../src/config/env-example.ts';
import { resolveValues } from '../../src/config/resolve.ts';
import type { SettingName } from '../../src/config/settings.ts';
import { AppError } from '../../src/errors.ts';
import { AnyCloudModem } from '../../src/modem/anycloud/modem.ts';
import { rankPorts } from '../../src/serial/likely.ts';
import { type Board, board, DEVICE, NETWORK } from '../helpers/board.ts';
import { emptyFolder } from '../helpers/cli.ts';
import { runMain } from '../helpers/in-process.ts';

const read = (text: string, name: SettingName) =>
  resolveValues({ flags: {}, env: {}, envFile: { path: '.env', text }, limits: MODULE_LIMITS }, [name])[name];

/** Texts with everything that has a meaning in a settings file. */
const awkward = fc.oneof(
  fc.string({ maxLength: 20 }),
  fc.string({ unit: fc.constantFrom("'", '"', '`', '\\', '#', ' ', '=', '$', '\n', 'n', 'a'), maxLength: 12 }),
);
/** Lines as they stand in settings files, right and wrong. */
const line = fc.oneof(
  fc.constantFrom(
    '',
    '# do not',
    "# '",
    'export WIFI_SSID=x',
    'WIFI_SSID: y',
    "OTHER='a\nb'",
    'OTHER="',
    "WIFI_SSID=''",
  ),
  awkward.map((text) => `OTHER=${text}`),
  awkward.map((text) => `WIFI_PASSPHRASE='${text}`),
  awkward.map((text) => `# ${text}`),
);
const file = fc.oneof(
  fc.constant(envExample()),
  fc.tuple(fc.array(line, { maxLength: 8 }), fc.constantFrom('\n', '\r\n')).map(([lines, end]) => lines.join(end)),
);

test('a value is written so that it reads back as the same, and nothing else changes, or not at all', () => {
  let written = 0;
  fc.assert(
    fc.property(file, awkward, fc.constantFrom<SettingName>('ssid', 'passphrase'), (before, value, name) => {
      const env = name === 'ssid' ? 'WIFI_SSID' : 'WIFI_PASSPHRASE';
      const after = withValue(before, name, value);
      if (after === null) return;
      written++;
      assert.deepEqual(parse(after), { ...parse(before), [env]: value });
    }),
    { numRuns: 1000 },
  );
  assert.ok(written > 500, `only ${written} of 1000 could be written`);
});

test('every passphrase that is possible can be written, but for those with all kinds of quotes', () => {
  const passphrase = fc.string({
    unit: fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code)),
    minLength: 8,
    maxLength: 63,
  });
  fc.assert(
    fc.property(passphrase, (value) => {
      const text = withValue(envExample(), 'passphrase', value);
      if (text === null) assert.match(value, /'.*`|`.*'/);
      else assert.equal(read(text, 'passphrase'), value);
    }),
    { numRuns: 500 },
  );
});

test('what is there stays: comments, other names, order; what is missing comes with its explanation', () => {
  const before = '# mine\nexport WIFI_SSID=old # home\nOTHER=1\n';
  assert.equal(withValue(before, 'ssid', 'new'), '# mine\nexport WIFI_SSID=new\nOTHER=1\n');
  const added = withValue('OTHER=1', 'idScope', '0ne00123ABC') ?? '';
  assert.ok(added.startsWith('OTHER=1\n\n# ID scope of the application.\n'), added);
  assert.ok(added.endsWith('\nID_SCOPE=0ne00123ABC\n'));
  assert.equal(withValue('', 'json', 'true'), null);
});

interface Talk {
  answers: Answers;
  printed: string;
  asked: string[];
}

/** Talks with someone who gives `replies`; what is hidden is written as `{ hidden: ... }`. */
async function talk(
  replies: (string | { hidden: string })[],
  options: Partial<Omit<DialogueOptions, 'asker'>> & { board?: Board } = {},
): Promise<Talk> {
  const there = options.board ?? (await board());
  const printed: string[] = [];
  const asked: string[] = [];
  const next = (question: string, hidden: boolean) => {
    asked.push(question);
    const reply = replies.shift();
    assert.ok(reply !== undefined, `nobody expected: ${question}`);
    assert.equal(typeof reply === 'object', hidden, question);
    return Promise.resolve(typeof reply === 'object' ? reply.hidden : reply);
  };
  const dialogue = new Dialogue({
    asker: { ask: (question) => next(question, false), askHidden: (question) => next(question, true) },
    print: (text) => printed.push(text),
    given: new Map(),
    current: (name) => String(read('', name) ?? ''),
    simulate: true,
    time: 0,
    listPorts: async () => [],
    withModule: (_, use) => use(new AnyCloudModem(there.module.connect(), there.clock)),
    signal: there.signal,
    hintOf: ({ hint }) => hint,
    ...options,
  });
  const answers = await there.clock.until(dialogue.run());
  assert.deepEqual(replies, [], 'not everything was asked for');
  return { answers, printed: printed.join('\n'), asked };
}

const NOTHING_SET: Pick<DialogueOptions, 'current'> = {
  current: (name) => (name === 'modelId' ? 'dtmi:com:Microchip:WBZ451_Curiosity;1' : name === 'security' ? 'wpa2' : ''),
};

test('network and device id come from the module; Enter takes what is offered', async () => {
  const { answers, printed } = await talk(['1', { hidden: 'correct horse' }, '0ne00123ABC', '', ''], NOTHING_SET);
  assert.deepEqual(Object.fromEntries(answers), {
    ssid: NETWORK.ssid,
    security: 'wpa2',
    passphrase: 'correct horse',
    idScope: '0ne00123ABC',
    deviceId: DEVICE,
    modelId: 'dtmi:com:Microchip:WBZ451_Curiosity;1',
  });
  assert.match(printed, /1 {2}-48 dBm .* Workshop 2/);
});

test('an open network needs no passphrase, and of several access points one row is enough', async () => {
  const open = { ...NETWORK, security: 'open' as const };
  const there = await board({
    accessPoints: [{ ...open, rssi: -70 }, open, { ...NETWORK, ssid: 'old', security: 'wep' }],
  });
  const { answers, printed } = await talk(['1', '0ne1', '', ''], { ...NOTHING_SET, board: there });
  assert.equal(answers.get('security'), 'open');
  assert.equal(answers.has('passphrase'), false);
  assert.match(printed, /1 {2}-48 dBm/);
  assert.doesNotMatch(printed, /-70 dBm|old/);
});

test('what is wrong is asked for again, and nothing secret is said', async () => {
  const { asked, printed } = await talk(
    [
      'x'.repeat(33),
      'Elsewhere',
      'wpa4',
      'wpa2',
      { hidden: 'short' },
      { hidden: 'long enough' },
      'a b',
      '0ne1',
      '',
      '',
    ],
    NOTHING_SET,
  );
  assert.equal(printed.match(/^It must /gm)?.length, 4);
  assert.doesNotMatch(printed + asked.join('\n'), /short|long enough/);
});

test('what holds now is offered, and flags are not asked for', async () => {
  const current = (name: SettingName) =>
    ({
      ssid: 'Now',
      passphrase: 'the one I have',
      security: 'wpa',
      idScope: '0ne1',
      modelId: 'dtmi:a;1',
      deviceId: 'other',
    })[String(name)] ?? '';
  const { answers, asked, printed } = await talk(['', '', { hidden: '' }, '', ''], {
    current,
    given: new Map([['idScope', '0ne2']]),
  });
  assert.deepEqual(Object.fromEntries(answers), {
    idScope: '0ne2',
    ssid: 'Now',
    security: 'wpa',
    passphrase: 'the one I have',
    deviceId: DEVICE,
    modelId: 'dtmi:a;1',
  });
  assert.doesNotMatch(asked.join('\n'), /the one I have/);
  assert.match(printed, /DEVICE_ID is other now, which DPS would refuse/);
});

test('the likely port is offered, and one can be chosen by its number', async () => {
  const ports = rankPorts([{ path: '/dev/ttyS0' }, { path: '/dev/ttyUSB0', vendorId: '0403', productId: '6001' }]);
  const options = { ...NOTHING_SET, simulate: false, listPorts: async () => ports };
  const rest = () => ['1', { hidden: 'correct horse' }, '0ne1', '', ''];
  assert.equal((await talk(['', ...rest()], options)).answers.get('port'), '/dev/ttyUSB0');
  assert.equal((await talk(['1', ...rest()], options)).answers.get('port'), '/dev/ttyS0');
  assert.equal((await talk(['auto', ...rest()], options)).answers.get('port'), 'auto');
});

test('without a module a person may go on, and then types what that would have told', async () => {
  const absent = {
    ...NOTHING_SET,
    withModule: () => Promise.reject(new AppError('E_MODULE_TIMEOUT', 'Nothing answers', 'Press the reset button.')),
  };
  const typed = ['Workshop 2', 'wpa2', { hidden: 'correct horse' }, '0ne1', '', ''];
  const { answers, printed } = await talk(['y', ...typed], absent);
  assert.equal(answers.get('ssid'), 'Workshop 2');
  assert.equal(answers.has('deviceId'), false);
  assert.match(printed, /Nothing answers\nHint: Press the reset button\./);
  await assert.rejects(talk(['n'], absent), { code: 'E_MODULE_TIMEOUT' });
});

test('an answer that is no choice, and none where one is needed, is asked for again in words', async () => {
  const typed = ['7', '', '1', { hidden: '' }, { hidden: 'correct horse' }, '0ne1', '', ''];
  const { answers, printed } = await talk(typed, NOTHING_SET);
  assert.equal(answers.get('ssid'), NETWORK.ssid);
  assert.match(printed, /There is no 7 in the list: type a number from 1 to 1, or a name\./);
  assert.match(printed, /This is needed: name of the Wi-Fi network\./);
  assert.match(printed, /This is needed: passphrase of the Wi-Fi network/);
});

test('a wrong port can be corrected', async () => {
  const there = await board();
  const withModule: DialogueOptions['withModule'] = (port, use) => {
    if (port === '/dev/right') return use(new AnyCloudModem(there.module.connect(), there.clock));
    return Promise.reject(new AppError('E_PORT_NOT_FOUND', 'There is no such port', 'Choose one.'));
  };
  const options = { ...NOTHING_SET, simulate: false, board: there, withModule };
  const typed = ['/dev/wrong', 'y', '/dev/right', '1', { hidden: 'correct horse' }, '0ne1', '', ''];
  const { answers } = await talk(typed, options);
  assert.equal(answers.get('port'), '/dev/right');
});

test('the ID scope may come later; the file says so, and no longer when it is there', async () => {
  const { answers } = await talk(['1', { hidden: 'correct horse' }, '', '', ''], NOTHING_SET);
  assert.equal(answers.has('idScope'), false);
  const cwd = emptyFolder();
  const init = (...args: string[]) => runMain(['init', '--yes', '--port', 'COM5', ...args], cwd);
  assert.equal((await init()).code, 0);
  const text = readFileSync(join(cwd, '.env'), 'utf8');
  assert.match(text, /^# Still to come: the ID scope.*\nID_SCOPE=$/m);
  assert.doesNotMatch(text, /Copy this file/);
  assert.equal((await init('--id-scope', '0ne1')).code, 0);
  const later = readFileSync(join(cwd, '.env'), 'utf8');
  assert.match(later, /^ID_SCOPE=0ne1$/m);
  assert.doesNotMatch(later, /Still to come/);
});

test('a board as sold is offered a gateway, and its identity is made', async () => {
  const options = { ...NOTHING_SET, simulate: false, time: Date.parse('2026-11-23T12:00:00Z') };
  const given: Answers = new Map([['port', 'COM5']]);
  const replies = () => ['1', { hidden: 'correct horse' }, '0ne1', '', ''];
  const taken = await talk([...replies(), ''], { ...options, given });
  assert.equal(taken.answers.get('gateway'), 'auto');
  assert.match(taken.printed, /Firmware 0\.3\.2 makes no TLS connection any more/);
  assert.equal((await talk([...replies(), 'n'], { ...options, given })).answers.has('gateway'), false);
  await talk(replies(), { ...options, given, time: Date.parse('2025-05-01T00:00:00Z') });

  const cwd = emptyFolder();
  const wifi = ['--ssid', 'Shop', '--passphrase', 'correct horse', '--id-scope', '0ne1', '--port', 'COM5'];
  const { code, stdout } = await runMain(['init', '--yes', ...wifi, '--gateway', '--device-id', DEVICE], cwd);
  assert.equal(code, 0);
  assert.match(stdout, /A certificate for sn0123A1B2C3D4E5F601 was made, valid for ten years/);
  assert.match(stdout, /the gateway's, not the chip's/);
  assert.match(readFileSync(join(cwd, '.env'), 'utf8'), /^GATEWAY=auto$/m);
  assert.match(readFileSync(join(cwd, 'gateway-identity', `${DEVICE}.cert.pem`), 'utf8'), /BEGIN CERTIFICATE/);
});
