import { BlockList, isIPv4 } from 'node:net';

const MAPPED = /^::ffff:(?<v4>\d+\.\d+\.\d+\.\d+)$/i;

/** An address as it is compared: an IPv4 address that is written as IPv6 is that IPv4 address. */
export function plainAddress(address: string): string {
  const v4 = MAPPED.exec(address)?.groups?.['v4'];
  return v4 !== undefined && isIPv4(v4) ? v4 : address.toLowerCase();
}

export function isLoopbackAddress(address: string): boolean {
  return address === '::1' || /^127\./.test(address);
}

/** An address of this computer, with its netmask. */
export interface OwnAddress {
  readonly address: string;
  readonly netmask: string;
  /** The name of its interface. */
  readonly name: string;
}

/**
 * The addresses of this computer that a board can reach without a router: those in its network.
 * @param netmask of the board, where it tells; the computer's own is asked otherwise
 */
export function reachable(board: string, netmask: string | null, own: readonly OwnAddress[]): OwnAddress[] {
  return own.filter(({ address, netmask: ownMask }) => {
    const length = prefixLength(netmask ?? ownMask) ?? prefixLength(ownMask);
    if (length === null || !isIPv4(address) || !isIPv4(board)) return false;
    const network = new BlockList();
    network.addSubnet(board, length, 'ipv4');
    return network.check(address, 'ipv4');
  });
}

/** How many bits of a netmask are set; null where it is none. */
function prefixLength(netmask: string): number | null {
  if (!isIPv4(netmask)) return null;
  const bits = netmask
    .split('.')
    .map((part) => Number(part).toString(2).padStart(8, '0'))
    .join('');
  return /^1+0*$/.test(bits) ? (bits.indexOf('0') === -1 ? 32 : bits.indexOf('0')) : null;
}
