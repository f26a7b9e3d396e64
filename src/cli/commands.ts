import { SETTING_NAMES, SETTINGS, type SettingName } from '../config/settings.ts';
import { MODULE_FAMILIES, RNWF02_FIRMWARES, SHELLS, TLS_VERSIONS } from './choices.ts';
import type { CommandAction } from './command.ts';

/** What can be typed behind the name of the program, as every shell takes it, and what comes of it. */
export type Example = readonly [words: string, outcome: string];

/** A command beside the session. */
export interface CommandDefinition {
  /** Its name and its arguments, as commander spells them. */
  usage: string;
  description: string;
  /** Under which heading the help lists it. */
  group: 'Prepare a board' | 'Look closer' | 'Play a part' | 'This program';
  examples: readonly [Example, ...Example[]];
  /** The settings that it has as options. */
  settings: readonly SettingName[];
  /** What its argument can be, where that can be listed. */
  argumentChoices?: readonly string[];
  /** Options of its own, with what they do, and their values where these can be listed. */
  options?: readonly [flags: string, description: string, choices?: readonly string[]][];
  /** What an option was called before; it still works, and is shown nowhere. */
  formerly?: readonly string[];
  load(): Promise<CommandAction>;
}

/** The name of a command: `models` of `models [dtmi]`. */
export const nameOf = ({ usage }: CommandDefinition): string => usage.split(' ', 1)[0] ?? usage;

/** What `.env` can hold. */
const LASTING = SETTING_NAMES.filter((name) => SETTINGS[name].env !== undefined);

/** What says where the module is; the last two are for the virtual one. */
const MODULE: readonly SettingName[] = ['port', 'baud', 'modem', 'envFile', 'simulate', 'pace'];

/** What the help of the whole program begins with. */
export const FIRST_EXAMPLES: readonly Example[] = [
  [
    '--simulate --open',
    'Watch a session with a virtual module and a local cloud, also in the browser: no board, no account.',
  ],
  ['init', 'Answer a few questions about a board, its network and Azure: they become the settings file .env.'],
  ['--port auto', 'Connect the board with these settings, and send telemetry until ESC is pressed.'],
];

export const COMMANDS: readonly CommandDefinition[] = [
  {
    usage: 'ports',
    description: 'list the serial ports, and which one is likely the board',
    group: 'Prepare a board',
    examples: [['ports', 'Which port is the board at?']],
    settings: ['json'],
    load: async () => (await import('./ports.ts')).ports,
  },
  {
    usage: 'certs',
    description: "read the module's certificates into PEM files, and say how to enroll them",
    group: 'Prepare a board',
    examples: [
      ['certs --port COM5 --out certificates', 'Write the certificates of the board at COM5 into a folder.'],
      ['certs --simulate', 'See what that looks like, without a board.'],
    ],
    settings: [...MODULE, 'json'],
    options: [['--out <folder>', 'where the files go (default: the current folder)']],
    load: async () => (await import('./certs.ts')).certs,
  },
  {
    usage: 'load-cert <file>',
    description: 'load a root certificate (PEM) into the module; some keep it until their next reset only',
    group: 'Prepare a board',
    examples: [
      [
        'load-cert root.pem --port /dev/ttyUSB0',
        'Let the module trust the servers whose certificates come from this root.',
      ],
    ],
    settings: MODULE,
    load: async () => (await import('./load-cert.ts')).loadCert,
  },
  {
    usage: 'provision',
    description: 'store the certificate of a device and its key in an RNWF02, which has none of its own',
    group: 'Prepare a board',
    examples: [
      ['provision --port COM5 --cert device.pem --key device-key.pem', 'Store an identity in an RNWF02 that has none.'],
    ],
    settings: MODULE,
    options: [
      ['--cert <file>', 'the certificate (PEM or DER), with its issuers where the file has them (required)'],
      ['--key <file>', 'the private key (PEM) of the certificate (required)'],
      ['--yes', 'replace what the module holds'],
    ],
    load: async () => (await import('./provision.ts')).provision,
  },
  {
    usage: 'scan',
    description: 'list the Wi-Fi networks that the module sees',
    group: 'Prepare a board',
    examples: [['scan --port /dev/ttyUSB0', 'Which networks does the board at this port see?']],
    settings: [...MODULE, 'json'],
    load: async () => (await import('./scan.ts')).scan,
  },
  {
    usage: 'init',
    description: 'write the settings file: ask for what it needs, and ask the module for what that can tell',
    group: 'Prepare a board',
    examples: [
      ['init', 'Answer questions; the file is .env.'],
      [
        'init --yes --port COM5 --ssid Workshop --security open --id-scope 0ne00A1B2C3',
        'Write the file from flags alone.',
      ],
    ],
    settings: [...LASTING, 'simulate', 'pace'],
    options: [
      // Not --env-file: node itself ends a program that names a file with it that is not there.
      ['--out <file>', 'the file to write (default: .env)'],
      ['--yes', 'ask nothing: take the flags, and change a file that is there'],
    ],
    load: async () => (await import('./init.ts')).init,
  },
  {
    usage: 'doctor',
    description: 'check everything that a session needs, and say what to do next',
    group: 'Prepare a board',
    examples: [
      ['doctor', 'Check everything that .env says, and the board.'],
      ['doctor --join --report', 'Also join the network, and write a report for an issue.'],
    ],
    settings: [...LASTING, 'resolve', 'envFile', 'json', 'simulate', 'pace'],
    options: [
      ['--join', 'also join the network, which a session would do first'],
      ['--hub <host>', 'look at this hub too: the one that DPS has assigned'],
      ['--report [file]', 'also write a report for an issue (default: anycloud-iotc-report.md); secrets are masked'],
      ['--log <file>', 'the log file of a session, whose last run goes into the report'],
    ],
    load: async () => (await import('./doctor.ts')).doctor,
  },
  {
    usage: 'models [dtmi]',
    description: 'list the device models that there are, or show one',
    group: 'Look closer',
    examples: [
      ['models', 'Which models come with the program?'],
      ['models "dtmi:com:Microchip:WFI32_IoT_WM;3"', 'What does this one have?'],
    ],
    settings: ['models', 'envFile', 'json'],
    load: async () => (await import('./models.ts')).models,
  },
  {
    usage: 'console <file>',
    description: 'show a session in the browser that --json has recorded',
    group: 'Look closer',
    examples: [['console session.ndjson --open', 'Look at a session whose --json was written into this file.']],
    settings: ['console', 'open', 'models', 'envFile', 'json'],
    load: async () => (await import('./console.ts')).consoleCommand,
  },
  {
    usage: 'module',
    description: 'be a module at the end of a serial port, for whoever drives one',
    group: 'Play a part',
    examples: [
      ['module --port /dev/ttyUSB1', 'Be an AnyCloud module for the firmware at the other end of this port.'],
      ['module --port COM6 --family rnwf02 --blank', 'Be an RNWF02 as it leaves the factory.'],
    ],
    settings: ['baud', 'ssid', 'passphrase', 'security', 'envFile', 'json', 'logFile', 'expiredRoot', 'pace'],
    options: [
      ['--port <path>', 'serial port to be a module on (required)'],
      ['--family <name>', 'which module: anycloud, rnwf02 or rnwf11 (default: anycloud)', MODULE_FAMILIES],
      [
        '--firmware <version>',
        'of an RNWF02: 3.2 (default), or 2.0, which takes files by XMODEM only',
        RNWF02_FIRMWARES,
      ],
      ['--blank', 'the flash of an RNWF02 holds no identity yet'],
      ['--cert <file>', 'its certificate (PEM), with its issuers; without it, one is made for this run'],
      ['--key <file>', 'the private key (PEM) of the certificate'],
      ['--ca <file...>', 'certificates (PEM) that it trusts, beside those that are loaded into it'],
      ['--resolve <name=host:port...>', 'where a broker is really found; * stands for every name'],
      ['--tls <version>', 'the newest TLS that it speaks: 1.2 or 1.3 (default: 1.2)', TLS_VERSIONS],
      ['--seed <n>', 'repeat a run: everything random follows from this number'],
    ],
    load: async () => (await import('./module.ts')).module,
  },
  {
    usage: 'gateway',
    description: 'make the TLS connections of boards that cannot: plain MQTT in, MQTT over TLS to Azure out',
    group: 'Play a part',
    examples: [['gateway --board sn0123A1B2C3D4E5F601', 'Let this board reach Azure through this computer.']],
    settings: [
      'gateway',
      'gatewayPort',
      'identity',
      'gatewayKey',
      'keyFile',
      'keyType',
      'ca',
      'resolve',
      'allowHost',
      'deviceId',
      'dpsHost',
      'mqttPort',
      'envFile',
      'json',
      'logFile',
    ],
    options: [
      [
        '--board <id=address...>',
        'board that may connect, and its address in the network where that is known; may be repeated',
      ],
    ],
    load: async () => (await import('./gateway.ts')).gateway,
  },
  {
    usage: 'cloud',
    description: 'be a local DPS and IoT Hub, for boards and for programs',
    group: 'Play a part',
    examples: [
      [
        'cloud --enroll board-1 --data cloud',
        'Let in one device, whose certificate and key are made now, and keep it in a folder.',
      ],
      [
        'cloud --host 0.0.0.0 --enroll sn0123A1B2C3D4E5F601.PEM --sntp',
        'Serve a board on the same network, also with the time.',
      ],
    ],
    settings: ['idScope', 'httpPort', 'models', 'open', 'envFile', 'json', 'logFile'],
    options: [
      ['--host <address>', 'address or name to listen on (default: 127.0.0.1, for this computer only)'],
      ['--mqtt-port <n>', 'port for MQTT over TLS; 0 takes any free one (default: 8883)'],
      ['--https-port <n>', "port for Azure's REST API and MQTT over WebSocket (default: 443, or any free one)"],
      ['--plain-port <n>', 'port for MQTT without TLS, where a client is who it says it is'],
      ['--data <folder>', 'where devices, twins, enrollments and certificates are kept (default: nowhere)'],
      [
        '--enroll <id=file...>',
        'let this device in, by its certificate; the file alone has the id, the id alone is given one',
      ],
      ['--forget <id...>', 'end an enrollment that the data folder has kept'],
      ['--group <file...>', 'let every device in whose certificate comes from this authority (PEM)'],
      [
        '--enroll-key <id=file...>',
        'let this device in by a symmetric key, in a file or, for the id alone, made and shown once',
      ],
      ['--group-key <id=file...>', 'let every device in whose key is derived from this one'],
      ['--export <file>', 'add all telemetry to this file, a line of JSON for each message'],
      ['--sntp [port]', 'also be a time server (default: 123)'],
      ['--sntp-date <date>', 'give this date, for boards whose built-in root has expired'],
    ],
    formerly: ['--enrol <id=file...>'],
    load: async () => (await import('./cloud.ts')).cloud,
  },
  {
    usage: 'completion <shell>',
    description: 'print what lets a shell complete commands, flags and their values',
    group: 'This program',
    argumentChoices: SHELLS,
    examples: [
      ['completion bash > anycloud-iotc.bash', 'For bash; then, in ~/.bashrc: source the file.'],
      ['completion zsh > ~/.zfunc/_anycloud-iotc', 'For zsh, where ~/.zfunc is in fpath.'],
      ['completion powershell > anycloud-iotc.ps1', 'For PowerShell; then, in $PROFILE: . the file.'],
    ],
    settings: [],
    load: async () => (await import('./completion.ts')).completion,
  },
];
