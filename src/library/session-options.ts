import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import { SETTINGS, type Setting, type SettingName, type SettingValues } from '../config/settings.ts';
import type { DeviceDefinition } from '../device/define.ts';
import { AppError } from '../errors.ts';
import type { SessionEvent } from '../events.ts';
import { type Family, LARGEST } from '../modem/detect.ts';
import { certificateFrom } from '../pem.ts';
import type { SessionSettings } from '../session/context.ts';

/** What a session reports. */
export type ReportedEvent = Exclude<SessionEvent, { type: 'gateway' | 'local-cloud' | 'console' | 'error' | 'exit' }>;

/** How a session is run. */
export interface SessionOptions {
  /**
   * The way to the module: the path of a serial port (`COM5`, `/dev/ttyUSB0`), `auto` for the only one that is likely the
   * board's, or a function that opens a stream. It is called again when the stream was closed, and may take its time then.
   */
  port: string | ((signal: AbortSignal) => Duplex | Promise<Duplex>);
  /** Speed of a serial port in baud: 9600, 14400, 19200, 38400, 57600, 115200 or 230400, the default. */
  baud?: number | undefined;
  /** Family of the module: `anycloud`, `rnwf02` or `rnwf11`; `auto`, the default, asks the module. */
  modem?: 'auto' | Family | undefined;
  /** Whether a port that goes away is opened again; true by default. */
  reconnect?: boolean | undefined;
  /** The Wi-Fi network that the module joins. */
  wifi: {
    /** 1 to 32 bytes. */
    ssid: string;
    /** 8 to 63 printable ASCII characters, or a key of 64 hex digits; none on an open network. */
    passphrase?: string | undefined;
    /** `wpa2` by default; `wpa` is WPA and WPA2 mixed, and `wpa3` is for RNWF modules only. */
    security?: 'open' | 'wpa' | 'wpa2' | 'wpa3' | undefined;
  };
  /** ID scope of the Device Provisioning Service. */
  idScope: string;
  /** The common name of the module's certificate, which is the default; modules limit how long it can be. */
  deviceId?: string | undefined;
  /** The device that is played: a definition, or the DTMI of a model that is played by itself. */
  device: DeviceDefinition | string;
  /** DTDL file, or folder of models, where a DTMI is looked up beside the models that come with this package. */
  models?: string | undefined;
  /** Seconds between telemetry messages, 1 to 86400; by default the device's own, else 10. */
  interval?: number | undefined;
  /** `global.azure-devices-provisioning.net` by default. */
  dpsHost?: string | undefined;
  /** Port of DPS and of the hub; 8883 by default. */
  mqttPort?: number | undefined;
  /** Whether MQTT goes over TLS, true by default; Azure takes nothing else. */
  tls?: boolean | undefined;
  /** A root certificate (PEM) that the module is to trust. */
  rootCert?: string | undefined;
  /** Time server; `pool.ntp.org` by default. */
  ntpServer?: string | undefined;
  /** Ends the session after so many telemetry messages that the module has accepted; 1 or more, no end by default. */
  count?: number | undefined;
  /** Quality of service of telemetry; with 1 each message is acknowledged, 0 by default. */
  qos?: 0 | 1 | undefined;
  /** What a device's `restart` does: `log` it, the default, or `restart` the session. */
  onReboot?: 'log' | 'restart' | undefined;
  /** Ends the session when it is aborted. */
  signal?: AbortSignal | undefined;
  /** Called for everything that happens. The passphrase is masked. What it throws ends the session. */
  onEvent?: ((event: ReportedEvent) => void) | undefined;
  /** The computer's own by default. */
  clock?: Clock | undefined;
  /** Evenly distributed in [0, 1); `Math.random` by default. */
  random?: (() => number) | undefined;
}

/** Options, checked and complete. */
export interface CheckedOptions {
  settings: SessionSettings;
  port: SessionOptions['port'];
  baud: number;
  /** Null: the module is asked. */
  family: Family | null;
  reconnect: boolean;
  interval: number | null;
}

/**
 * Checks what a session is given, against the same table that the command line uses.
 * @throws AppError E_SETTINGS that names everything that is missing or wrong, in `facts.settings` as well
 */
export function checkSessionOptions(options: SessionOptions): CheckedOptions {
  const problems = new Map<string, string>();

  function read<Name extends SettingName>(path: string, name: Name, value: unknown): SettingValues[Name] {
    const setting: Setting<SettingValues[Name]> = SETTINGS[name];
    if (value === undefined || value === null) {
      if (setting.fallback !== undefined) return setting.fallback;
      problems.set(path, `is missing: ${setting.help}`);
      return setting.simulated;
    }
    const checked = checkValue(setting, value);
    if ('value' in checked) return checked.value;
    problems.set(path, `is wrong: ${setting.secret ? 'its value' : shown(value)} must ${checked.must}`);
    return setting.simulated;
  }

  function flag(path: string, value: unknown): boolean {
    if (value === undefined || value === null) return true;
    if (typeof value !== 'boolean') problems.set(path, 'is wrong: it must be true or false');
    return value === true;
  }

  const { port, wifi = { ssid: '' }, rootCert = null } = options;
  const security = read('wifi.security', 'security', wifi.security);
  const modem = read('modem', 'modem', options.modem);
  const checked: CheckedOptions = {
    port: typeof port === 'function' ? port : read('port', 'port', port),
    baud: read('baud', 'baud', options.baud),
    family: modem === 'auto' ? null : modem,
    reconnect: flag('reconnect', options.reconnect),
    interval: read('interval', 'interval', options.interval),
    settings: {
      wifi: {
        ssid: read('wifi.ssid', 'ssid', wifi.ssid),
        passphrase: security === 'open' ? '' : read('wifi.passphrase', 'passphrase', wifi.passphrase),
        security,
      },
      idScope: read('idScope', 'idScope', options.idScope),
      deviceId: read('deviceId', 'deviceId', options.deviceId),
      dpsHost: read('dpsHost', 'dpsHost', options.dpsHost),
      mqttPort: read('mqttPort', 'mqttPort', options.mqttPort),
      mqttTls: flag('tls', options.tls) ? 1 : 0,
      rootCert,
      ntpServer: read('ntpServer', 'ntpServer', options.ntpServer),
      count: read('count', 'count', options.count),
      qos: read('qos', 'qos', options.qos),
      sampling: true,
      onReboot: read('onReboot', 'onReboot', options.onReboot),
    },
  };
  if (rootCert !== null && !isCertificate(rootCert)) problems.set('rootCert', 'is wrong: it is no certificate in PEM');
  if (options.device === undefined) problems.set('device', 'is missing: the device to be played');
  if (problems.size > 0) throw settingsError(problems);
  return checked;
}

/** What every module can hold at most. */
const LIMITS = { deviceId: LARGEST.clientId, host: LARGEST.brokerHost };

function checkValue<Value>(setting: Setting<Value>, value: unknown): ReturnType<Setting<Value>['check']> {
  if (typeof value !== 'string' && typeof value !== 'number') return { must: 'be a string or a number' };
  if (/\p{Cc}/u.test(String(value))) return { must: 'hold no line ends or other control characters' };
  return setting.check(String(value), LIMITS);
}

function shown(value: unknown): string {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : String(value).slice(0, 80);
}

function isCertificate(pem: unknown): boolean {
  try {
    return typeof pem === 'string' && certificateFrom(pem).raw.length > 0;
  } catch {
    return false;
  }
}

function settingsError(problems: ReadonlyMap<string, string>): AppError {
  const list = [...problems].map(([path, problem]) => `\n  - ${path} ${problem}`).join('');
  const count = problems.size === 1 ? 'A setting is' : `${problems.size} settings are`;
  const facts = { settings: [...problems.keys()] };
  return new AppError('E_SETTINGS', `${count} missing or wrong:${list}`, '', undefined, facts);
}
