import { AppError } from '../errors.ts';
import type { PortInfo } from './list.ts';

/** A serial port, and whether a board is likely to be behind it. */
export interface RankedPort extends PortInfo {
  likely: boolean;
  /** Why, in a few words. */
  why: string;
}

/** USB devices that a board comes with, or is wired to, by vendor and product id in lower case. */
const ADAPTERS: [vendorId: string, productId: RegExp, name: string][] = [
  ['04d8', /^00dd$/, 'Microchip MCP2221 USB-UART bridge'],
  ['04d8', /^00df$/, 'Microchip MCP2200 USB-UART bridge'],
  ['04d8', /.*/, 'Microchip USB device'],
  ['03eb', /.*/, 'Microchip debugger with a serial port'],
  ['0403', /.*/, 'FTDI USB-UART adapter'],
  ['10c4', /^ea[67]\d$/, 'Silicon Labs CP210x USB-UART adapter'],
  ['1a86', /.*/, 'WCH CH34x USB-UART adapter'],
  ['067b', /.*/, 'Prolific USB-UART adapter'],
];

/** Says of each port whether it is likely the board's: known adapters are, other USB devices and built-in ports are not. */
export function rankPorts(ports: readonly PortInfo[]): RankedPort[] {
  return ports.map((port) => {
    const vendorId = port.vendorId?.toLowerCase();
    const productId = port.productId?.toLowerCase() ?? '';
    if (vendorId === undefined) return { ...port, likely: false, why: 'no USB device' };
    const adapter = ADAPTERS.find(([vendor, product]) => vendor === vendorId && product.test(productId));
    return { ...port, likely: adapter !== undefined, why: adapter?.[2] ?? 'not a known USB-UART adapter' };
  });
}

/**
 * The only port that is likely the board's, for `--port auto`.
 * @throws AppError when there is none, or more than one: opening a port may reset what is behind it, so none is guessed
 */
export function onlyLikely(ports: readonly RankedPort[]): RankedPort {
  const [first, ...others] = ports.filter(({ likely }) => likely);
  if (first && others.length === 0) return first;
  if (first) {
    const list = [first, ...others].map(({ path, why }) => `\n  - ${path}: ${why}`).join('');
    throw new AppError('E_PORT_AMBIGUOUS', `More than one serial port may be the board's:${list}`, 'Name one of them.');
  }
  const paths = ports.map(({ path }) => path);
  throw new AppError('E_PORT_NOT_FOUND', "No serial port is likely the board's", hintFor(paths), undefined, {
    ports: paths,
  });
}

/** What to do where a port is not there, and these are. */
export function hintFor(ports: readonly string[]): string {
  return ports.length === 0
    ? 'No serial port was found: plug the USB-UART adapter in.'
    : `Name one of these: ${ports.join(', ')}`;
}
