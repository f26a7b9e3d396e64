import { networkInterfaces } from 'node:os';
import { AppError } from '../../errors.ts';
import { type OwnAddress, reachable } from '../../gateway/address.ts';

/** The IPv4 addresses of this computer that others can reach it by. */
export function ownAddresses(): OwnAddress[] {
  return Object.entries(networkInterfaces()).flatMap(([name, addresses]) =>
    (addresses ?? []).flatMap(({ family, internal, address, netmask }) =>
      family === 'IPv4' && !internal ? { address, netmask, name } : [],
    ),
  );
}

/**
 * The address that boards are to connect to.
 * @param wanted an address, or `auto`
 * @param board where the board is; null where that is not known
 * @throws AppError E_GATEWAY_ADDRESS when none fits, or several do
 */
export function chooseAddress(
  wanted: string,
  board: { readonly ip: string; readonly netmask: string | null } | null,
  own: readonly OwnAddress[],
): string {
  if (wanted !== 'auto') return wanted;
  const fitting = board === null ? own : reachable(board.ip, board.netmask, own);
  const [only, ...others] = fitting;
  if (only && others.length === 0) return only.address;
  const all = listed(own);
  if (only) {
    throw unclear(`The board may reach this computer by several addresses: ${listed(fitting)}`, fitting);
  }
  const place = board === null ? 'a network' : `the network of the board (${board.ip})`;
  throw unclear(
    own.length === 0 ? `This computer is not in ${place}` : `No address of this computer is in ${place}; it has ${all}`,
    own,
  );
}

function unclear(message: string, addresses: readonly OwnAddress[]): AppError {
  return new AppError(
    'E_GATEWAY_ADDRESS',
    message,
    'Name the one that the board can reach; a router between them may let it through.',
    undefined,
    { addresses: addresses.map(({ address }) => address) },
  );
}

function listed(addresses: readonly OwnAddress[]): string {
  return addresses.map(({ address, name }) => `${address} (${name})`).join(', ');
}
