import { isIPv4 } from 'node:net';
import type { AccessPoint } from '../../access-point.ts';
import type { Console } from '../console.ts';
import { cString, stringForm } from '../forms.ts';
import { STATION } from '../station-configuration.ts';
import { STATUS, statusText } from '../status.ts';
import { configure, type FirmwareApi, type Handler, type Outcome, plainConfiguration } from './firmware-api.ts';

/** How the scan numbers the security of networks; those with WPA3 only have no number (AT protocol 7.7). */
const SECURITY = { open: 0, wep: 1, wpa: 2, wpa2: 3, wpa3: null } as const satisfies Record<
  AccessPoint['security'],
  number | null
>;

const DNS_TIMEOUT_MS = 5_000;
const MAX_DNS_NAME = 63;
const IPV4_RECORD = 1;
const ALL_CHANNELS = 255;
const MAX_SSID = 32;

/** AT protocol 7.4: a dump without plus signs (T35), and no writing while the station is in use. */
const stationConfiguration: Handler = (firmware, parameters) => {
  const { station } = firmware;
  const plain = plainConfiguration(station.configuration, '+WSTAC:');
  return configure(
    firmware,
    {
      ...plain,
      dumpPrefix: 'WSTAC:',
      print: (id) => station.print(id),
      write: (id, value) => (station.state === 0 ? plain.write(id, value) : STATUS.configurationBlocked),
    },
    parameters,
  );
};

/** AT protocol 7.5. */
const station: Handler = (firmware, parameters) => {
  const [state, timeout] = parameters;
  if (parameters.length > 2) return STATUS.parameterCount;
  if (state === undefined) return queryStation(firmware);
  if (typeof state !== 'number' || (timeout !== undefined && typeof timeout !== 'number'))
    return STATUS.invalidParameter;
  firmware.station.forgetTimeout();
  if (state === 0) return firmware.station.disconnect();
  if (state !== 1 && state !== 2) return STATUS.invalidParameter;
  return firmware.station.connect(state, timeout ?? 0);
};

/** The signal strength is always 0, and the state says what was asked for, not what is (T44). */
function queryStation({ station: { state, configuration }, console }: FirmwareApi): Outcome {
  if (state === 0) {
    console.print('+WSTA:0', '\r\n');
    return STATUS.ok;
  }
  const ssid = stringForm(configuration.text(STATION.ssid)) ?? [];
  console.print(`+WSTA:${state}`, ',', ...ssid, `,0,${configuration.number(STATION.security)}`, '\r\n');
  return STATUS.ok;
}

/** AT protocol 7.7: networks one a pass, the end with the last of them, and nothing at all where there is no network. */
const scan: Handler = (firmware, parameters) => {
  const [channel, ssid] = parameters;
  if (channel === undefined || parameters.length > 2) return STATUS.parameterCount;
  if (typeof channel !== 'number' || typeof ssid === 'number') return STATUS.invalidParameter;
  const wanted = ssid?.bytes ?? Buffer.alloc(0);
  if (wanted.length > MAX_SSID) return STATUS.invalidParameter;
  if (firmware.station.connecting) return STATUS.wifiRequest;
  firmware.clock.after(firmware.pace.scan, () => {
    const heard = firmware.accessPoints.filter(
      (each) => SECURITY[each.security] !== null && (channel === ALL_CHANNELS || channel === each.channel),
    );
    // The first network of another name ends the list, and without its end.
    const other = heard.findIndex((each) => wanted.length > 0 && !wanted.equals(Buffer.from(each.ssid)));
    const shown = other < 0 ? heard : heard.slice(0, other);
    for (const network of shown) {
      const isEnd = network === heard.at(-1);
      firmware.announce(() => announceNetwork(firmware.console, network, isEnd));
    }
  });
  return STATUS.ok;
};

function announceNetwork(
  console: Console,
  { rssi, security, channel, bssid, ssid }: AccessPoint,
  isEnd: boolean,
): void {
  const name = stringForm(Buffer.from(ssid)) ?? [];
  console.print(`+WSCNIND:${rssi},${SECURITY[security]},${channel},`, `"${bssid}"`, ',', ...name, '\r\n');
  if (isEnd) console.print('+WSCNDONE\r\n');
}

const scanConfiguration: Handler = (firmware, parameters) =>
  configure(firmware, plainConfiguration(firmware.scan, '+WSCNC:'), parameters);

/** AT protocol 7.8; the simulated network has no DNS server that answers this command. */
const resolveName: Handler = (firmware, parameters) => {
  const [type, name] = parameters;
  if (type === undefined || name === undefined || parameters.length > 2) return STATUS.parameterCount;
  if (typeof type !== 'number' || typeof name === 'number') return STATUS.invalidParameter;
  if (!firmware.station.linked) return STATUS.notConnected;
  if (type !== IPV4_RECORD) return STATUS.dnsType;
  const host = cString(name.bytes).toString('latin1');
  if (host.length > MAX_DNS_NAME) return STATUS.invalidParameter;
  if (isIPv4(host)) {
    firmware.console.print(`+DNSRESOLV:0,"${host}","${host}"\r\n`);
    return STATUS.ok;
  }
  firmware.clock.after(DNS_TIMEOUT_MS + 1, () =>
    firmware.announce(() =>
      firmware.console.print('\r+DNSRESOLV:', `${statusText(STATUS.dnsTimeout, firmware.verbosity)}\r\n`),
    ),
  );
  return STATUS.ok;
};

/** AT protocol 7.9: fails at once, since the simulated network carries nothing but the broker's connection. */
const ping: Handler = (_firmware, parameters) => {
  const [host] = parameters;
  if (host === undefined || parameters.length > 1) return STATUS.parameterCount;
  return typeof host === 'number' ? STATUS.invalidParameter : STATUS.ping;
};

export const WIFI_COMMANDS: Record<string, Handler> = {
  '+WSTAC': stationConfiguration,
  '+WSTA': station,
  '+WSCNC': scanConfiguration,
  '+WSCNA': scan,
  '+WSCNP': scan,
  '+DNSRESOLV': resolveName,
  '+PING': ping,
};
