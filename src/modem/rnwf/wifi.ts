import { isIPv4 } from 'node:net';
import type { Command } from '../../at/command.ts';
import { AtError } from '../../at/error.ts';
import type { Expectation } from '../../expectation.ts';
import type { JoinResult, ModemWifi, Network, SeenNetwork } from '../modem.ts';
import { isBlocked, isValue, type RnwfLink } from './link.ts';
import { scan } from './scan.ts';
import type { Signal } from './signals.ts';
import { textOf } from './values.ts';

/** Security of a network as `AT+WSTAC=2` takes it (RNWF 5). */
const SECURITY = { open: 0, wpa: 2, wpa2: 3, wpa3: 5 } as const satisfies Record<Network['security'], number>;
/** Settings of the station, of the time client, and of the network interface (RNWF 4 to 6). */
const STATION = { ssid: 1, security: 2, passphrase: 3, channel: 4 } as const;
const SNTP = { enabled: 1, isManual: 2, server: 3 } as const;
const INTERFACE = { dhcp: 10, address: 40 } as const;

const ANY_CHANNEL = 0;
const NO_ADDRESS = '0.0.0.0';
/** Joining takes five to ten seconds until the address is there; no time-out of the module's own is relied on. */
const JOIN_TIMEOUT = 25_000;
/** After this long without an address it is worth asking whether DHCP is switched on. */
const DHCP_PATIENCE = 5_000;
const DHCP_TIMEOUT = 20_000;
/** The end of a link that was asked for is not always reported (RNWF 5). */
const LEAVE_TIMEOUT = 2_000;
/** `<state>` alone, or behind an association id. */
const STATE_QUERY: Command = { text: 'AT+WSTA', response: /^\+WSTA:\s*(?:\d+\s*,\s*)?[01]\s*$/ };

/** The module as a Wi-Fi station (RNWF 5, 6). */
export class RnwfWifi implements ModemWifi {
  readonly #link: RnwfLink;
  /** As it was reported last, for a firmware that does not tell it when it is asked. */
  #reported: string | null = null;

  constructor(link: RnwfLink) {
    this.#link = link;
    link.on('signal', (signal) => {
      if (signal.type === 'address') this.#reported = signal.ip;
      if (signal.type === 'link-down' || signal.type === 'restarted') this.#reported = null;
    });
  }

  async state(network: Network, ntpServer: string, signal: AbortSignal): Promise<{ active: boolean; own: boolean }> {
    if (!(await this.#isLinked(signal))) return { active: false, own: false };
    const ssid = await this.#link.readConfig('WSTAC', STATION.ssid, signal);
    if (!isValue(ssid, network.ssid)) return { active: true, own: false };
    const server = await this.#link.readConfig('SNTPC', SNTP.server, signal);
    const enabled = await this.#link.readConfig('SNTPC', SNTP.enabled, signal);
    return { active: true, own: isValue(server, ntpServer) && isValue(enabled, 1) };
  }

  async address(signal: AbortSignal): Promise<string | null> {
    const printed = await this.#link.readList('NETIFC', INTERFACE.address, signal);
    // With the length of its prefix, or its mask (RNWF 4).
    const addresses = printed.flatMap((value) => textOf(value)?.split('/')[0] ?? []);
    const found = addresses.find((text) => isIPv4(text) && text !== NO_ADDRESS);
    if (found !== undefined) return found;
    return this.#reported !== null && (await this.#isLinked(signal)) ? this.#reported : null;
  }

  /** The time server comes first, in the order of the maker's examples (RNWF 12). */
  async configure(network: Network, ntpServer: string, signal: AbortSignal): Promise<void> {
    try {
      await this.#configure(network, ntpServer, signal);
    } catch (error) {
      // Settings are locked while it is joining, which its state does not tell.
      if (!isBlocked(error)) throw error;
      await this.leave(signal);
      await this.#configure(network, ntpServer, signal);
    }
  }

  async #configure({ ssid, security, passphrase }: Network, ntpServer: string, signal: AbortSignal): Promise<void> {
    await this.#link.writeConfig('SNTPC', SNTP.server, ntpServer, signal);
    await this.#link.writeConfig('SNTPC', SNTP.isManual, 1, signal);
    await this.#link.writeConfig('SNTPC', SNTP.enabled, 1, signal);
    await this.#link.writeConfig('WSTAC', STATION.ssid, ssid, signal);
    await this.#link.writeConfig('WSTAC', STATION.security, SECURITY[security], signal);
    if (security !== 'open') await this.#link.writeConfig('WSTAC', STATION.passphrase, passphrase, signal);
    await this.#link.writeConfig('WSTAC', STATION.channel, ANY_CHANNEL, signal);
  }

  async join(signal: AbortSignal): Promise<JoinResult> {
    const result = await this.#joinOnce(signal);
    if (result !== 'without-dhcp') return result;
    if (!(await this.leave(signal))) return failure('the module has no address, and would not leave the network');
    await this.#link.writeConfig('NETIFC', INTERFACE.dhcp, 1, signal);
    const again = await this.#joinOnce(signal);
    return again === 'without-dhcp' ? failure('the module does not ask the network for an address (DHCP)') : again;
  }

  async leave(signal: AbortSignal): Promise<boolean> {
    const down = this.#link.expect((seen) => seen.type === 'link-down' || undefined);
    try {
      await this.#link.executeOnce('AT+WSTA=0', signal);
      if ((await down.within(this.#link.clock, LEAVE_TIMEOUT, signal)) !== null) return true;
    } catch (error) {
      if (!(error instanceof AtError) || error.failure !== 'refused') throw error;
      // It is not joined, or not yet.
    } finally {
      down.cancel();
    }
    return !(await this.#isLinked(signal));
  }

  scan(signal: AbortSignal, ssid?: string): Promise<SeenNetwork[]> {
    return scan(this.#link, signal, ssid);
  }

  async #isLinked(signal: AbortSignal): Promise<boolean> {
    const [line = ''] = await this.#link.executeIdempotent(STATE_QUERY, signal);
    return line.trimEnd().endsWith('1');
  }

  async #joinOnce(signal: AbortSignal): Promise<JoinResult | 'without-dhcp'> {
    const failed = (seen: Signal) =>
      seen.type === 'join-failed' ? failure('the network was not found, or it refused the passphrase') : undefined;
    const link = this.#link.expect((seen) => (seen.type === 'link-up' ? 'up' : failed(seen)));
    const address = this.#link.expect<JoinResult>((seen) => {
      if (seen.type === 'address') return { joined: true, ip: seen.ip };
      return seen.type === 'link-down' ? failure('the network let the module go again') : failed(seen);
    });
    try {
      await this.#link.executeOnce('AT+WSTA=1', signal);
      const up = await link.within(this.#link.clock, JOIN_TIMEOUT, signal);
      if (up === null) return await this.#unheard(signal);
      if (up !== 'up') return up;
      return (
        (await address.upTo(this.#link.clock, DHCP_PATIENCE, signal)) ?? (await this.#addressLater(address, signal))
      );
    } finally {
      link.cancel();
      address.cancel();
    }
  }

  /** It has a link, and has not reported an address yet. */
  async #addressLater(
    address: Expectation<Signal, JoinResult>,
    signal: AbortSignal,
  ): Promise<JoinResult | 'without-dhcp'> {
    if (isValue(await this.#link.readConfig('NETIFC', INTERFACE.dhcp, signal), 0)) {
      // Somebody may have set one.
      const ip = await this.address(signal);
      return ip === null ? 'without-dhcp' : { joined: true, ip };
    }
    const told = await address.within(this.#link.clock, DHCP_TIMEOUT - DHCP_PATIENCE, signal);
    return told ?? this.#unheard(signal);
  }

  /** It has reported neither success nor failure; an event may have been lost, or it has restarted. */
  async #unheard(signal: AbortSignal): Promise<JoinResult> {
    if (await this.#link.checkRestart(signal)) throw new AtError('reset', 'The module has restarted');
    const ip = await this.address(signal);
    return ip === null
      ? failure('the module has not reported an address; the network may be out of range, or have given it none (DHCP)')
      : { joined: true, ip };
  }
}

function failure(reason: string): JoinResult & { joined: false } {
  return { joined: false, reason };
}
