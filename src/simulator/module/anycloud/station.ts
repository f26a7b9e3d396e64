import { isIPv4 } from 'node:net';
import type { Clock, Timer } from '../../../clock.ts';
import { type AccessPoint, findAccessPoint, type JoinRequest } from '../access-point.ts';
import { type Addresses, leasedAddresses, NO_ADDRESS, NO_ADDRESSES } from '../addresses.ts';
import type { Environment } from '../environment.ts';
import type { Pace } from '../pace.ts';
import type { Console } from './console.ts';
import type { ModuleTime } from './module-time.ts';
import { joinRequest, STATION, staticAddresses, stationConfiguration } from './station-configuration.ts';
import { STATUS, type Status, statusText } from './status.ts';
import { type Printed, printValue } from './store.ts';

/** The lease that the simulated DHCP server gives is renewed after half of 24 hours. */
const RENEWAL_MS = 43_200_000;
const SNTP_PERIOD_MS = 600_000;
const SNTP_RETRY_MS = 14_000;

/** What the simulated DNS server answers for the name of an NTP server. */
const NTP_ADDRESS = '10.99.0.1';

type Link =
  | { state: 'down' }
  | { state: 'connecting' }
  | { state: 'up' | 'disconnecting'; accessPoint: AccessPoint; announced: boolean };

export interface StationOptions {
  clock: Clock;
  pace: Pace;
  console: Console;
  environment: Environment;
  time: ModuleTime;
  verbosity: () => number;
  /** Asks for an engine pass, which prints what the driver has brought. */
  wake: () => void;
  /** The network has come up or gone, or the time has become known. */
  changed: () => void;
}

/** The Wi-Fi station with its DHCP and SNTP clients (AT protocol 7.4 to 7.6). */
export class Station {
  readonly configuration = stationConfiguration();
  readonly #options: StationOptions;
  /** The value of the last accepted AT+WSTA=; not a link indicator (T44). */
  #state = 0;
  #link: Link = { state: 'down' };
  #lastJoin: JoinRequest | undefined;
  #addresses = NO_ADDRESSES;
  #ntpServer = NO_ADDRESS;
  /** Handlers of DHCP events: every attempt registers one, only the last one is ever removed, and each prints (T47). */
  #handlers = 0;
  /** Whether there is a handler to remove. */
  #dhcpEnabled = false;
  #timeout: { from: number; ms: number } | undefined;
  #attempt: Timer | undefined;
  #exchange: Timer | undefined;
  readonly #network = new Set<Timer>();

  constructor(options: StationOptions) {
    this.#options = options;
  }

  get state(): number {
    return this.#state;
  }

  get linked(): boolean {
    return this.#link.state === 'up';
  }

  /** The network it is linked to. */
  get ssid(): string | undefined {
    return 'accessPoint' in this.#link ? this.#link.accessPoint.ssid : undefined;
  }

  get address(): string | undefined {
    return this.networkUp ? this.#addresses.own : undefined;
  }

  get connecting(): boolean {
    return this.#link.state === 'connecting';
  }

  /** Whether IP traffic is possible. */
  get networkUp(): boolean {
    return this.linked && this.#addresses !== NO_ADDRESSES;
  }

  /** Any AT+WSTA with parameters of the right types ends the timeout of the attempt before, whatever becomes of it. */
  forgetTimeout(): void {
    this.#timeout = undefined;
  }

  /** AT+WSTA=1 and 2, the checks in the firmware's order. @param timeout milliseconds; 0 or less for none. */
  connect(state: 1 | 2, timeout: number): Status {
    if (this.#link.state === 'up' || this.#link.state === 'disconnecting') return STATUS.connectNotPermitted;
    const join = state === 2 ? this.#lastJoin : joinRequest(this.configuration);
    if (!join && state === 1) return STATUS.invalidParameter;
    if (this.configuration.number(STATION.dhcp) === 1) {
      this.#handlers += 1;
      this.#dhcpEnabled = true;
    }
    if (!join || this.connecting) {
      // The driver refuses, and the state is cleared although the attempt goes on (T46).
      this.#state = 0;
      return STATUS.wifiRequest;
    }
    const { clock, pace, wake } = this.#options;
    this.#state = state;
    this.#lastJoin = join;
    this.#link = { state: 'connecting' };
    this.#attempt = clock.after(pace.associate, () => this.#associated(join));
    if (timeout > 0) {
      this.#timeout = { from: clock.monotonic(), ms: timeout };
      clock.after(timeout + 1, wake);
    }
    return STATUS.ok;
  }

  /** AT+WSTA=0: accepted at once, and the state with it; announced when done. */
  disconnect(): Status {
    if (this.#link.state === 'disconnecting') return STATUS.ok;
    if (this.#link.state !== 'up') return STATUS.disconnectNotPermitted;
    this.#state = 0;
    this.#removeHandler();
    this.#link = { ...this.#link, state: 'disconnecting' };
    this.#options.clock.after(this.#options.pace.disassociate, () => this.lose());
    return STATUS.ok;
  }

  /** The link is gone: announced, and not restored by the module (T48). */
  lose(): void {
    if (this.#link.state === 'down') return;
    this.#attempt?.cancel();
    const wasLinked = this.#link.state !== 'connecting';
    this.#link = { state: 'down' };
    if (!wasLinked) return;
    this.#state = 0;
    this.#timeout = undefined;
    this.#removeHandler();
    this.#networkDown();
    this.#options.console.turn('wifi', () => this.#options.console.print('+WSTALD\r\n'));
  }

  #removeHandler(): void {
    if (this.#dhcpEnabled) this.#handlers -= 1;
    this.#dhcpEnabled = false;
  }

  /** The engine pass prints what the driver has brought since the last one. */
  update(): void {
    if (this.#link.state === 'up') this.#announceLink(this.#link);
    else if (this.#timeout && this.#isOver(this.#timeout)) this.#giveUp();
  }

  #announceLink(link: Extract<Link, { announced: boolean }>): void {
    if (link.announced) return;
    link.announced = true;
    this.#timeout = undefined;
    const { bssid, channel } = link.accessPoint;
    this.#options.console.print('+WSTALU:', `"${bssid}"`, `,${channel}\r\n`);
  }

  #isOver({ from, ms }: { from: number; ms: number }): boolean {
    return this.#options.clock.monotonic() - from > ms;
  }

  /** The time for joining has run out: the attempt ends with it. */
  #giveUp(): void {
    this.#attempt?.cancel();
    this.#link = { state: 'down' };
    this.#timeout = undefined;
    this.#state = 0;
    this.#removeHandler();
    const { console, verbosity } = this.#options;
    console.print('\r+WSTA:', `${statusText(STATUS.connectFailed, verbosity())}\r\n`);
  }

  /** A configuration value; while the station is in use, several are those of the live interface. */
  print(id: number): Printed | undefined {
    const live = this.#state === 0 ? undefined : this.#live(id);
    return live === undefined ? this.configuration.print(id) : printValue(live);
  }

  #live(id: number): Buffer | number | string | undefined {
    const accessPoint = this.#link.state === 'up' ? this.#link.accessPoint : undefined;
    switch (id) {
      case STATION.channel:
        return accessPoint?.channel ?? 0;
      case STATION.bssid:
        return Buffer.from(accessPoint?.bssid.replaceAll(':', '') ?? '', 'hex');
      case STATION.address:
        return this.#addresses.own;
      case STATION.netmask:
        return this.#addresses.netmask;
      case STATION.gateway:
        return this.#addresses.gateway;
      case STATION.dns1:
        return this.#addresses.dns1;
      case STATION.dns2:
        return this.#addresses.dns2;
      case STATION.ntpServer:
        return this.#ntpServer;
      default:
        return undefined;
    }
  }

  #associated(join: JoinRequest): void {
    const { environment, pace, wake } = this.#options;
    const accessPoint = environment.wifiFails ? undefined : findAccessPoint(environment.accessPoints, join);
    if (!accessPoint) {
      // The driver gives up, and nothing is printed (T45).
      this.#link = { state: 'down' };
      return;
    }
    this.#link = { state: 'up', accessPoint, announced: false };
    if (this.configuration.number(STATION.dhcp) === 1) this.#later(pace.dhcp, () => this.bind());
    else this.#networkUp(staticAddresses(this.configuration));
    wake();
  }

  /** The DHCP client reports a lease, a new one or a renewal; each asks for the time again. */
  bind(): void {
    if (!this.linked) return;
    const { console, environment } = this.#options;
    console.turn('tcpip', () => {
      const { ipAddress } = environment;
      for (let handler = 0; handler < this.#handlers; handler++) console.print('+WSTAAIP:', `"${ipAddress}"`, '\r\n');
    });
    this.#later(RENEWAL_MS, () => this.bind());
    this.#networkUp(leasedAddresses(environment.ipAddress));
  }

  #networkUp(addresses: Addresses): void {
    const wasUp = this.networkUp;
    this.#addresses = addresses;
    this.#startSntp();
    if (!wasUp) this.#options.changed();
  }

  #networkDown(): void {
    for (const timer of this.#network) timer.cancel();
    this.#network.clear();
    this.#addresses = NO_ADDRESSES;
    this.#ntpServer = NO_ADDRESS;
    this.#options.changed();
  }

  /** Without a static server there is none: the DHCP option for it is compiled out (T5). */
  #startSntp(): void {
    const server = this.configuration.text(STATION.ntpServer).toString('latin1');
    const enabled =
      this.configuration.number(STATION.ntpStatic) === 1 && this.configuration.number(STATION.ntpEnabled) === 1;
    if (!enabled || server === '') return;
    this.#ntpServer = isIPv4(server) ? server : NTP_ADDRESS;
    this.#exchangeIn(this.#options.pace.sntp);
  }

  /** There is one SNTP client, and one next exchange. */
  #exchangeIn(ms: number): void {
    this.#exchange?.cancel();
    this.#exchange = this.#later(ms, () => this.#sntp());
  }

  #sntp(): void {
    const { clock, console, environment, time, changed } = this.#options;
    if (!environment.sntp) {
      this.#exchangeIn(SNTP_RETRY_MS);
      return;
    }
    time.synchronise(clock.wall());
    console.turn('tcpip', () => console.print(`+TIME:${time.format},`, time.text(time.format) ?? '0', '\r\n'));
    this.#exchangeIn(SNTP_PERIOD_MS);
    changed();
  }

  /** A timer that ends with the network. */
  #later(ms: number, callback: () => void): Timer {
    const timer = this.#options.clock.after(ms, () => {
      this.#network.delete(timer);
      callback();
    });
    this.#network.add(timer);
    return timer;
  }
}
