import { isIPv4 } from 'node:net';

/** The names that Azure's services have, in its public cloud and in its national ones. */
const AZURE = [
  'azure-devices-provisioning.net',
  'azure-devices.net',
  'azure-devices-provisioning.us',
  'azure-devices.us',
  'azure-devices-provisioning.cn',
  'azure-devices.cn',
] as const;

/** Where a board wants to be connected to, as its CONNECT says. */
export interface Target {
  readonly service: 'dps' | 'hub';
  /** Lower case. */
  readonly host: string;
  /** The registration id at DPS, the device id at a hub. */
  readonly deviceId: string;
}

const LABEL = '[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?';
const NAME = new RegExp(`^(?=.{1,253}$)${LABEL}(?:\\.${LABEL})*$`);
/** As DPS wants it, without a question mark (Azure 1.1). */
const DPS = /^[0-9A-Za-z]{1,64}\/registrations\/(?<id>[^/]+)\/api-version=[!-.0-~]+$/;
/** As a hub wants it (Azure 2.1). */
const HUB = /^(?<host>[^/]+)\/(?<id>[^/]+)\/\?api-version=[!-.0-~]+$/;

/**
 * Reads the user name of a CONNECT, the only thing that a board can say about where it wants to go.
 * @param dpsHost the DPS that is set
 * @returns null for what names neither DPS nor a hub. That a host is named does not mean that it is allowed.
 */
export function readTarget(userName: string, dpsHost: string): Target | null {
  const dps = DPS.exec(userName)?.groups;
  if (dps?.['id'] !== undefined) return { service: 'dps', host: dpsHost.toLowerCase(), deviceId: dps['id'] };
  const { host, id } = HUB.exec(userName)?.groups ?? {};
  if (host === undefined || id === undefined || !isHostName(host)) return null;
  return { service: 'hub', host: host.toLowerCase(), deviceId: id };
}

/** A plain name or an IPv4 address: no port, no user, no dot at its end, nothing but ASCII. */
export function isHostName(host: string): boolean {
  return /^[\d.]+$/.test(host) ? isIPv4(host) : NAME.test(host);
}

/**
 * Whether the gateway connects to a host: one under Azure's names, or one that the user has named.
 * @param named hosts in full, in any case
 */
export function isAllowed(host: string, named: readonly string[]): boolean {
  if (named.some((each) => each.toLowerCase() === host)) return true;
  return AZURE.some((suffix) => host.endsWith(`.${suffix}`));
}
