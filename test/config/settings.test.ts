import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Command } from 'commander';
import { parse } from 'dotenv';
import fc from 'fast-check';
import { envExample } from '../../src/config/env-example.ts';
import { isReadAsWritten, readEnvFile } from '../../src/config/env-file.ts';
import { addOptions } from '../../src/config/options.ts';
import {
  remarksOn,
  resolveSettings,
  resolveValues,
  type Settings,
  type SettingsInput,
  type SettingsLimits,
} from '../../src/config/resolve.ts';
import { SETTING_NAMES, SETTINGS, type Setting, type SettingName } from '../../src/config/settings.ts';
import { AppError, EXIT } from '../../src/errors.ts';

const BOARD = {
  SERIAL_PORT: 'COM5',
  WIFI_SSID: 'Workshop',
  WIFI_PASSPHRASE: 'correct horse',
  ID_SCOPE: '0ne00123ABC',
  DEVICE_ID: 'sn0123456789ABCDEF01',
};

const LIMITS: SettingsLimits = { deviceId: 23, host: 63, idScope: (deviceId) => 127 - 38 - deviceId.length };

function resolve(input: Partial<SettingsInput>): Settings {
  return resolveSettings({ flags: {}, env: {}, envFile: null, limits: LIMITS, ...input });
}

function complaint(action: () => unknown): AppError {
  try {
    action();
  } catch (error) {
    assert.ok(error instanceof AppError, String(error));
    assert.match(error.code, /^E_SETTINGS/);
    assert.equal(error.exitCode, EXIT.configuration);
    return error;
  }
  return assert.fail('nothing was wrong');
}

/** The complaint about `env` on top of what a board needs, or null when it is taken. */
function refusal(env: Record<string, string>, flags: Record<string, unknown> = {}): string | null {
  try {
    resolve({ env: { ...BOARD, ...env }, flags });
    return null;
  } catch {
    return complaint(() => resolve({ env: { ...BOARD, ...env }, flags })).message;
  }
}

test('the committed .env.example is what the table says', () => {
  const path = new URL('../../.env.example', import.meta.url);
  assert.equal(readFileSync(path, 'utf8').replaceAll('\r\n', '\n'), envExample());
});

test('.env.example, copied as it is, names exactly the settings that a person must give', () => {
  const error = complaint(() => resolve({ envFile: { path: '.env', text: envExample() } }));
  const named = [...error.message.matchAll(/- (\w+) is missing/g)].map((match) => match[1]);
  assert.deepEqual(named, ['SERIAL_PORT', 'WIFI_SSID', 'WIFI_PASSPHRASE', 'ID_SCOPE']);
  assert.doesNotMatch(error.message, /is wrong/);
});

test('every default and every simulated value passes its own check, and so does every example', () => {
  for (const name of SETTING_NAMES) {
    const setting: Setting<unknown> = SETTINGS[name];
    const { fallback, simulated, example } = setting;
    for (const value of [fallback, simulated]) {
      if (value === undefined || value === null) continue;
      assert.deepEqual(setting.check(String(value), LIMITS), { value }, name);
    }
    if (example !== undefined) assert.ok('value' in setting.check(parse(`X=${example}`)['X'] ?? '', LIMITS), name);
  }
});

test('the model of the table is the one whose data the project carries', () => {
  const model: unknown = JSON.parse(
    readFileSync(new URL('../../model/dtmi/com/microchip/wbz451_curiosity-1.json', import.meta.url), 'utf8'),
  );
  const interfaces = Array.isArray(model) ? model : [model];
  assert.ok(interfaces.some((entry: { '@id'?: unknown }) => entry['@id'] === SETTINGS.modelId.fallback));
});

test('every flag goes through commander into its setting', () => {
  const flags: Record<string, string[]> = {
    port: ['--port', '/dev/ttyUSB0'],
    baud: ['--baud', '9600'],
    ssid: ['--ssid', ' Café # 5 '],
    passphrase: ['--passphrase', '"\\#\' $&*'],
    security: ['--security', 'WPA'],
    ntpServer: ['--ntp-server', '192.168.1.1'],
    dpsHost: ['--dps-host', 'dps.example'],
    modem: ['--modem', 'RNWF02'],
    idScope: ['--id-scope', '0neFFFF'],
    deviceId: ['--device-id', 'a.b_c:d-'],
    rootCert: ['--root-cert', 'root.pem'],
    mqttTls: ['--mqtt-tls', '0'],
    mqttPort: ['--mqtt-port', '1883'],
    modelId: ['--model-id', 'dtmi:com:example:Thermostat;2.1'],
    models: ['--models', 'my models'],
    device: ['--device', 'my device.mjs'],
    interval: ['--interval', '86400'],
    envFile: ['--env-file', 'other.env'],
    count: ['--count', '3'],
    duration: ['--duration', '60'],
    qos: ['--qos', '1'],
    stdin: ['--stdin'],
    onReboot: ['--on-reboot', 'restart'],
    reconnect: ['--no-reconnect'],
    quiet: ['--quiet'],
    verbose: ['--verbose'],
    json: ['--json'],
    logFile: ['--log-file', 'a.log'],
    color: ['--no-color'],
    console: ['--console', '7071'],
    open: ['--open'],
    simulate: ['--simulate'],
    boards: ['--boards', '1'],
    httpPort: ['--http-port', '0'],
    emptyTwin: ['--empty-twin'],
    demoTwin: ['--demo-twin'],
    expiredRoot: ['--expired-root'],
    pace: ['--pace', 'instant'],
    gateway: ['--gateway', '192.168.1.10'],
    gatewayPort: ['--gateway-port', '1884'],
    identity: ['--identity', 'folder'],
    keyType: ['--key-type', 'group'],
    ca: ['--ca', 'ca.pem'],
    resolve: ['--resolve', 'a=b:1', '*=[::1]:2'],
    allowHost: ['--allow-host', 'a.example', 'b.example'],
    // They would contradict others, or have no flag.
    gatewayAt: [],
    gatewayKey: [],
    keyFile: [],
  };
  assert.deepEqual(Object.keys(flags).sort(), [...SETTING_NAMES].sort());
  const command = new Command();
  addOptions(command);
  command.parse(Object.values(flags).flat(), { from: 'user' });
  assert.equal(command.opts()['envFile'], 'other.env');
  assert.deepEqual(resolve({ flags: command.opts() }), {
    simulate: true,
    boards: 1,
    port: '/dev/ttyUSB0',
    baud: 9600,
    modem: 'rnwf02',
    wifi: { ssid: ' Café # 5 ', passphrase: '"\\#\' $&*', security: 'wpa' },
    ntpServer: '192.168.1.1',
    dpsHost: 'dps.example',
    idScope: '0neFFFF',
    deviceId: 'a.b_c:d-',
    rootCert: 'root.pem',
    mqttTls: 0,
    mqttPort: 1883,
    modelId: 'dtmi:com:example:Thermostat;2.1',
    models: 'my models',
    device: 'my device.mjs',
    interval: 86400,
    count: 3,
    duration: 60,
    qos: 1,
    stdin: true,
    onReboot: 'restart',
    reconnect: false,
    output: { quiet: true, verbose: true, json: true, logFile: 'a.log', color: false },
    gateway: {
      listen: '192.168.1.10',
      at: null,
      port: 1884,
      identity: 'folder',
      key: null,
      keyFile: null,
      keyType: 'group',
      ca: 'ca.pem',
      resolve: ['a=b:1', '*=[::1]:2'],
      allowedHosts: ['a.example', 'b.example'],
    },
    console: 7071,
    open: true,
    httpPort: 0,
    emptyTwin: true,
    expiredRoot: true,
    pace: 'instant',
  } satisfies Settings);
});

test('without flags commander gives nothing', () => {
  const command = new Command('demo');
  addOptions(command);
  command.parse([], { from: 'user' });
  assert.deepEqual(command.opts(), { reconnect: null, color: null });
});

test('a flag wins over the environment, that over .env, that over the default; empty counts as not given', () => {
  const intervals = (flag: string | undefined, env: string | undefined, file: string) =>
    resolve({
      flags: { simulate: true, interval: flag },
      env: env === undefined ? {} : { TELEMETRY_INTERVAL: env },
      envFile: { path: '.env', text: `TELEMETRY_INTERVAL=${file}` },
    }).interval;
  const cases: [string | undefined, string | undefined, string, number | null][] = [
    ['1', '2', '3', 1],
    ['', '2', '3', 2],
    [undefined, '2', '3', 2],
    [undefined, '', '3', 3],
    [undefined, undefined, '3', 3],
    [undefined, undefined, '', null],
    ['', '', "''", null],
    [undefined, undefined, '# the default will do', null],
  ];
  for (const [flag, env, file, expected] of cases) assert.equal(intervals(flag, env, file), expected);
});

test('a simulation needs nothing, and takes what is given', () => {
  const bare = resolve({ flags: { simulate: true } });
  assert.equal(bare.simulate, true);
  assert.match(bare.deviceId ?? '', /^sn0123[0-9A-F]{14}$/);
  const given = resolve({ flags: { simulate: true }, env: { WIFI_SSID: 'Mine', DEVICE_ID: 'mine' } });
  assert.deepEqual([given.wifi.ssid, given.deviceId, given.idScope], ['Mine', 'mine', bare.idScope]);
});

test('a chosen few are settled without the others, as all of them together would be', () => {
  const input = {
    flags: { baud: '9600' },
    env: { SERIAL_PORT: 'COM5', TELEMETRY_INTERVAL: 'often' },
    envFile: null,
    limits: LIMITS,
  };
  assert.deepEqual(resolveValues(input, ['port', 'baud', 'deviceId']), { port: 'COM5', baud: 9600, deviceId: null });
  assert.match(complaint(() => resolveValues(input, ['interval'])).message, /TELEMETRY_INTERVAL/);
  assert.match(complaint(() => resolveValues(input, ['ssid', 'passphrase'])).message, /WIFI_SSID.*WIFI_PASSPHRASE/s);
  const open = { ...input, env: { WIFI_SECURITY: ' Open' } };
  assert.deepEqual(resolveValues(open, ['passphrase']), { passphrase: '' });
});

test('a command may have a chosen few of the flags', () => {
  const command = new Command('some');
  const names: SettingName[] = ['port', 'color'];
  addOptions(command, names);
  assert.deepEqual(
    command.options.map((option) => option.attributeName()),
    names,
  );
});

test('settings are frozen all the way down', () => {
  const settings = resolve({ env: BOARD });
  for (const part of [settings, settings.wifi, settings.output]) assert.ok(Object.isFrozen(part));
});

test('everything that is missing or wrong is named at once, with the line to add', () => {
  const error = complaint(() =>
    resolve({
      flags: { qos: '2', baud: '1200' },
      env: { TELEMETRY_INTERVAL: '0', WIFI_PASSPHRASE: 'sesame' },
      envFile: { path: 'lab.env', text: 'DEVICE_ID=a/b\nID_SCOPE=0ne00123ABC\n' },
    }),
  );
  for (const part of [
    'SERIAL_PORT is missing',
    'Write in .env: SERIAL_PORT=COM5',
    'WIFI_SSID is missing',
    '--baud is wrong: "1200"',
    'Write in .env: SERIAL_BAUD=230400',
    'TELEMETRY_INTERVAL (environment) is wrong: "0"',
    'WIFI_PASSPHRASE (environment) is wrong: its value must',
    'DEVICE_ID (lab.env) is wrong: "a/b"',
    '--qos is wrong: "2" must be one of 0, 1.',
  ]) {
    assert.ok(error.message.includes(part), `${part} in ${error.message}`);
  }
  assert.ok(!error.message.includes('sesame'));
  assert.ok(!error.message.includes('ID_SCOPE'));
  assert.deepEqual(error.facts, { path: 'lab.env' });
});

test('how long a setting can be is the module’s to say', () => {
  const limits: SettingsLimits = { deviceId: 30, host: 20, idScope: (deviceId) => 40 - deviceId.length };
  const problems = (env: Record<string, string>) => {
    try {
      resolve({ env: { ...BOARD, ...env }, limits });
      return '';
    } catch (error) {
      return error instanceof AppError ? error.message : String(error);
    }
  };
  const hosts = { DPS_HOST: 'a'.repeat(20), NTP_SERVER: 'b'.repeat(20) };
  assert.equal(problems({ ...hosts, DEVICE_ID: 'd'.repeat(30), ID_SCOPE: 's'.repeat(10) }), '');
  const wrong = { DPS_HOST: 'a'.repeat(21), NTP_SERVER: 'b'.repeat(21), DEVICE_ID: 'd'.repeat(31) };
  const told = problems(wrong);
  assert.equal(told.match(/a plain DNS name or an IPv4 address of at most 20 characters/g)?.length, 2);
  assert.match(told, /DEVICE_ID .* must have 1 to 30 letters/);
  assert.match(
    problems({ ...hosts, DEVICE_ID: 'd'.repeat(30), ID_SCOPE: 's'.repeat(11) }),
    /- ID_SCOPE is wrong: beside the device id it must have at most 10 characters\./,
  );
});

test('values at and beyond the limits of module, Wi-Fi and Azure', () => {
  const taken: [string, string][] = [
    ['WIFI_SSID', 'x'.repeat(32)],
    ['WIFI_SSID', 'é'.repeat(16)],
    ['WIFI_PASSPHRASE', '8 bytes!'],
    ['WIFI_PASSPHRASE', '~'.repeat(63)],
    ['WIFI_PASSPHRASE', '0123456789abcdefABCDEF0123456789'.repeat(2)],
    ['NTP_SERVER', 'a'.repeat(63)],
    ['DPS_HOST', '10.0.0.1'],
    ['DPS_HOST', ' dps.example '],
    ['DEVICE_ID', 'x'.repeat(23)],
    ['ID_SCOPE', 'x'.repeat(127 - 38 - BOARD.DEVICE_ID.length)],
    ['SERIAL_BAUD', '9600 '],
    ['TELEMETRY_INTERVAL', '1'],
  ];
  for (const [name, value] of taken) assert.equal(refusal({ [name]: value }), null, `${name}=${value}`);

  const refused: [string, string][] = [
    ['WIFI_SSID', 'x'.repeat(33)],
    ['WIFI_SSID', 'é'.repeat(17)],
    ['WIFI_SSID', 'a\u0007b'],
    ['WIFI_SSID', 'a\u009bb'],
    ['WIFI_PASSPHRASE', '7 bytes'],
    ['WIFI_PASSPHRASE', 'x'.repeat(64)],
    ['WIFI_PASSPHRASE', 'passphräse'],
    ['WIFI_PASSPHRASE', 'line\nbreak'],
    ['WIFI_SECURITY', 'wpa4'],
    ['NTP_SERVER', 'a'.repeat(64)],
    ['DPS_HOST', 'https://dps.example'],
    ['DPS_HOST', '10.0.0.256'],
    ['DPS_HOST', 'a..b'],
    ['DPS_HOST', 'a_b'],
    ['DEVICE_ID', 'x'.repeat(24)],
    ['DEVICE_ID', 'ends-in.'],
    ['DEVICE_ID', 'per%20cent'],
    ['ID_SCOPE', '0ne-1'],
    ['ID_SCOPE', 'x'.repeat(128 - 38 - BOARD.DEVICE_ID.length)],
    ['MODEL_ID', 'com:example:Thermostat;1'],
    ['MODEL_ID', 'dtmi:com:example:Thermostat'],
    ['MODEL_ID', 'dtmi:com:example_:Thermostat;1'],
    ['SERIAL_BAUD', '230401'],
    ['TELEMETRY_INTERVAL', '86401'],
    ['TELEMETRY_INTERVAL', '5.5'],
    ['TELEMETRY_INTERVAL', '0x10'],
  ];
  for (const [name, value] of refused) assert.ok(refusal({ [name]: value })?.includes(name), `${name}=${value}`);

  assert.equal(refusal({}, { httpPort: '65535', count: '1', pace: 'instant' }), null);
  for (const flags of [{ httpPort: '65536' }, { count: '0' }, { duration: '-1' }, { pace: 'fast' }, { onReboot: '' }]) {
    assert.equal(refusal({}, flags) === null, 'onReboot' in flags, JSON.stringify(flags));
  }
});

test('an open network needs no passphrase and is given none', () => {
  const { WIFI_PASSPHRASE, ...rest } = BOARD;
  assert.equal(resolve({ env: { ...rest, WIFI_SECURITY: 'open' } }).wifi.passphrase, '');
  assert.equal(resolve({ env: { ...rest, WIFI_PASSPHRASE, WIFI_SECURITY: 'open' } }).wifi.passphrase, '');
});

test('a value that dotenv does not read as it is written is refused, and not shown when it is secret', () => {
  const refused = [
    'sword#fishes',
    'sword #fishes',
    '#swordfishes',
    '"sword\\"fishes"',
    '"sword\\\\fishes"',
    '"sword\\nfishes"',
    "'sword\\'fishes'",
    "'swordfishes",
    "'swordfishes\nOTHER='",
    "'sword'#fishes'",
  ];
  for (const written of refused) {
    const text = `WIFI_PASSPHRASE=first line\nexport WIFI_PASSPHRASE = ${written}\n`;
    const { WIFI_PASSPHRASE, ...env } = BOARD;
    const { message } = complaint(() => resolve({ env, envFile: { path: '.env', text } }));
    assert.match(
      message,
      /WIFI_PASSPHRASE \(\.env\) is wrong: its value must (?:stand in|be set in the environment)/,
      written,
    );
    assert.doesNotMatch(message, /sword|fishes/, written);
    assert.equal(resolve({ env: BOARD, envFile: { path: '.env', text } }).wifi.passphrase, WIFI_PASSPHRASE);
  }
  const taken: [string, string][] = [
    ["'sword#fishes'", 'sword#fishes'],
    ["'sword#fishes' # of the workshop", 'sword#fishes'],
    ["'back\\slash'", 'back\\slash'],
    ['"sword#fishes"', 'sword#fishes'],
    ["`it's a # here`", "it's a # here"],
    ['sword=fish"es\\ ', 'sword=fish"es\\'],
  ];
  for (const [written, value] of taken) {
    const text = `\r\nWIFI_PASSPHRASE=${written}\r\n`;
    assert.equal(resolve({ flags: { simulate: true }, envFile: { path: '.env', text } }).wifi.passphrase, value);
  }
});

test('a comment after a value is one, a # inside a value is not cut off unseen', () => {
  const interval = (line: string) => resolve({ flags: { simulate: true }, envFile: { path: '.env', text: line } });
  assert.equal(interval('TELEMETRY_INTERVAL=7 # seconds').interval, 7);
  assert.equal(interval('TELEMETRY_INTERVAL="7" # seconds').interval, 7);
  assert.match(complaint(() => interval('WIFI_SSID=Cafe#5')).message, /WIFI_SSID .* single quotes/);
});

test('whatever is quoted as .env.example advises is read as it is written', () => {
  const printable = fc.string({ unit: fc.integer({ min: 32, max: 126 }).map((code) => String.fromCharCode(code)) });
  fc.assert(
    fc.property(printable, (secret) => {
      const quote = secret.includes("'") ? '`' : "'";
      fc.pre(!secret.includes(quote) && !secret.endsWith('\\'));
      const text = `A=1\nSECRET=${quote}${secret}${quote}\nB='2'`;
      const value = parse(text)['SECRET'] ?? '';
      assert.equal(value, secret);
      assert.ok(isReadAsWritten(text, 'SECRET', value, true));
    }),
  );
});

test('a secret is refused or read to the letter, however it is written', () => {
  const word = fc.string({ unit: fc.constantFrom('a', ' ', '#', "'", '"', '`', '\\', 'n', '='), maxLength: 12 });
  fc.assert(
    fc.property(word, fc.constantFrom('', "'", '"', '`'), (secret, quote) => {
      const text = `SECRET=${quote}${secret}${quote}\n`;
      const value = parse(text)['SECRET'] ?? '';
      const written = (quote + secret + quote).trim();
      const unquoted = /^(['"`]).*\1$/.test(written) ? written.slice(1, -1) : written;
      if (isReadAsWritten(text, 'SECRET', value, true) && value !== unquoted) {
        // Only a comment behind a closed quote may be missing.
        assert.match(written.slice(value.length + 2), /^\s*#/);
        assert.ok(written.slice(1).startsWith(value));
      }
    }),
  );
});

test('names from Object.prototype are no settings', () => {
  const text = '__proto__=x\nconstructor=y\nSERIAL_PORT=COM7\n';
  const flags: Record<string, unknown> = JSON.parse('{"__proto__":{"simulate":true}}');
  const env = { ...BOARD, SERIAL_PORT: undefined };
  const settings = resolve({ flags, env, envFile: { path: '.env', text } });
  assert.deepEqual([settings.port, settings.simulate], ['COM7', false]);
});

test('settings files: missing, named and missing, a folder, with a byte order mark, not UTF-8', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'anycloud-'));
  t.after(() => rmSync(folder, { recursive: true }));
  assert.equal(readEnvFile(undefined, folder), null);
  assert.match(complaint(() => readEnvFile('lab.env', folder)).message, /lab\.env does not exist/);
  assert.match(complaint(() => readEnvFile('.', folder)).message, /is a folder/);

  writeFileSync(join(folder, '.env'), '\uFEFFSERIAL_PORT=COM5\n');
  assert.deepEqual(readEnvFile(undefined, folder), { path: '.env', text: 'SERIAL_PORT=COM5\n' });
  writeFileSync(join(folder, 'wide.env'), Buffer.from('SERIAL_PORT=COM5\n', 'utf16le'));
  assert.match(complaint(() => readEnvFile('wide.env', folder)).message, /UTF-16/);
});

test('a name that is nearly that of a setting is told, with the one that is meant', () => {
  const rows: [line: string, meant: string | null][] = [
    ['WIFI_PASSPHRAZE=x', 'WIFI_PASSPHRASE'],
    ['WIFI_PASSWORD=x', 'WIFI_PASSPHRASE'],
    ['wifi_ssid=x', 'WIFI_SSID'],
    ['IDSCOPE=x', 'ID_SCOPE'],
    ['SERAIL_PORT=x', 'SERIAL_PORT'],
    ['PATH=x', null],
    ['MY_OWN=x', null],
    ['WIFI_SSID=a\nWIFI_SID=b', null],
  ];
  for (const [text, meant] of rows) {
    const { warnings } = remarksOn({ flags: {}, env: {}, envFile: { path: 'lab.env', text } });
    const name = text.split('=')[0];
    assert.deepEqual(warnings, meant ? [`lab.env has ${name}, which is no setting; is ${meant} meant?`] : [], text);
  }
  const { message } = complaint(() => resolve({ envFile: { path: '.env', text: 'WIFI_PASSPHRAZE=secret' } }));
  assert.match(message, /WIFI_PASSPHRASE is missing.* \.env has WIFI_PASSPHRAZE: is that meant\?/);
  assert.ok(!message.includes('secret'));
});

test('a value that no quotes can hold is sent to the environment, and every other one to quotes', () => {
  const says = (line: string) => complaint(() => resolve({ envFile: { path: '.env', text: line } })).message;
  for (const value of ['a\'b`c"defgh#', "a'b`cdefgh\\n#"]) {
    const message = says(`WIFI_PASSPHRASE=${value}`);
    assert.match(
      message,
      /WIFI_PASSPHRASE \(\.env\) is wrong: its value must be set in the environment instead/,
      value,
    );
    assert.doesNotMatch(message, /Write in \.env: WIFI_PASSPHRASE/);
  }
  for (const [value, quotes] of [
    ['a"b#c', 'single quotes'],
    ["a'b#c", 'backticks'],
    ["a'b`c#d", 'double quotes'],
  ]) {
    assert.match(says(`WIFI_PASSPHRASE=${value}`), new RegExp(`must stand in ${quotes}:`), value);
  }
});

test('what a simulation takes from a file is known', () => {
  const text = 'WIFI_SSID=a\nID_SCOPE=0ne1\nDPS_HOST=\nOTHER=1';
  const input = { flags: {}, env: { ID_SCOPE: '0ne2' }, envFile: { path: '.env', text } };
  assert.deepEqual(remarksOn(input).fromFile, ['WIFI_SSID']);
});

test('a gateway is what its settings say, and not two things at once', () => {
  const gateway = (env: NodeJS.ProcessEnv, flags: Record<string, unknown> = {}) =>
    resolve({ flags: { simulate: true, ...flags }, env, envFile: null }).gateway;
  assert.equal(gateway({}), null);
  assert.equal(gateway({ GATEWAY: 'auto' })?.listen, 'auto');
  assert.equal(gateway({}, { gateway: true })?.listen, 'auto');
  assert.equal(gateway({ GATEWAY: '::ffff:192.168.1.10' })?.listen, '192.168.1.10');
  assert.equal(gateway({ GATEWAY_AT: '192.168.1.10' })?.at, '192.168.1.10:1883');
  const key = Buffer.alloc(32, 7).toString('base64');
  assert.equal(gateway({ GATEWAY: 'auto', GATEWAY_KEY: key })?.key, key);
  for (const address of ['0.0.0.0', '::', '::1', 'localhost', '192.168.1', '192.168.1.10:1883']) {
    assert.throws(() => gateway({ GATEWAY: address }), /one IPv4 address of this computer/, address);
  }
  for (const address of ['localhost', '1.2.3.4:0', '1.2.3.4:65536', '1.2.3.4:1:2', '0.0.0.0:1883']) {
    assert.throws(() => gateway({ GATEWAY_AT: address }), /GATEWAY_AT/, address);
  }
  assert.throws(
    () => gateway({ GATEWAY: 'auto', GATEWAY_KEY: 'not a key' }),
    (error: Error) => /its value must be a key/.test(error.message) && !error.message.includes('not a key'),
  );
  assert.throws(() => gateway({ GATEWAY: 'auto', GATEWAY_AT: '1.2.3.4' }), /Only one can be set of GATEWAY and/);
  assert.throws(() => gateway({ GATEWAY: 'auto', GATEWAY_KEY: key, GATEWAY_KEY_FILE: 'x' }), /Only one/);
  assert.throws(() => gateway({ GATEWAY: 'auto', GATEWAY_KEY: key, GATEWAY_IDENTITY: 'x' }), /Only one/);
  assert.throws(() => gateway({ GATEWAY: 'auto', GATEWAY_ALLOW_HOST: 'a.example,b:1' }), /each be a plain DNS name/);
});

test('the host of DPS may be as long as DNS allows when the board does not have to hold it', () => {
  const host = `${'a'.repeat(60)}.${'b'.repeat(60)}.azure-devices-provisioning.net`;
  const dpsHost = (env: NodeJS.ProcessEnv) => resolve({ flags: { simulate: true }, env, envFile: null }).dpsHost;
  assert.throws(() => dpsHost({ DPS_HOST: host }), /at most 63 characters/);
  assert.equal(dpsHost({ DPS_HOST: host, GATEWAY: 'auto' }), host);
});
