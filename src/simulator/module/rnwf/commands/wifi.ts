import type { AccessPoint } from '../../access-point.ts';
import { SCAN } from '../settings.ts';
import { STATUS, statusValues } from '../status.ts';
import { printText } from '../strings.ts';
import { configure, type FirmwareApi, type Handler, integerOf, textOf } from './api.ts';

/** How a scan numbers the security of networks (RNWF 5). */
const SECURITY = { open: 0, wep: 1, wpa: 2, wpa2: 3, wpa3: 5 } as const satisfies Record<
  AccessPoint['security'],
  number
>;
const DNS_A = 1;

const stationConfiguration: Handler = (firmware, parameters) =>
  configure(firmware, '+WSTAC', firmware.station.configuration, parameters, firmware.station.active);

const station: Handler = (firmware, parameters) => {
  const state = integerOf(parameters[0]);
  if (parameters.length > 1) return STATUS.parameterCount;
  if (parameters.length === 0) {
    firmware.info(`+WSTA:${firmware.station.linked ? 1 : 0}`);
    return STATUS.ok;
  }
  if (state === 0) return firmware.station.disconnect();
  return state === 1 ? firmware.station.connect() : STATUS.invalidParameter;
};

/** Networks one by one, then their number; also where there is none. */
const scan: Handler = (firmware, parameters) => {
  const kind = integerOf(parameters[0]);
  if (parameters.length !== 1) return STATUS.parameterCount;
  if (kind !== 0 && kind !== 1) return STATUS.invalidParameter;
  const wanted = firmware.scan.list(SCAN.filter).map(String);
  firmware.after(firmware.pace.scan, () => {
    const heard = firmware.accessPoints.filter(({ ssid }) => wanted.length === 0 || wanted.includes(ssid));
    for (const { rssi, security, channel, bssid, ssid } of heard) {
      firmware.printer.event(`+WSCNIND:${rssi},${SECURITY[security]},${channel},"${bssid}",${printText(ssid)}`);
    }
    firmware.printer.event(`+WSCNDONE:${heard.length}`);
  });
  return STATUS.ok;
};

const scanConfiguration: Handler = (firmware, parameters) => configure(firmware, '+WSCNC', firmware.scan, parameters);

/** The interface comes before the id, and not in the answer. */
const networkInterface: Handler = (firmware, [index, ...parameters]) => {
  if (index === undefined) {
    firmware.info('+NETIFC:0,0');
    return STATUS.ok;
  }
  if (integerOf(index) !== 0) return STATUS.invalidParameter;
  return configure(firmware, '+NETIFC', firmware.station.interface, parameters, firmware.station.active);
};

const associations: Handler = (firmware, parameters) => {
  const id = integerOf(parameters[0]);
  if (parameters.length > 1) return STATUS.parameterCount;
  const { accessPoint } = firmware.station;
  if (!accessPoint || (id !== undefined && id !== 1)) return id === undefined ? STATUS.ok : STATUS.notConnected;
  firmware.printer.event(`+ASSOC:1,1,"${accessPoint.bssid}",${accessPoint.rssi}`);
  return STATUS.ok;
};

/** The simulated network has no name server that answers this command. */
const resolveName: Handler = (firmware, parameters) => {
  const [type, name] = [integerOf(parameters[0]), textOf(parameters[1])];
  if (parameters.length !== 2) return STATUS.parameterCount;
  if (type === undefined || name === undefined) return STATUS.invalidParameter;
  if (!firmware.station.networkUp) return STATUS.notConnected;
  if (type !== DNS_A) return STATUS.invalidParameter;
  unresolved(firmware, name, type);
  return STATUS.ok;
};

function unresolved(firmware: FirmwareApi, name: string, type: number): void {
  firmware.after(firmware.pace.dns, () => {
    const status = statusValues(STATUS.nameUnknown, firmware.verbosity);
    firmware.printer.event(`+DNSERR:${status},${type},${printText(name)}`);
  });
}

/** RNWF 4, 5. */
export const WIFI_COMMANDS: Record<string, Handler> = {
  '+WSTAC': stationConfiguration,
  '+WSTA': station,
  '+WSCN': scan,
  '+WSCNC': scanConfiguration,
  '+NETIFC': networkInterface,
  '+ASSOC': associations,
  '+DNSRESOLV': resolveName,
};
