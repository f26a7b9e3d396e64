import {
  accessKey,
  bytes,
  type Check,
  choice,
  deviceId,
  given,
  host,
  hostAndPort,
  integer,
  listOf,
  matching,
  ownAddress,
  plainHost,
  wpaPassphrase,
} from './checks.ts';

/** The value of every setting, by the name that commander gives its flag. */
export interface SettingValues {
  port: string;
  baud: number;
  modem: 'auto' | 'anycloud' | 'rnwf02' | 'rnwf11';
  ssid: string;
  passphrase: string;
  security: 'open' | 'wpa' | 'wpa2' | 'wpa3';
  ntpServer: string;
  dpsHost: string;
  idScope: string;
  deviceId: string | null;
  rootCert: string | null;
  mqttTls: 0 | 1;
  mqttPort: number;
  gateway: string | null;
  gatewayAt: string | null;
  gatewayPort: number;
  identity: string | null;
  gatewayKey: string | null;
  keyFile: string | null;
  keyType: 'individual' | 'group';
  ca: string | null;
  resolve: readonly string[];
  allowHost: readonly string[];
  modelId: string;
  models: string | null;
  device: string | null;
  interval: number | null;
  envFile: string | null;
  count: number | null;
  duration: number | null;
  qos: 0 | 1;
  stdin: boolean;
  onReboot: 'log' | 'restart';
  reconnect: boolean;
  quiet: boolean;
  verbose: boolean;
  json: boolean;
  logFile: string | null;
  color: boolean | null;
  console: number | null;
  open: boolean;
  simulate: boolean;
  boards: number;
  httpPort: number | null;
  emptyTwin: boolean;
  demoTwin: boolean;
  expiredRoot: boolean;
  pace: 'real' | 'instant';
}

export type SettingName = keyof SettingValues;

/** One row of the table of settings. */
export interface Setting<Value> {
  /** As commander spells it; null for what must not stand on a command line. */
  readonly flag: string | null;
  /** Its name in the environment and in `.env`, where it has one. */
  readonly env?: string;
  readonly section: Section;
  readonly help: string;
  /** The right side of a good line in `.env`, for settings that have no default. */
  readonly example?: string;
  /** What `.env.example` says beyond the help, one line each. */
  readonly comment?: readonly string[];
  /** The value when none is given; without it the setting is required. */
  readonly fallback?: Value;
  /** The value when none is given and there is no board. */
  readonly simulated: Value;
  readonly check: Check<Value>;
  /** Its value is shown nowhere. */
  readonly secret?: true;
  /** It still works, and no help speaks of it. */
  readonly hidden?: true;
}

export type Section = 'Serial port' | 'Wi-Fi' | 'Azure' | 'Gateway' | 'Session' | 'Output' | 'Simulation';

/** The rates that the module knows (AT protocol 1.1). */
export const BAUD_RATES = [9600, 14400, 19200, 38400, 57600, 115200, 230400] as const;
/** The longest duration that a timer can hold, in seconds. */
const LONGEST = 2_147_483;

/** A school has no larger class, and two cores carry them. */
const MOST_BOARDS = 100;

/** Every setting, in the order of the help and of `.env.example`. */
export const SETTINGS: { readonly [Name in SettingName]: Setting<SettingValues[Name]> } = {
  port: {
    flag: '--port <path>',
    env: 'SERIAL_PORT',
    section: 'Serial port',
    help: 'serial port of the board, or auto for the only likely one',
    example: 'COM5',
    comment: ['COM5 on Windows, /dev/ttyUSB0 or /dev/ttyACM0 on Linux, /dev/cu.usbserial-0001 on macOS.'],
    simulated: 'virtual-module',
    check: bytes(1, 255),
  },
  baud: {
    flag: '--baud <rate>',
    env: 'SERIAL_BAUD',
    section: 'Serial port',
    help: 'speed of the serial port in baud',
    comment: [`One of ${BAUD_RATES.join(', ')}; a board that was just started speaks 230400.`],
    fallback: 230400,
    simulated: 230400,
    check: choice(BAUD_RATES),
  },
  modem: {
    flag: '--modem <family>',
    env: 'MODEM',
    section: 'Serial port',
    help: 'family of the module: anycloud, rnwf02 or rnwf11; auto asks the module',
    fallback: 'auto',
    simulated: 'auto',
    check: choice(['auto', 'anycloud', 'rnwf02', 'rnwf11']),
  },
  ssid: {
    flag: '--ssid <name>',
    env: 'WIFI_SSID',
    section: 'Wi-Fi',
    help: 'name of the Wi-Fi network',
    example: "'Workshop 2'",
    simulated: 'AnyCloud-Demo',
    check: bytes(1, 32),
  },
  passphrase: {
    flag: '--passphrase <text>',
    env: 'WIFI_PASSPHRASE',
    section: 'Wi-Fi',
    help: 'passphrase of the Wi-Fi network; other users can read it on a command line',
    example: "'the passphrase'",
    comment: [
      'Keep the single quotes: without them a # ends the value, and double quotes change backslashes.',
      'A passphrase that holds a single quote goes between backticks (`) instead.',
      'An open network needs none.',
    ],
    simulated: 'simulated-passphrase',
    check: wpaPassphrase,
    secret: true,
  },
  security: {
    flag: '--security <kind>',
    env: 'WIFI_SECURITY',
    section: 'Wi-Fi',
    help: 'open, wpa (WPA and WPA2 mixed), wpa2, or wpa3 (RNWF only)',
    fallback: 'wpa2',
    simulated: 'wpa2',
    check: choice(['open', 'wpa', 'wpa2', 'wpa3']),
  },
  ntpServer: {
    flag: '--ntp-server <host>',
    env: 'NTP_SERVER',
    section: 'Wi-Fi',
    help: 'time server; without the time the module makes no TLS connection',
    fallback: 'pool.ntp.org',
    simulated: 'pool.ntp.org',
    check: host,
  },
  dpsHost: {
    flag: '--dps-host <host>',
    env: 'DPS_HOST',
    section: 'Azure',
    help: 'Device Provisioning Service',
    fallback: 'global.azure-devices-provisioning.net',
    simulated: 'global.azure-devices-provisioning.net',
    check: host,
  },
  idScope: {
    flag: '--id-scope <id>',
    env: 'ID_SCOPE',
    section: 'Azure',
    help: 'ID scope of the application',
    example: '0ne00123ABC',
    comment: ['IoT Central shows it under Permissions, Device connection groups.'],
    simulated: '0ne00A1B2C3',
    check: matching(/^[0-9A-Za-z]+$/, 'have letters and digits only'),
  },
  deviceId: {
    flag: '--device-id <id>',
    env: 'DEVICE_ID',
    section: 'Azure',
    help: "device id, which is the common name of the board's certificate",
    example: 'sn0123456789ABCDEF01',
    comment: ['Empty: it is read from the board.'],
    fallback: null,
    simulated: 'sn0123A1B2C3D4E5F601',
    check: deviceId,
  },
  rootCert: {
    flag: '--root-cert <file>',
    env: 'ROOT_CERT',
    section: 'Azure',
    help: 'root certificate (PEM) that the module is to trust',
    comment: ['Azure needs DigiCert Global Root G2; the module forgets it at every reset.'],
    fallback: null,
    simulated: null,
    check: bytes(1, 4096),
  },
  mqttTls: {
    flag: '--mqtt-tls <0|1>',
    env: 'MQTT_TLS',
    section: 'Azure',
    help: 'whether MQTT goes over TLS; Azure takes nothing else, a local cloud does',
    fallback: 1,
    simulated: 1,
    check: choice([0, 1]),
  },
  mqttPort: {
    flag: '--mqtt-port <n>',
    env: 'MQTT_PORT',
    section: 'Azure',
    help: 'port that DPS and the hub listen on',
    fallback: 8883,
    simulated: 8883,
    check: integer(1, 65_535),
  },
  modelId: {
    flag: '--model-id <dtmi>',
    env: 'MODEL_ID',
    section: 'Azure',
    help: 'Plug and Play model that the device announces and plays',
    fallback: 'dtmi:com:Microchip:WBZ451_Curiosity;1',
    simulated: 'dtmi:com:Microchip:WBZ451_Curiosity;1',
    check: matching(
      /^(?=.{1,128}$)dtmi(?::[A-Za-z](?:[0-9A-Za-z_]*[0-9A-Za-z])?)+;[1-9]\d{0,8}(?:\.(?:0|[1-9]\d{0,5}))?$/,
      'be a DTMI such as dtmi:com:example:Thermostat;1, of at most 128 characters',
    ),
  },
  models: {
    flag: '--models <path>',
    env: 'MODELS',
    section: 'Azure',
    help: 'DTDL file, or folder of models, to be known beside those that come with the program',
    example: 'models',
    comment: ['A folder has the layout of the public repository: dtmi/com/example/thermostat-1.json.'],
    fallback: null,
    simulated: null,
    check: bytes(1, 4096),
  },
  device: {
    flag: '--device <file>',
    env: 'DEVICE',
    section: 'Azure',
    help: 'device of your own: a JavaScript or TypeScript module',
    comment: ['docs/devices.md tells how to write one. Its model, or none, takes the place of MODEL_ID.'],
    fallback: null,
    simulated: null,
    check: bytes(1, 4096),
  },
  interval: {
    flag: '--interval <seconds>',
    env: 'TELEMETRY_INTERVAL',
    section: 'Azure',
    help: 'seconds between telemetry messages until the cloud sets another pace',
    example: '10',
    comment: ['Empty: what the model, or the device of your own, begins with, else 10.'],
    fallback: null,
    simulated: null,
    check: integer(1, 86_400),
  },
  gateway: {
    flag: '--gateway [address]',
    env: 'GATEWAY',
    section: 'Gateway',
    help: 'make the TLS connection on this computer, for boards that cannot: auto, or the address that the board reaches it by',
    example: 'auto',
    comment: ['Firmware 0.3.2 makes no TLS connection since 2025-05-12. See docs/gateway.md.'],
    fallback: null,
    simulated: null,
    check: ownAddress,
  },
  gatewayPort: {
    flag: '--gateway-port <n>',
    env: 'GATEWAY_PORT',
    section: 'Gateway',
    help: 'port that the gateway listens on; 0 takes any that is free',
    fallback: 1883,
    simulated: 0,
    check: integer(0, 65_535),
  },
  gatewayAt: {
    flag: '--gateway-at <address:port>',
    env: 'GATEWAY_AT',
    section: 'Gateway',
    help: 'use the gateway that runs there (command gateway) instead of one of this session',
    fallback: null,
    simulated: null,
    check: hostAndPort,
  },
  identity: {
    flag: '--identity <folder>',
    env: 'GATEWAY_IDENTITY',
    section: 'Gateway',
    help: 'folder with the certificates and keys that the gateway shows to Azure; made when they are not there',
    comment: ['Empty: the folder gateway-identity. What it says of the certificate is to be done once in the portal.'],
    fallback: null,
    simulated: null,
    check: bytes(1, 4096),
  },
  gatewayKey: {
    flag: null,
    env: 'GATEWAY_KEY',
    section: 'Gateway',
    help: 'symmetric key (base 64) of the enrollment, instead of a certificate',
    fallback: null,
    simulated: null,
    check: accessKey,
    secret: true,
  },
  keyFile: {
    flag: '--key-file <path>',
    env: 'GATEWAY_KEY_FILE',
    section: 'Gateway',
    help: 'file that holds the symmetric key',
    fallback: null,
    simulated: null,
    check: bytes(1, 4096),
  },
  keyType: {
    flag: '--key-type <type>',
    env: 'GATEWAY_KEY_TYPE',
    section: 'Gateway',
    help: 'whether the symmetric key is that of an individual enrollment, or of a group',
    fallback: 'individual',
    simulated: 'individual',
    check: choice(['individual', 'group']),
  },
  ca: {
    flag: '--ca <file>',
    env: 'GATEWAY_CA',
    section: 'Gateway',
    help: 'certificates (PEM) that the gateway trusts beside those that Node knows, such as that of a local cloud',
    fallback: null,
    simulated: null,
    check: bytes(1, 4096),
  },
  resolve: {
    flag: '--resolve <name=host:port...>',
    section: 'Gateway',
    help: 'where a host of the cloud is really found; * stands for every name',
    fallback: [],
    simulated: [],
    check: listOf(bytes(1, 512)),
  },
  allowHost: {
    flag: '--allow-host <host...>',
    env: 'GATEWAY_ALLOW_HOST',
    section: 'Gateway',
    help: "hosts beside Azure's that the gateway connects boards to",
    fallback: [],
    simulated: [],
    check: listOf(plainHost),
  },
  envFile: {
    flag: '--env-file <path>',
    section: 'Session',
    help: 'read settings from this file instead of .env',
    fallback: null,
    simulated: null,
    check: bytes(1, 4096),
  },
  count: {
    flag: '--count <n>',
    section: 'Session',
    help: 'end after n telemetry messages that the module has accepted',
    fallback: null,
    simulated: null,
    check: integer(1, 1_000_000_000),
  },
  duration: {
    flag: '--duration <seconds>',
    section: 'Session',
    help: 'end this many seconds after the start of the program',
    fallback: null,
    simulated: null,
    check: integer(1, LONGEST),
  },
  qos: {
    flag: '--qos <0|1>',
    section: 'Session',
    help: 'quality of service of telemetry; with 1 each message is acknowledged',
    fallback: 0,
    simulated: 0,
    check: choice([0, 1]),
  },
  stdin: {
    flag: '--stdin',
    section: 'Session',
    help: 'send each line of standard input, a JSON object, as telemetry with QoS 1, in place of readings of the device',
    fallback: false,
    simulated: false,
    check: given,
  },
  onReboot: {
    flag: '--on-reboot <action>',
    section: 'Session',
    help: 'what the reboot command does: log it, or restart the session',
    fallback: 'log',
    simulated: 'log',
    check: choice(['log', 'restart']),
  },
  reconnect: {
    flag: '--no-reconnect',
    section: 'Session',
    help: 'end when the serial port goes away, instead of waiting for it',
    fallback: true,
    simulated: true,
    check: (text) => ({ value: text !== 'false' }),
  },
  quiet: {
    flag: '--quiet',
    section: 'Output',
    help: 'show events only, no AT lines',
    fallback: false,
    simulated: false,
    check: given,
  },
  verbose: {
    flag: '--verbose',
    section: 'Output',
    help: 'show times and states too',
    fallback: false,
    simulated: false,
    check: given,
  },
  json: {
    flag: '--json',
    section: 'Output',
    help: 'write one JSON object a line (NDJSON) instead of the transcript',
    fallback: false,
    simulated: false,
    check: given,
  },
  logFile: {
    flag: '--log-file <path>',
    section: 'Output',
    help: 'append everything to this file, with the time of day',
    fallback: null,
    simulated: null,
    check: bytes(1, 4096),
  },
  color: {
    flag: '--no-color',
    section: 'Output',
    help: 'use no colours',
    fallback: null,
    simulated: null,
    check: (text) => ({ value: text === 'false' ? false : null }),
  },
  console: {
    flag: '--console [port]',
    section: 'Output',
    help: 'show the session in the browser, on this port or any free one; a simulation is shown anyway',
    fallback: null,
    simulated: null,
    check: (text) => (text === 'true' ? { value: 0 } : integer(0, 65_535)(text)),
  },
  open: {
    flag: '--open',
    section: 'Output',
    help: 'open the page in the browser',
    fallback: false,
    simulated: false,
    check: given,
  },
  simulate: {
    flag: '--simulate',
    section: 'Simulation',
    help: 'use a virtual module and a local cloud: no board, no network, no settings needed',
    fallback: false,
    simulated: false,
    check: given,
  },
  boards: {
    flag: '--boards <n>',
    section: 'Simulation',
    help: `so many virtual boards on one local cloud, each with an identity of its own: 1 to ${MOST_BOARDS}`,
    fallback: 1,
    simulated: 1,
    check: integer(1, MOST_BOARDS),
  },
  httpPort: {
    flag: '--http-port <n>',
    section: 'Simulation',
    help: "port of the local cloud's HTTP API; 7070 unless told, or any free one when that is taken",
    fallback: null,
    simulated: null,
    check: integer(0, 65_535),
  },
  emptyTwin: {
    flag: '--empty-twin',
    section: 'Simulation',
    help: "begin with an empty twin, not with the walkthrough's desired properties",
    fallback: false,
    simulated: false,
    check: given,
  },
  demoTwin: {
    flag: '--demo-twin',
    section: 'Simulation',
    help: "begin with the walkthrough's desired properties, which is the default",
    hidden: true,
    fallback: false,
    simulated: false,
    check: given,
  },
  expiredRoot: {
    flag: '--expired-root',
    section: 'Simulation',
    help: 'the virtual module is firmware whose built-in root has expired: no TLS after 2025-05-12',
    fallback: false,
    simulated: false,
    check: given,
  },
  pace: {
    flag: '--pace <pace>',
    section: 'Simulation',
    help: "the virtual module's speed: real (230400 baud) or instant",
    fallback: 'real',
    simulated: 'real',
    check: choice(['real', 'instant']),
  },
};

/** The names of all settings, in the order of the table. */
export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

/** `--baud` of `--baud <rate>`; for a setting without a flag its name in the environment. */
export function flagName({ flag, env = '' }: { readonly flag: string | null; readonly env?: string }): string {
  return flag === null ? env : (flag.split(' ', 1)[0] ?? flag);
}
