import type { Clock, Timer } from '../../../clock.ts';
import { type AccessPoint, findAccessPoint } from '../access-point.ts';
import { type Addresses, leasedAddresses, NO_ADDRESSES } from '../addresses.ts';
import type { Environment } from '../environment.ts';
import type { ModuleClock } from './clock.ts';
import type { RnwfPace } from './pace.ts';
import type { Printer } from './printer.ts';
import { INTERFACE, interfaceSettings, SNTP, STATION, sntpSettings, stationSettings } from './settings.ts';
import { STATUS, type Status, statusValues } from './status.ts';

/** There is one association at a time. */
const ASSOCIATION = 1;
/** The address that the interface gives itself, which no router knows. */
const LINK_LOCAL = 'FE80::DA47:8FFF:FE68:FAA3';
const PREFIX = 24;
const SNTP_PERIOD_MS = 60_000;
const SNTP_RETRY_MS = 15_000;
const RENEWAL_MS = 43_200_000;

/** The types of security with which networks with WPA3 are joined (RNWF 5). */
const WPA3: Readonly<Record<number, 'too' | 'only'>> = { 4: 'too', 5: 'only' };

type Link = { state: 'down' } | { state: 'joining' } | { state: 'up'; accessPoint: AccessPoint };

export interface StationOptions {
  clock: Clock;
  pace: RnwfPace;
  printer: Printer;
  environment: Environment;
  time: ModuleClock;
  mac: string;
  verbosity: () => number;
  /** The network has come or gone. */
  changed: () => void;
}

/** The Wi-Fi station, with its DHCP and SNTP clients (RNWF 5, 6). */
export class Station {
  readonly configuration = stationSettings();
  readonly sntp = sntpSettings();
  readonly interface;
  readonly #options: StationOptions;
  #link: Link = { state: 'down' };
  #addresses: Addresses = NO_ADDRESSES;
  #hasLinkLocal = false;
  readonly #timers = new Set<Timer>();
  #exchange: Timer | undefined;

  constructor(options: StationOptions) {
    this.#options = options;
    this.interface = interfaceSettings(
      options.mac,
      () => [
        ...(this.networkUp ? [`${this.#addresses.own}/${PREFIX}`] : []),
        ...(this.#hasLinkLocal ? [`${LINK_LOCAL}/64`] : []),
      ],
      () => this.#addresses.gateway,
    );
  }

  get linked(): boolean {
    return this.#link.state === 'up';
  }

  /** Settings are locked while it is. */
  get active(): boolean {
    return this.#link.state !== 'down';
  }

  get ssid(): string | undefined {
    return this.#link.state === 'up' ? this.#link.accessPoint.ssid : undefined;
  }

  get accessPoint(): AccessPoint | undefined {
    return this.#link.state === 'up' ? this.#link.accessPoint : undefined;
  }

  get networkUp(): boolean {
    return this.linked && this.#addresses !== NO_ADDRESSES;
  }

  get address(): string | undefined {
    return this.networkUp ? this.#addresses.own : undefined;
  }

  /** AT+WSTA=1. */
  connect(): Status {
    if (this.active) return STATUS.connectRefused;
    const ssid = this.configuration.bytes(STATION.ssid);
    if (ssid.length === 0) return STATUS.invalidParameter;
    this.#link = { state: 'joining' };
    this.#later(this.#options.pace.associate, () => this.#associated());
    return STATUS.ok;
  }

  /** AT+WSTA=0. */
  disconnect(): Status {
    if (!this.active) return STATUS.disconnectRefused;
    this.#down();
    return STATUS.ok;
  }

  /** The link is gone, and the module does not look for it again. */
  lose(): void {
    if (this.linked) this.#down();
  }

  #down(): void {
    if (this.linked) this.#options.printer.event(`+WSTALD:${ASSOCIATION}`);
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
    this.#exchange?.cancel();
    this.#link = { state: 'down' };
    this.#addresses = NO_ADDRESSES;
    this.#hasLinkLocal = false;
    this.#options.changed();
  }

  #associated(): void {
    const { environment, pace, printer, verbosity } = this.#options;
    const security = this.configuration.number(STATION.security);
    const channel = this.configuration.number(STATION.channel);
    const accessPoint = environment.wifiFails
      ? undefined
      : findAccessPoint(environment.accessPoints, {
          ssid: this.configuration.bytes(STATION.ssid),
          passphrase: security === 0 ? undefined : this.configuration.bytes(STATION.credentials),
          ...(WPA3[security] && { wpa3: WPA3[security] }),
          channel: channel === 0 ? undefined : channel,
        });
    if (!accessPoint) {
      this.#link = { state: 'down' };
      printer.event(`+WSTAERR:${statusValues(STATUS.connectFailed, verbosity())}`);
      return;
    }
    this.#link = { state: 'up', accessPoint };
    printer.event(`+WSTALU:${ASSOCIATION},"${accessPoint.bssid}",${accessPoint.channel}`);
    this.#later(pace.linkLocal, () => {
      this.#hasLinkLocal = true;
      printer.event(`+WSTAAIP:${ASSOCIATION},"${LINK_LOCAL}"`);
    });
    if (this.interface.number(INTERFACE.dhcp) === 1) this.#later(pace.dhcp, () => this.bind());
  }

  /** A lease, a new one or a renewal. */
  bind(): void {
    if (!this.linked) return;
    const { environment, printer, pace, changed } = this.#options;
    const wasUp = this.networkUp;
    this.#addresses = leasedAddresses(environment.ipAddress);
    printer.event(`+WSTAAIP:${ASSOCIATION},"${environment.ipAddress}"`);
    this.#later(RENEWAL_MS, () => this.bind());
    if (wasUp) return;
    this.#exchangeIn(pace.sntp);
    changed();
  }

  #exchangeIn(ms: number): void {
    this.#exchange?.cancel();
    this.#exchange = this.#later(ms, () => this.#ask());
  }

  #ask(): void {
    const isEnabled = this.sntp.number(SNTP.enabled) === 1;
    // Without a server of its own it would be one from DHCP, which the simulated network has none of.
    if (!isEnabled || this.sntp.number(SNTP.isManual) === 0 || this.sntp.text(SNTP.server) === '') {
      this.#exchangeIn(SNTP_RETRY_MS);
      return;
    }
    const { environment, time, clock, printer, verbosity, changed } = this.#options;
    if (!environment.sntp) {
      printer.event(`+SNTPERR:${statusValues(STATUS.sntpTimeout, verbosity())}`);
      this.#exchangeIn(SNTP_RETRY_MS);
      return;
    }
    time.synchronise(clock.wall());
    printer.event(`+TIME:${time.ntp}`);
    this.#exchangeIn(SNTP_PERIOD_MS);
    changed();
  }

  /** A timer that ends with the link. */
  #later(ms: number, callback: () => void): Timer {
    const timer = this.#options.clock.after(ms, () => {
      this.#timers.delete(timer);
      callback();
    });
    this.#timers.add(timer);
    return timer;
  }
}
