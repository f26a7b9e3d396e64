import { isIPv4, isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { AppError } from '../errors.ts';
import { LOOPBACK } from '../web/loopback.ts';

const EVERY_IPV4 = '0.0.0.0';
const EVERY = '::';
/** Of no use without the name of an interface, which differs between computers. */
const LINK_LOCAL = /^fe80:/i;

/**
 * The names and addresses that others reach this computer by when it listens on `host`, IPv4 first, since the module
 * knows nothing else.
 */
export function addressesOf(host: string): string[] {
  if (host !== EVERY_IPV4 && host !== EVERY) return [host];
  const interfaces = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  const outside = interfaces.filter(({ internal }) => !internal).map(({ address }) => address);
  const four = outside.filter((address) => isIPv4(address));
  const six = host === EVERY ? outside.filter((address) => isIPv6(address) && !LINK_LOCAL.test(address)) : [];
  const addresses = [...four, ...six];
  return addresses.length === 0 ? [LOOPBACK] : addresses;
}

/** Why a port cannot be had, in a sentence; any other failure stays as it is. */
export function portError(error: unknown, host: string): Error {
  if (!(error instanceof Error) || !('code' in error)) return error instanceof Error ? error : new Error(String(error));
  const port = 'port' in error ? error.port : '?';
  const fail = (message: string, hint: string) => new AppError('E_CONFIG', message, hint, error);
  const another = 'Name another one (--mqtt-port, --https-port, --plain-port, --http-port); 0 takes any that is free.';
  switch (error.code) {
    case 'EADDRINUSE':
      return fail(`Port ${port} is in use by another program`, another);
    case 'EACCES':
    case 'EPERM':
      return fail(`You are not allowed to use port ${port}`, another);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return fail(
        `${host} is not an address of this computer`,
        'Name one with --host; 0.0.0.0 stands for all of them.',
      );
    default:
      return fail(`Port ${port} cannot be used: ${error.message}`, another);
  }
}

/** What it means that the usual port for HTTPS could not be had, and what can be done. @param code the system's reason */
export function withoutUsualPort(port: number | null, code: string): string {
  const why = code === 'EADDRINUSE' ? 'is in use by another program' : 'you are not allowed to use';
  const remedy =
    code === 'EADDRINUSE'
      ? 'end that program, or listen on another address with --host'
      : process.platform === 'linux'
        ? 'allow it with "sudo sysctl net.ipv4.ip_unprivileged_port_start=443"'
        : 'run this with the right to use it';
  return (
    `Azure's service SDKs cannot be used: they know no port but 443, which ${why}. To use them, ${remedy}, or lead port 443 ` +
    `to ${port} (docs/emulator.md); clients that can be told a port need nothing`
  );
}
