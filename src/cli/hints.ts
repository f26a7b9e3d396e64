import type { AppError, ErrorCode, Facts } from '../errors.ts';

/** What a hint must fit: how the program was started, and as what. */
export interface Situation {
  /** What starts the program here: `npx anycloud-iotc`, say. */
  invocation: string;
  simulate: boolean;
}

/** `general` is the hint of the error. */
type Hint = (facts: Facts, situation: Situation, general: string) => string;

const choosePort: Hint = ({ ports }, { simulate }) => {
  const names = Array.isArray(ports) ? ports : [];
  return names.length === 0
    ? `No serial port was found: plug the USB-UART adapter in${simulate ? '.' : ', or try it without one: --simulate'}`
    : `Set SERIAL_PORT or --port to one of these: ${names.join(', ')}`;
};

/** The hints that name a setting, an option or a command of ours. A code without one has the hint of its error. */
const HINTS: Partial<Record<ErrorCode, Hint>> = {
  E_INTERNAL: () =>
    'This is a bug. Please report it where you have this program from, with its version (--version), what you did, and ' +
    'what --verbose or the log file (--log-file) shows.',
  E_SETTINGS: ({ path }, { simulate, invocation }) =>
    simulate
      ? `Correct the lines in ${path}, or take them out: a simulation needs none.`
      : `Let "${invocation} init" ask for them, put the lines into ${path}, or try it without a board: --simulate`,
  E_SETTINGS_FILE: ({ missing }) =>
    missing ? 'Check the path after --env-file.' : 'Name another one with --env-file, or correct it.',
  E_SETTINGS_QUOTING: ({ env }) =>
    `No quotes can hold it: leave it out of the file, and set ${env} in the environment.`,
  E_LOG_FILE: () =>
    'Check the path after --log-file: it must be a file, in a folder that exists and may be written to.',
  E_IDENTITY_UNKNOWN: () => 'Write in .env: DEVICE_ID=<the id that is enrolled at DPS>',
  E_IDENTITY_MISSING: (_, { invocation }) =>
    `"${invocation} provision --cert <file> --key <file>" stores them in the module.`,
  E_IDENTITY_MISMATCH: ({ commonName }) =>
    commonName === undefined
      ? 'Leave DEVICE_ID empty: it is read from the certificate then.'
      : `Write in .env: DEVICE_ID=${commonName}, or leave it empty.`,

  E_PORT_NOT_FOUND: choosePort,
  E_PORT_NOT_SERIAL: choosePort,
  E_PORT_AMBIGUOUS: () => 'Name one of them: --port <path>',
  E_MODULE_TIMEOUT: (_, { simulate, invocation }) =>
    simulate
      ? ''
      : 'Press the reset button of the board. Check its power, and that TX goes to RX, RX to TX and GND to GND; on the ' +
        'PIC32 WFI32E Curiosity that is the mikroBUS socket J200 (J207 before firmware 0.3.0). ' +
        `"${invocation} doctor" tries all baud rates.`,
  E_MODULE_UNKNOWN: (_, { simulate, invocation }, general) =>
    simulate ? general : `${general} "${invocation} ports" lists the ports.`,

  E_WIFI_JOIN: (_, { invocation, simulate }) =>
    'Check WIFI_SSID, WIFI_PASSPHRASE and WIFI_SECURITY, and that the network has 2.4 GHz and is in range' +
    `${simulate ? '.' : `; "${invocation} scan" lists what the module sees.`}`,
  E_WIFI_CLOCK: () => 'Check NTP_SERVER, and that the network lets UDP port 123 through.',

  E_DPS_CONNECT: () =>
    'Check DPS_HOST, ID_SCOPE and DEVICE_ID (it must be the common name of the certificate), and the network.',
  E_DPS_TIMEOUT: () => 'Check the network, and that ID_SCOPE is right.',
  E_DPS_REFUSED: ({ byGateway }) =>
    byGateway === true
      ? "Check ID_SCOPE, and that the enrollment of the device has the gateway's certificate or key (docs/gateway.md)."
      : 'Check ID_SCOPE, that DEVICE_ID is the common name of the certificate, and that the certificate is enrolled.',
  E_DPS_TLS: distrusted,
  E_HUB_TLS: distrusted,
  E_HUB_CONNECT: (_, { invocation, simulate }) =>
    'Check in the portal that the device exists and is enabled, and that nothing else connects with its id' +
    `${simulate ? '.' : `. The firmware cannot reach a hub behind a gateway: "${invocation} doctor --hub <host>" looks.`}`,
  E_GATEWAY_ADDRESS: ({ addresses }) => {
    const names = Array.isArray(addresses) ? addresses : [];
    const one = names.length === 0 ? '' : `: ${names.join(', ')}`;
    return `Name the one that the board can reach with --gateway <address>${one}.`;
  },
  E_GATEWAY_PORT: () =>
    'Choose another one with --gateway-port; 0 takes any that is free. Where a gateway runs already, use it: --gateway-at <address:port>.',
  E_GATEWAY_UNREACHED: ({ command }) =>
    `${typeof command === 'string' ? `Let the port through the firewall of this computer: ${command}. ` : ''}` +
    'Look for "client isolation" or "AP isolation" in the settings of the access point, and switch it off; guest networks have it.',
  E_GATEWAY_HOST: ({ host }) => `If it is yours, allow it: --allow-host ${typeof host === 'string' ? host : '<host>'}.`,
  E_GATEWAY_TLS: (_, __, general) => `${general} Name the file with its authority: --ca <file.pem>.`,
  E_GATEWAY_REFUSED: ({ certificate, code }, _, general) =>
    typeof certificate === 'string' && code !== 3
      ? `Check that ${certificate} is uploaded to the enrollment of this device, that the device is enabled, and ID_SCOPE.`
      : general,
};

/** What has expired on a board as sold no certificate cures; only the firmware of one family forgets what it is given. */
function distrusted(
  { family, hasNoTls, firmware }: Facts,
  { invocation, simulate }: Situation,
  general: string,
): string {
  if (hasNoTls === true) {
    return (
      `This board cannot make TLS connections: the built-in root of firmware ${String(firmware)} has expired on 2025-05-12, ` +
      `whatever certificate is loaded. Use "${invocation}${simulate ? ' --simulate' : ''} --gateway", which makes them on this computer.`
    );
  }
  if (family !== undefined && family !== 'AnyCloud') return general;
  return (
    'The module does not trust the root certificate of the server, or its own built-in root has expired. Azure needs ' +
    'DigiCert Global Root G2, which --root-cert loads in every session; firmware 0.3.2 fails in any case once its ' +
    'Baltimore root has expired (docs/at-protocol.md, T4).'
  );
}

/** What a person can do about `error` here; empty where there is nothing to say. */
export function hintOf({ code, facts, hint }: AppError, situation: Situation): string {
  return HINTS[code]?.(facts, situation, hint) ?? hint;
}
