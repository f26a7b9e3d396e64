import type { Clock } from '../../clock.ts';
import type { SettingValues } from '../../config/settings.ts';
import { commonName } from '../../modem/certificate.ts';
import { certificateFacts } from '../../modem/certificate-facts.ts';
import type { Modem, Security } from '../../modem/modem.ts';
import { type CheckId, type CheckResult, failed, ok, skipped, warning } from './check-result.ts';

/** What the checks of a module look at. */
export interface CheckContext {
  module: Modem;
  clock: Clock;
  simulate: boolean;
  /** Whether a gateway makes the TLS connections. */
  hasGateway: boolean;
  /** What starts the program here. */
  invocation: string;
  /** Settings; null where one is missing or wrong. */
  deviceId: string | null;
  ssid: string | null;
  security: SettingValues['security'] | null;
}

type Check = (patient: CheckContext, signal: AbortSignal) => Promise<CheckResult>;

/** A clock that is further off, in seconds, was not set by SNTP. */
const CLOCK_TOLERANCE = 60;

const firmware: Check = async ({ module, clock, simulate, hasGateway, invocation }, signal) => {
  const version = await module.firmware(signal);
  if (version === null) return warning('The module does not tell its firmware', 'Press the reset button.');
  const { family, traits } = module;
  const shown = `${family} firmware ${version}`;
  if (traits.hasNoTls(version, clock.wall()) && (hasGateway || !simulate)) {
    const facts = `${shown}, whose built-in root certificate has expired on 2025-05-12`;
    if (hasGateway) return ok(`${facts}: the gateway makes its TLS connections`);
    return warning(
      `${facts}: this board cannot make TLS connections`,
      `Use a gateway on this computer: "${invocation} --gateway", or write in .env: GATEWAY=auto`,
    );
  }
  return ok(shown);
};

const certificate: Check = async ({ module, clock }, signal) => {
  const found = await module.certificates.device(signal);
  if (!found && module.identityStore) {
    const { hasCertificate, hasKey } = await module.identityStore.read(signal);
    if (hasCertificate && hasKey)
      return ok('The module holds a device certificate, which it does not give back, and a key');
    return warning(
      `The module holds no device certificate that can be read${hasKey ? ', but a key' : ''}`,
      'Store a certificate and its key in it: "provision" does that. Without TLS it needs none.',
    );
  }
  if (!found) {
    return failed(
      'The module gives no device certificate',
      'Press the reset button of the board; a board without its secure element cannot prove who it is.',
    );
  }
  const now = clock.wall();
  const { commonName: name, validFrom, validTo } = certificateFacts(found);
  if (name === null) return failed('The device certificate has no common name', 'DPS needs one; use another board.');
  const shown = `Device certificate of ${name}, valid until ${validTo}`;
  if (now > Date.parse(validTo)) return failed(`${shown}: it has expired`, 'Azure refuses it; use another board.');
  if (now < Date.parse(validFrom)) return failed(`${shown}, but not yet`, "Set this computer's clock.");
  return ok(shown);
};

const deviceId: Check = async (patient, signal) => {
  const found = await patient.module.certificates.device(signal);
  const name = found && commonName(found);
  if (!name && patient.module.identityStore && patient.deviceId === null) {
    return failed('The module cannot tell a device id', 'Write in .env: DEVICE_ID=<the id that is enrolled at DPS>');
  }
  if (!name) return skipped('There is no certificate to compare with');
  if (Buffer.byteLength(name) > patient.module.limits.clientId) {
    return failed(
      `"${name}" has more than the ${patient.module.limits.clientId} bytes that the module takes`,
      'Use another board.',
    );
  }
  if (patient.hasGateway && patient.deviceId !== null) {
    return ok(`The device id is ${patient.deviceId}: the gateway has an identity of its own`);
  }
  if (patient.deviceId === null) return ok(`The device id is read from the certificate: ${name}`);
  if (patient.deviceId === name) return ok(`The device id is that of the certificate: ${name}`);
  return failed(
    `DEVICE_ID is "${patient.deviceId}", but the certificate is for "${name}"; DPS would refuse it`,
    `Write in .env: DEVICE_ID=${name}, or leave it empty.`,
  );
};

const wifi: Check = async ({ module, ssid, security }, signal) => {
  if (ssid === null) return skipped('No network is set');
  const seen = await module.wifi.scan(signal);
  const own = (networks: typeof seen) => networks.find((network) => network.ssid === ssid);
  // A hidden network answers only when it is called by its name.
  const network = own(seen) ?? own(await module.wifi.scan(signal, ssid));
  if (!network) {
    const names = [...new Set(seen.map((each) => each.ssid).filter(Boolean))].map((name) => `"${name}"`).join(', ');
    return failed(
      `The network "${ssid}" is not in range`,
      `The module knows 2.4 GHz only. It sees ${names === '' ? 'no network' : names}.`,
    );
  }
  const found = `The network "${ssid}" is in range: ${network.rssi} dBm, channel ${network.channel}, ${network.security}`;
  if (network.security === 'wep') return failed(`${found}; the module cannot join that`, 'Use a network with WPA2.');
  if (!module.traits.joins.includes(network.security)) {
    return failed(`${found}; the module cannot join that`, 'Let the network take WPA2 too (WPA3 transition mode).');
  }
  // Between WPA and WPA2 both sides agree by themselves.
  const kind = (each: Security) => (each === 'wpa' ? 'wpa2' : each);
  if (security === null || kind(network.security) === kind(security)) return ok(found);
  return warning(`${found}, but WIFI_SECURITY is ${security}`, `Write in .env: WIFI_SECURITY=${network.security}`);
};

const time: Check = async ({ module, clock }, signal) => {
  const seconds = await module.readTime(signal);
  if (seconds === null) {
    return skipped('The module has no time yet; it gets it by NTP once it has joined the network');
  }
  const off = Math.round(seconds - clock.wall() / 1000);
  if (Math.abs(off) <= CLOCK_TOLERANCE) return ok('The clock of the module agrees with that of this computer');
  return warning(
    `The clock of the module is ${off} seconds ${off > 0 ? 'ahead of' : 'behind'} that of this computer`.replace(
      '-',
      '',
    ),
    'Set the clock of this computer, or choose another NTP_SERVER: with a wrong time TLS fails.',
  );
};

export const MODULE_CHECKS: readonly [CheckId, Check][] = [
  ['firmware', firmware],
  ['certificate', certificate],
  ['device-id', deviceId],
  ['wi-fi', wifi],
  ['clock', time],
];
