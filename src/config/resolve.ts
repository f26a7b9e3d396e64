import { AppError } from '../errors.ts';
import type { Checked, Limits } from './checks.ts';
import { type EnvFile, isReadAsWritten, parseEnvFile, workingQuotes } from './env-file.ts';
import { nearest } from './nearest.ts';
import { flagName, SETTING_NAMES, SETTINGS, type Setting, type SettingName, type SettingValues } from './settings.ts';

/** What the program runs with: complete, checked and frozen. */
export interface Settings {
  readonly simulate: boolean;
  /** How many boards a simulation has. */
  readonly boards: number;
  readonly port: string;
  readonly baud: number;
  /** The family of the module; auto: it is asked. */
  readonly modem: SettingValues['modem'];
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
  readonly mqttTls: 0 | 1;
  readonly mqttPort: number;
  readonly modelId: string;
  /** Path of a file or a folder with more models. */
  readonly models: string | null;
  /** Path of the file of a device of one's own; null for a device that comes with the program. */
  readonly device: string | null;
  /** Seconds between telemetry messages, 1 to 86400; null leaves it to the device. */
  readonly interval: number | null;
  /** Telemetry messages to send before the end; null for no end. */
  readonly count: number | null;
  /** Seconds from the start of the process to the end; null for no end. */
  readonly duration: number | null;
  readonly qos: 0 | 1;
  /** Whether telemetry comes from standard input. */
  readonly stdin: boolean;
  readonly onReboot: SettingValues['onReboot'];
  /** Whether a port that went away is waited for. */
  readonly reconnect: boolean;
  readonly output: {
    readonly quiet: boolean;
    readonly verbose: boolean;
    readonly json: boolean;
    readonly logFile: string | null;
    /** False for never, null to decide by terminal and environment. */
    readonly color: boolean | null;
  };
  /** How a board reaches the cloud that makes no TLS connection itself; null where it needs nobody's help. */
  readonly gateway: GatewaySettings | null;
  /** Port of the page of a session without a simulation; 0 for any free one, null for no page. */
  readonly console: number | null;
  /** Whether the page is opened in the browser. */
  readonly open: boolean;
  /** Port of the local cloud's HTTP API; null for the usual one, or any free one when that is taken. */
  readonly httpPort: number | null;
  readonly emptyTwin: boolean;
  readonly expiredRoot: boolean;
  readonly pace: SettingValues['pace'];
}

/** What a gateway is started with, or where one runs. */
export interface GatewaySettings {
  /** The address to listen on; `auto` for the one that the board reaches; null where the gateway runs elsewhere. */
  readonly listen: string | null;
  /** Where it runs: an address and a port. */
  readonly at: string | null;
  readonly port: number;
  /** A folder; null for the usual one. */
  readonly identity: string | null;
  /** A secret; null where there is a file with it, or a certificate. */
  readonly key: string | null;
  readonly keyFile: string | null;
  readonly keyType: SettingValues['keyType'];
  /** Path of a file. */
  readonly ca: string | null;
  /** `name=host:port`, each. */
  readonly resolve: readonly string[];
  readonly allowedHosts: readonly string[];
}

/** The settings that a gateway has. */
export const GATEWAY_SETTINGS = [
  'gateway',
  'gatewayAt',
  'gatewayPort',
  'identity',
  'gatewayKey',
  'keyFile',
  'keyType',
  'ca',
  'resolve',
  'allowHost',
] as const satisfies readonly SettingName[];

type GatewayValues = Pick<SettingValues, (typeof GATEWAY_SETTINGS)[number]>;

/** What settings must fit, which is the module's to say. */
export interface SettingsLimits extends Limits {
  /** How many characters an ID scope can have beside a device id. */
  idScope(deviceId: string): number;
}

/** Where settings come from. */
export interface SettingsSources {
  /** Options as commander gives them; other members are ignored. */
  flags: Record<string, unknown>;
  env: NodeJS.ProcessEnv;
  envFile: EnvFile | null;
}

export interface SettingsInput extends SettingsSources {
  limits: SettingsLimits;
}

/**
 * Settles every setting: flag before environment before `.env` before default; an empty value is an unset one.
 * @returns the settings, frozen all the way down.
 * @throws AppError E_CONFIG that names everything that is missing or wrong at once, secrets never shown.
 */
export function resolveSettings(input: SettingsInput): Settings {
  const { values, problems } = readValues(input, SETTING_NAMES);
  const { ssid, passphrase, security, quiet, verbose, json, logFile, color, envFile, demoTwin, ...rest } = values;
  const { gateway, gatewayAt, gatewayPort, identity, gatewayKey, keyFile, keyType, ca, resolve, allowHost, ...others } =
    rest;
  problems.push(...contradictions(values), ...boardsProblems(values, input));
  const longest = input.limits.idScope(values.deviceId ?? '');
  if (values.idScope.length > longest) {
    problems.push(`ID_SCOPE is wrong: beside the device id it must have at most ${longest} characters.`);
  }
  if (problems.length > 0) throw configurationError(problems, input.envFile?.path ?? '.env');
  return Object.freeze({
    ...others,
    wifi: Object.freeze({ ssid, passphrase, security }),
    output: Object.freeze({ quiet, verbose, json, logFile, color }),
    gateway: gateway === null && gatewayAt === null ? null : gatewaySettings(values),
  });
}

/** What does not go together with more boards than one. */
function boardsProblems(
  { boards, simulate, stdin, gateway, gatewayAt, deviceId }: SettingValues,
  { flags, limits }: SettingsInput,
): string[] {
  if (boards === 1) return [];
  const longest = limits.deviceId - boardName('', boards, boards).length;
  const pairs: [boolean, string][] = [
    [
      !simulate,
      '--simulate is missing: --boards is for virtual ones; real boards take a process each (docs/classroom.md)',
    ],
    [simulate && own(flags, 'port') !== undefined, '--port does not go with --boards: virtual boards are at no port'],
    [stdin, '--stdin does not go with --boards: whose telemetry it is would be unknown'],
    [
      gateway !== null || gatewayAt !== null,
      'GATEWAY does not go with --boards: the virtual boards make their own TLS connections',
    ],
    [
      (deviceId?.length ?? 0) > longest,
      `DEVICE_ID must have at most ${longest} characters with --boards: a number follows`,
    ],
  ];
  return pairs.flatMap(([applies, problem]) => (applies ? [`${problem}.`] : []));
}

/** The name of one of `boards`: `stem-07`. @param number from 1 */
export function boardName(stem: string, number: number, boards: number): string {
  return `${stem}-${String(number).padStart(String(boards).length, '0')}`;
}

/** What a gateway is to be, whether or not the settings ask for one. */
export function gatewaySettings(values: GatewayValues): GatewaySettings {
  const { gateway, gatewayAt, gatewayPort, identity, gatewayKey, keyFile, keyType, ca, resolve, allowHost } = values;
  return Object.freeze({
    listen: gateway,
    at: gatewayAt,
    port: gatewayPort,
    identity,
    key: gatewayKey,
    keyFile,
    keyType,
    ca,
    resolve,
    allowedHosts: allowHost,
  });
}

/** Settings of a gateway that do not go together. */
export function contradictions({
  gateway,
  gatewayAt,
  gatewayKey,
  keyFile,
  identity,
}: Pick<GatewayValues, 'gateway' | 'gatewayAt' | 'gatewayKey' | 'keyFile' | 'identity'>): string[] {
  const pairs: [boolean, string][] = [
    [gateway !== null && gatewayAt !== null, 'GATEWAY and GATEWAY_AT: a gateway of this session, or one elsewhere'],
    [gatewayKey !== null && keyFile !== null, 'GATEWAY_KEY and GATEWAY_KEY_FILE: the key, or a file with it'],
    [
      identity !== null && (gatewayKey !== null || keyFile !== null),
      'GATEWAY_IDENTITY and a symmetric key: the gateway shows Azure one of them',
    ],
  ];
  return pairs.flatMap(([both, what]) => (both ? [`Only one can be set of ${what}.`] : []));
}

/**
 * Settles the settings `names` in the same way; what the others are, and whether they are right, does not matter.
 * @throws AppError E_CONFIG that names everything that is missing or wrong among them
 */
export function resolveValues<const Name extends SettingName>(
  input: SettingsInput,
  names: readonly Name[],
): Readonly<Pick<SettingValues, Name>> {
  const { values, problems } = readValues(input, names);
  if (problems.length > 0) throw configurationError(problems, input.envFile?.path ?? '.env');
  return Object.freeze(values);
}

/** Reads settings; where one has no good value, the problem is noted and another value stands in. */
function readValues<Name extends SettingName>(
  input: SettingsInput,
  names: readonly Name[],
): { values: Pick<SettingValues, Name>; problems: string[] } {
  const sources = new Sources(input);
  const problems: string[] = [];
  const simulate = sources.find('simulate')?.text === 'true';
  // What the board does not have to hold may be longer.
  const hasGateway = (['gateway', 'gatewayAt'] as const).some((name) => sources.find(name) !== null);
  const isOpenNetwork = sources.find('security')?.text.trim().toLowerCase() === 'open';

  function read<Each extends Name>(name: Each): SettingValues[Each] {
    const setting: Setting<SettingValues[Each]> = SETTINGS[name];
    const found = sources.find(name);
    if (!found) {
      const fallback = simulate ? setting.simulated : setting.fallback;
      if (fallback !== undefined) return fallback;
      const stray = setting.env === undefined ? undefined : sources.strays.get(setting.env);
      const meant = stray === undefined ? '' : ` ${input.envFile?.path} has ${stray}: is that meant?`;
      problems.push(`${setting.env ?? flagName(setting)} is missing: ${setting.help}.${meant}${remedy(setting)}`);
      return setting.simulated;
    }
    const limits = name === 'dpsHost' && hasGateway ? { ...input.limits, host: LONGEST_NAME } : input.limits;
    const checked = check(found, setting, limits);
    if ('value' in checked) return checked.value;
    const shown = setting.secret ? 'its value' : JSON.stringify(found.text.slice(0, 80));
    const help = found.damaged ? '' : remedy(setting);
    problems.push(`${found.source} is wrong: ${shown} must ${checked.must}.${help}`);
    return setting.simulated;
  }

  const entries = names.map((name) => [name, name === 'passphrase' && isOpenNetwork ? '' : read(name)]);
  return { values: Object.fromEntries(entries), problems };
}

/** The longest name that DNS knows. */
const LONGEST_NAME = 253;

function check<Value>(found: Found, setting: Setting<Value>, limits: Limits): Checked<Value> {
  if (found.damaged && found.quotes === null) {
    return { must: 'be set in the environment instead: no quotes in a settings file can hold it' };
  }
  if (found.damaged) return { must: `stand in ${found.quotes}: as written, a #, quote or backslash changes it` };
  if (/\p{Cc}/u.test(found.text)) return { must: 'hold no line ends or other control characters' };
  return setting.check(found.text, limits);
}

/** The line for `.env` that would help. */
function remedy<Value>(setting: Setting<Value>): string {
  if (setting.env === undefined) return '';
  return ` Write in .env: ${setting.env}=${setting.example ?? String(setting.fallback)}`;
}

function configurationError(problems: string[], path: string): AppError {
  const count = problems.length === 1 ? 'A setting is' : `${problems.length} settings are`;
  const list = problems.map((problem) => `\n  - ${problem}`).join('');
  return new AppError('E_SETTINGS', `${count} missing or wrong:${list}`, '', undefined, { path });
}

/** A value that was given, and where. */
interface Found {
  text: string;
  source: string;
  /** It comes from the file, and is not what is written there. */
  damaged: boolean;
  /** The quotes that can hold it in the file; null when none can. */
  quotes: string | null;
}

const ENV_NAMES = SETTING_NAMES.flatMap((name) => SETTINGS[name].env ?? []);
/** What other programs call the same. */
const COMMON_MISTAKES: { readonly [name: string]: string } = {
  SSID: 'WIFI_SSID',
  WIFI_PASSWORD: 'WIFI_PASSPHRASE',
  WIFI_PASS: 'WIFI_PASSPHRASE',
  WIFI_PSK: 'WIFI_PASSPHRASE',
  PASSPHRASE: 'WIFI_PASSPHRASE',
  DPS_ID_SCOPE: 'ID_SCOPE',
  BAUD_RATE: 'SERIAL_BAUD',
};

/** What a person may like to know about where the settings come from; nothing of it is wrong. */
export function remarksOn(input: SettingsSources): { warnings: string[]; fromFile: string[] } {
  const sources = new Sources(input);
  const path = input.envFile?.path ?? '.env';
  const warnings = [...sources.strays].map(
    ([meant, name]) => `${path} has ${name}, which is no setting; is ${meant} meant?`,
  );
  return { warnings, fromFile: sources.fromFile };
}

/** The three places that a value can be given in. */
class Sources {
  readonly #input: SettingsSources;
  readonly #fileValues: Record<string, string>;

  constructor(input: SettingsSources) {
    this.#input = input;
    this.#fileValues = input.envFile ? parseEnvFile(input.envFile) : {};
  }

  /** Names in the file that are nearly those of settings, by the name that is likely meant. */
  get strays(): Map<string, string> {
    const strays = new Map<string, string>();
    for (const name of Object.keys(this.#fileValues)) {
      if (ENV_NAMES.includes(name)) continue;
      const meant = COMMON_MISTAKES[name.toUpperCase()] ?? nearest(name, ENV_NAMES);
      if (meant !== null && !Object.hasOwn(this.#fileValues, meant)) strays.set(meant, name);
    }
    return strays;
  }

  /** The settings whose values come from the file. */
  get fromFile(): string[] {
    return ENV_NAMES.filter((name) => own(this.#fileValues, name) && !this.#input.env[name]);
  }

  find(name: SettingName): Found | null {
    const setting: Setting<SettingValues[SettingName]> = SETTINGS[name];
    const flag = own(this.#input.flags, name);
    const text = flag === undefined || flag === null ? '' : String(flag);
    if (text !== '') return { text, source: flagName(setting), damaged: false, quotes: null };
    if (setting.env === undefined) return null;

    const fromEnvironment = this.#input.env[setting.env];
    if (fromEnvironment)
      return { text: fromEnvironment, source: `${setting.env} (environment)`, damaged: false, quotes: null };

    const file = this.#input.envFile;
    const fromFile = own(this.#fileValues, setting.env);
    if (!file || fromFile === undefined) return null;
    const damaged = !isReadAsWritten(file.text, setting.env, fromFile, setting.secret === true);
    if (fromFile === '' && !damaged) return null;
    const quotes = damaged ? workingQuotes(file.text, setting.env) : null;
    return { text: fromFile, source: `${setting.env} (${file.path})`, damaged, quotes };
  }
}

function own<Value>(record: Record<string, Value>, name: string): Value | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
