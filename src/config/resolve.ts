import { parse } from 'dotenv';
import { AppError } from '../errors.ts';
import type { Checked } from './checks.ts';
import { type EnvFile, isReadAsWritten } from './env-file.ts';
import { flagName, SETTINGS, type Setting, type SettingName, type SettingValues } from './settings.ts';

/** What the program runs with: complete, checked and frozen. */
export interface Settings {
  readonly simulate: boolean;
  readonly port: string;
  readonly baud: number;
  /** `passphrase` is empty on an open network. */
  readonly wifi: {
    readonly ssid: string;
    readonly passphrase: string;
    readonly security: SettingValues['security'];
  };
  readonly ntpServer: string;
  readonly dpsHost: string;
  readonly idScope: string;
  /** Null: it is read from the module. */
  readonly deviceId: string | null;
  /** Path of a file. */
  readonly rootCert: string | null;
  readonly modelId: string;
  /** Seconds between telemetry messages, 1 to 86400. */
  readonly interval: number;
  /** Telemetry messages to send before the end; null for no end. */
  readonly count: number | null;
  /** Seconds from the start of the process to the end; null for no end. */
  readonly duration: number | null;
  readonly qos: 0 | 1;
  readonly onReboot: SettingValues['onReboot'];
  readonly output: {
    readonly quiet: boolean;
    readonly verbose: boolean;
    readonly json: boolean;
    readonly logFile: string | null;
    /** False for never, null to decide by terminal and environment. */
    readonly color: boolean | null;
  };
  readonly httpPort: number;
  readonly demoTwin: boolean;
  readonly pace: SettingValues['pace'];
}

export interface SettingsInput {
  /** Options as commander gives them; other members are ignored. */
  flags: Record<string, unknown>;
  env: NodeJS.ProcessEnv;
  envFile: EnvFile | null;
}

/** Longest user name that the module can both store and read back, in bytes (AT protocol 8.6). */
const MAX_USER_NAME = 127;

/**
 * Settles every setting: flag before environment before `.env` before default; an empty value is an unset one.
 * @returns the settings, frozen all the way down.
 * @throws AppError E_CONFIG that names everything that is missing or wrong at once, secrets never shown.
 */
export function resolveSettings(input: SettingsInput): Settings {
  const sources = new Sources(input);
  const problems: string[] = [];
  const simulate = sources.find('simulate')?.text === 'true';

  /** The value of one setting; where it has none, the problem is noted and another value stands in until the end. */
  function read<Name extends SettingName>(name: Name): SettingValues[Name] {
    const setting: Setting<SettingValues[Name]> = SETTINGS[name];
    const found = sources.find(name);
    if (!found) {
      const fallback = simulate ? setting.simulated : setting.fallback;
      if (fallback !== undefined) return fallback;
      problems.push(`${setting.env ?? flagName(setting)} is missing: ${setting.help}.${remedy(setting)}`);
      return setting.simulated;
    }
    const checked = check(found, setting);
    if ('value' in checked) return checked.value;
    const shown = setting.secret ? 'its value' : JSON.stringify(found.text.slice(0, 80));
    problems.push(`${found.source} is wrong: ${shown} must ${checked.must}.${remedy(setting)}`);
    return setting.simulated;
  }

  const security = read('security');
  const settings: Settings = {
    simulate,
    port: read('port'),
    baud: read('baud'),
    wifi: { ssid: read('ssid'), passphrase: security === 'open' ? '' : read('passphrase'), security },
    ntpServer: read('ntpServer'),
    dpsHost: read('dpsHost'),
    idScope: read('idScope'),
    deviceId: read('deviceId'),
    rootCert: read('rootCert'),
    modelId: read('modelId'),
    interval: read('interval'),
    count: read('count'),
    duration: read('duration'),
    qos: read('qos'),
    onReboot: read('onReboot'),
    output: {
      quiet: read('quiet'),
      verbose: read('verbose'),
      json: read('json'),
      logFile: read('logFile'),
      color: read('color'),
    },
    httpPort: read('httpPort'),
    demoTwin: read('demoTwin'),
    pace: read('pace'),
  };

  const userName = `${settings.idScope}/registrations/${settings.deviceId ?? ''}/api-version=2019-03-31`;
  if (userName.length > MAX_USER_NAME) {
    problems.push(`ID_SCOPE is wrong: together with the device id it must fit a user name of ${MAX_USER_NAME} bytes.`);
  }
  if (problems.length > 0) throw configurationError(problems, input.envFile?.path ?? '.env');
  Object.freeze(settings.wifi);
  Object.freeze(settings.output);
  return Object.freeze(settings);
}

function check<Value>(found: Found, setting: Setting<Value>): Checked<Value> {
  if (found.damaged) {
    return {
      must: 'stand in single quotes (backticks when it holds one): as written, a #, quote or backslash changes it',
    };
  }
  if (/\p{Cc}/u.test(found.text)) return { must: 'hold no line ends or other control characters' };
  return setting.check(found.text);
}

/** The line for `.env` that would help. */
function remedy<Value>(setting: Setting<Value>): string {
  if (setting.env === undefined) return '';
  return ` Write in .env: ${setting.env}=${setting.example ?? String(setting.fallback)}`;
}

function configurationError(problems: string[], path: string): AppError {
  const count = problems.length === 1 ? 'A setting is' : `${problems.length} settings are`;
  const list = problems.map((problem) => `\n  - ${problem}`).join('');
  return new AppError(
    'E_CONFIG',
    `${count} missing or wrong:${list}`,
    `Put the lines into ${path} (.env.example shows them all), or try the demonstration without a board: --simulate`,
  );
}

/** A value that was given, and where. */
interface Found {
  text: string;
  source: string;
  /** It comes from the file, and is not what is written there. */
  damaged: boolean;
}

/** The three places that a value can be given in. */
class Sources {
  readonly #input: SettingsInput;
  readonly #fileValues: Record<string, string>;

  constructor(input: SettingsInput) {
    this.#input = input;
    this.#fileValues = parse(input.envFile?.text ?? '');
  }

  find(name: SettingName): Found | null {
    const setting: Setting<SettingValues[SettingName]> = SETTINGS[name];
    const flag = own(this.#input.flags, name);
    const text = flag === undefined || flag === null ? '' : String(flag);
    if (text !== '') return { text, source: flagName(setting), damaged: false };
    if (setting.env === undefined) return null;

    const fromEnvironment = this.#input.env[setting.env];
    if (fromEnvironment) return { text: fromEnvironment, source: `${setting.env} (environment)`, damaged: false };

    const file = this.#input.envFile;
    const fromFile = own(this.#fileValues, setting.env);
    if (!file || fromFile === undefined) return null;
    const damaged = !isReadAsWritten(file.text, setting.env, fromFile, setting.secret === true);
    return fromFile === '' && !damaged ? null : { text: fromFile, source: `${setting.env} (${file.path})`, damaged };
  }
}

function own<Value>(record: Record<string, Value>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
