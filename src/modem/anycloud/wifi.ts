import type { Command } from '../../at/command.ts';
import { AtError } from '../../at/error.ts';
import { AppError } from '../../errors.ts';
import type { Expectation } from '../../expectation.ts';
import type { JoinResult, ModemWifi, Network, Security, SeenNetwork } from '../modem.ts';
import type { AnyCloudLink } from './link.ts';
import { quote } from './quoting.ts';
import { scan } from './scan.ts';
import type { Signal } from './signals.ts';

/** Security of a network as `AT+WSTAC=2` takes it; the other values fail on the board (AT protocol 7.4). */
export const SECURITY = { open: 0, wpa: 2, wpa2: 3 } as const satisfies Partial<Record<Security, number>>;

/** Settings of the station (AT protocol 7.4). */
const ID = {
  ssid: 1,
  security: 2,
  passphrase: 3,
  channel: 4,
  address: 6,
  netmask: 7,
  dhcp: 11,
  ntpServer: 12,
  ntpServerUsed: 13,
  ntpOn: 14,
} as const;

const NO_ADDRESS = '0.0.0.0';
const ANY_CHANNEL = 255;
/** What the module is given to join, so that it reports failure at all (T45), and what it may need beyond that. */
const JOIN_TIMEOUT = 20_000;
const JOIN_GRACE = 5_000;
/** DHCP takes a second as a rule; after this long it is worth asking whether it is switched on. */
const DHCP_PATIENCE = 5_000;
const DHCP_TIMEOUT = 20_000;
const LEAVE_TIMEOUT = 5_000;
const STATE_QUERY: Command = { text: 'AT+WSTA', response: /^\+WSTA:[012](?:,|$)/ };
const STATE_FORM = /^\+WSTA:([012])(?:,(.*),-?\d+,\d+)?$/;

/** The module as a Wi-Fi station (AT protocol 7.4, 7.5). */
export class AnyCloudWifi implements ModemWifi {
  readonly #link: AnyCloudLink;
  /** It has been given settings since it started, so it has some. */
  #configured = false;
  /** It has a static address that somebody has set, and so tells of none when it has joined (T47). */
  #isStatic = false;

  constructor(link: AnyCloudLink) {
    this.#link = link;
    link.on('signal', ({ type }) => {
      if (type !== 'restarted') return;
      this.#configured = false;
      this.#isStatic = false;
    });
  }

  /** The number that it answers does not say that there is a link (T44). */
  async state(network: Network, _ntpServer: string, signal: AbortSignal): Promise<{ active: boolean; own: boolean }> {
    const [line] = await this.#link.executeIdempotent(STATE_QUERY, signal);
    const match = STATE_FORM.exec(line ?? '');
    if (!match) {
      await this.#link.identify(signal);
      throw new AtError('refused', 'The module answered AT+WSTA with a line that cannot be understood');
    }
    if (match[1] === '0') {
      if (this.#configured && (await this.#read('ssid', signal)) === '') this.#link.noteRestart();
      return { active: false, own: false };
    }
    return { active: true, own: isPrinted(match[2] ?? '', network.ssid) && (await this.#hasTimeSource(signal)) };
  }

  async address(signal: AbortSignal): Promise<string | null> {
    const ip = await this.#read('address', signal);
    return ip === '' || ip === NO_ADDRESS ? null : ip;
  }

  async netmask(signal: AbortSignal): Promise<string | null> {
    const netmask = await this.#read('netmask', signal);
    return netmask === '' || netmask === NO_ADDRESS ? null : netmask;
  }

  async configure(network: Network, ntpServer: string, signal: AbortSignal): Promise<void> {
    const { security } = network;
    if (security === 'wpa3') {
      throw new AppError(
        'E_CONFIG',
        'An AnyCloud module cannot join a network with WPA3',
        'Let the network take WPA2 too (WPA3 transition mode), and choose WPA2 for it.',
      );
    }
    await this.#write('ssid', network.ssid, signal);
    await this.#write('security', SECURITY[security], signal);
    if (security !== 'open') await this.#write('passphrase', network.passphrase, signal);
    await this.#write('channel', ANY_CHANNEL, signal);
    await this.#write('ntpServer', ntpServer, signal);
    await this.#write('ntpServerUsed', 1, signal);
    this.#configured = true;
  }

  /** Link and address may be reported in either order. */
  async join(signal: AbortSignal): Promise<JoinResult> {
    const result = await this.#joinOnce(signal);
    if (result !== 'without-dhcp') return result;
    // Settings are locked while it is joined (AT protocol 7.4).
    if (!(await this.leave(signal))) return failure('the module has no address, and would not leave the network');
    await this.#write('dhcp', 1, signal);
    const again = await this.#joinOnce(signal);
    return again === 'without-dhcp' ? failure('the module does not ask the network for an address (DHCP)') : again;
  }

  async leave(signal: AbortSignal): Promise<boolean> {
    const down = this.#link.expect((seen) => seen.type === 'link-down' || undefined);
    try {
      await this.#link.executeOnce('AT+WSTA=0', signal);
      if ((await this.#within(down, LEAVE_TIMEOUT, signal)) !== null) return true;
      const [state] = await this.#link.executeIdempotent(STATE_QUERY, signal);
      return state === '+WSTA:0';
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

  async #joinOnce(signal: AbortSignal): Promise<JoinResult | 'without-dhcp'> {
    const failed = (seen: Signal) =>
      seen.type === 'join-failed' ? failure('the network was not found, or it refused the passphrase') : undefined;
    const link = this.#link.expect((seen) => (seen.type === 'link-up' ? 'up' : failed(seen)));
    const address = this.#link.expect<JoinResult>((seen) => {
      if (seen.type === 'address') return { joined: true, ip: seen.ip };
      return seen.type === 'link-down' ? failure('the network let the module go again') : failed(seen);
    });
    try {
      await this.#link.executeOnce(`AT+WSTA=1,${JOIN_TIMEOUT}`, signal);
      const up = await this.#within(link, JOIN_TIMEOUT + JOIN_GRACE, signal);
      if (up === null) return await this.#unheard(signal);
      if (up !== 'up') return up;
      const told = this.#isStatic ? null : await address.upTo(this.#link.clock, DHCP_PATIENCE, signal);
      return told ?? (await this.#addressLater(address, signal));
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
    if ((await this.#read('dhcp', signal)) === '0') {
      const ip = await this.address(signal);
      this.#isStatic = ip !== null;
      return ip === null ? 'without-dhcp' : { joined: true, ip };
    }
    const told = await this.#within(address, DHCP_TIMEOUT - DHCP_PATIENCE, signal);
    return told ?? this.#unheard(signal);
  }

  /** It has reported neither success nor failure; an event may have been lost, or it has restarted. */
  async #unheard(signal: AbortSignal): Promise<JoinResult> {
    if (await this.#link.checkRestart(signal)) throw new AtError('reset', 'The module has restarted');
    const ip = await this.address(signal);
    return ip === null
      ? failure('the module has not reported an address; the network may have given it none (DHCP)')
      : { joined: true, ip };
  }

  /** Whether the time comes that TLS waits for (T5): it has an NTP server, and is to ask it. */
  async #hasTimeSource(signal: AbortSignal): Promise<boolean> {
    for (const name of ['ntpServerUsed', 'ntpOn'] as const) {
      if ((await this.#read(name, signal)) !== '1') return false;
    }
    // While it is joined this is the address that the name was resolved to.
    const server = await this.#read('ntpServer', signal);
    return server !== '' && server !== NO_ADDRESS;
  }

  #read(name: keyof typeof ID, signal: AbortSignal): Promise<string | null> {
    return this.#link.readConfig('WSTAC', ID[name], signal);
  }

  async #write(name: keyof typeof ID, value: string | number, signal: AbortSignal): Promise<void> {
    const text = `AT+WSTAC=${ID[name]},${typeof value === 'number' ? value : quote(value)}`;
    await this.#link.executeIdempotent({ text }, signal);
  }

  #within<T>(expectation: Expectation<Signal, T>, ms: number, signal: AbortSignal): Promise<T | null> {
    return expectation.within(this.#link.clock, ms, signal);
  }
}

function failure(reason: string): JoinResult & { joined: false } {
  return { joined: false, reason };
}

/** True when `printed` is `value` in one of the module's output forms (AT protocol 5). */
function isPrinted(printed: string, value: string): boolean {
  const bytes = Buffer.from(value, 'utf8');
  const raw = `"${bytes.toString('latin1')}"`;
  return printed === raw || printed === quote(bytes) || printed === `[${bytes.toString('hex').toUpperCase()}]`;
}
