import { AtError } from '../../at/error.ts';
import type { Expectation } from '../../expectation.ts';
import type { JoinResult, ModemWifi, Network, SeenNetwork } from '../modem.ts';
import type { AnyCloudLink } from './link.ts';
import { quote } from './quoting.ts';
import { scan } from './scan.ts';
import type { Signal } from './signals.ts';

/** Security of a network as `AT+WSTAC=2` takes it; the other values fail on the board (AT protocol 7.4). */
export const SECURITY = { open: 0, wpa: 2, wpa2: 3 } as const satisfies Record<Network['security'], number>;

const NO_ADDRESS = '0.0.0.0';
const ANY_CHANNEL = 255;
/** What the module is given to join, so that it reports failure at all (T45), and what it may need beyond that. */
const JOIN_TIMEOUT = 20_000;
const JOIN_GRACE = 5_000;
const DHCP_TIMEOUT = 20_000;
const LEAVE_TIMEOUT = 5_000;
const SSID_FORMS = /^\+WSTA:([012])(?:,(.*),-?\d+,\d+)?$/;

/** The module as a Wi-Fi station (AT protocol 7.4, 7.5). */
export class AnyCloudWifi implements ModemWifi {
  readonly #link: AnyCloudLink;

  constructor(link: AnyCloudLink) {
    this.#link = link;
  }

  /**
   * What the module is doing: idle, or joined or joining; `own` when the network is the one named `ssid`.
   * This alone does not say that there is a link (T44).
   */
  async state(network: Network, _ntpServer: string, signal: AbortSignal): Promise<{ active: boolean; own: boolean }> {
    const [line] = await this.#link.executeIdempotent({ text: 'AT+WSTA', response: /^\+WSTA:[012](?:,|$)/ }, signal);
    const match = SSID_FORMS.exec(line ?? '');
    if (!match) {
      await this.#link.identify(signal);
      throw new AtError('refused', 'The module answered AT+WSTA with a line that cannot be understood');
    }
    return { active: match[1] !== '0', own: isPrinted(match[2] ?? '', network.ssid) };
  }

  /** The address in use; null when there is none, so there is no link (AT protocol 7.4). */
  async address(signal: AbortSignal): Promise<string | null> {
    const ip = await this.#link.readConfig('WSTAC', 6, signal);
    return ip === NO_ADDRESS ? null : ip;
  }

  /** Sets network and time server. */
  async configure(network: Network, ntpServer: string, signal: AbortSignal): Promise<void> {
    const write = (id: number, value: string | number) =>
      this.#link.executeIdempotent(
        { text: `AT+WSTAC=${id},${typeof value === 'number' ? value : quote(value)}` },
        signal,
      );
    await write(1, network.ssid);
    await write(2, SECURITY[network.security]);
    if (network.security !== 'open') await write(3, network.passphrase);
    await write(4, ANY_CHANNEL);
    await write(12, ntpServer);
    await write(13, 1);
  }

  /** Joins the configured network and waits for its address; link and address may be told in either order. */
  async join(signal: AbortSignal): Promise<JoinResult> {
    const failed = (seen: Signal) =>
      seen.type === 'join-failed' ? { reason: 'the network was not found, or it refused the passphrase' } : undefined;
    const link = this.#link.expect((seen) => (seen.type === 'link-up' ? 'up' : failed(seen)));
    const address = this.#link.expect((seen) => {
      if (seen.type === 'address') return seen.ip;
      return seen.type === 'link-down' ? { reason: 'the network let the module go again' } : failed(seen);
    });
    try {
      await this.#link.executeOnce(`AT+WSTA=1,${JOIN_TIMEOUT}`, signal);
      const up = await this.#within(link, JOIN_TIMEOUT + JOIN_GRACE, signal);
      if (up === null) return { joined: false, reason: 'the module told neither success nor failure' };
      if (up !== 'up') return { joined: false, reason: up.reason };
      const ip = await this.#within(address, DHCP_TIMEOUT, signal);
      if (ip === null) return { joined: false, reason: 'the network gave the module no address (DHCP)' };
      return typeof ip === 'string' ? { joined: true, ip } : { joined: false, reason: ip.reason };
    } finally {
      link.cancel();
      address.cancel();
    }
  }

  /** Leaves the network. @returns false when the module would not (T45: its state is stuck, only a reset helps) */
  async leave(signal: AbortSignal): Promise<boolean> {
    const down = this.#link.expect((seen) => seen.type === 'link-down' || undefined);
    try {
      await this.#link.executeOnce('AT+WSTA=0', signal);
      return (await this.#within(down, LEAVE_TIMEOUT, signal)) !== null;
    } catch (error) {
      if (error instanceof AtError && error.failure === 'refused') return false;
      throw error;
    } finally {
      down.cancel();
    }
  }

  scan(signal: AbortSignal, ssid?: string): Promise<SeenNetwork[]> {
    return scan(this.#link, signal, ssid);
  }

  #within<T>(expectation: Expectation<Signal, T>, ms: number, signal: AbortSignal): Promise<T | null> {
    return expectation.within(this.#link.clock, ms, signal);
  }
}

/** True when `printed` is `value` in one of the module's output forms (AT protocol 5). */
function isPrinted(printed: string, value: string): boolean {
  const bytes = Buffer.from(value, 'utf8');
  const raw = `"${bytes.toString('latin1')}"`;
  return printed === raw || printed === quote(bytes) || printed === `[${bytes.toString('hex').toUpperCase()}]`;
}
