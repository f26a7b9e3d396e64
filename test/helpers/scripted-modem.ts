import type { X509Certificate } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { Expectation } from '../../src/expectation.ts';
import { TRAITS } from '../../src/modem/anycloud/traits.ts';
import type {
  BrokerSettings,
  ConnectResult,
  Excess,
  JoinResult,
  Modem,
  ModemEvent,
  ModemEvents,
  ModemLimits,
} from '../../src/modem/modem.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** What a call of the modem comes to: its value, after some milliseconds; `never` for one that does not come back. */
export type Reply<T> = T | Promise<T> | 'never';

/** The answers of a scripted modem, by call. Tests replace them. */
export interface Script {
  sync(): Reply<void>;
  identify(): Reply<void>;
  reset(): Reply<boolean>;
  readTime(): Reply<number | null>;
  type(line: string): Reply<string | null>;
  'certificates.device'(): Reply<X509Certificate | null>;
  'certificates.trust'(): Reply<boolean>;
  'wifi.state'(): Reply<{ active: boolean; own: boolean }>;
  'wifi.address'(): Reply<string | null>;
  'wifi.configure'(): Reply<void>;
  'wifi.join'(): Reply<JoinResult>;
  'wifi.leave'(): Reply<boolean>;
  'mqtt.isConnected'(): Reply<boolean>;
  'mqtt.configure'(settings: BrokerSettings): Reply<void>;
  'mqtt.connect'(): Reply<ConnectResult>;
  'mqtt.close'(): Reply<boolean>;
  'mqtt.subscribe'(filter: string): Reply<boolean>;
  'mqtt.publish'(topic: string, payload: string): Reply<boolean>;
}

/** What a call takes. */
const CALL_TIME = 10;

/** A modem that does what its script says, and writes down what it was asked for. */
export class ScriptedModem extends EventEmitter<ModemEvents> implements Modem {
  readonly family = 'Scripted';
  readonly traits = TRAITS;
  readonly identityStore = null;
  readonly limits: ModemLimits = {
    brokerHost: 63,
    clientId: 23,
    userName: 127,
    topic: 127,
    receivedPacket: 1500,
    command: 510,
  };
  reconnects: 'module' | 'host' = 'module';
  lastTime: number | null = null;
  lastSent = 0;
  readonly script: Script;
  readonly #clock: VirtualClock;
  readonly #log: (call: string) => void;
  readonly #subscriptions = new Set<string>();
  readonly #pending = new Set<(error: Error) => void>();
  #isConnected = false;

  /** @param log is told every call, as `mqtt.publish <topic> <payload> q0` for instance */
  constructor(clock: VirtualClock, certificate: X509Certificate | null, log: (call: string) => void) {
    super();
    this.setMaxListeners(0);
    this.#clock = clock;
    this.#log = log;
    this.script = {
      sync: () => undefined,
      identify: () => undefined,
      reset: () => true,
      readTime: () => Math.floor(clock.wall() / 1000),
      type: () => null,
      'certificates.device': () => certificate,
      'certificates.trust': () => true,
      'wifi.state': () => ({ active: false, own: false }),
      'wifi.address': () => '10.0.0.7',
      'wifi.configure': () => undefined,
      'wifi.join': () => {
        clock.after(50, () => this.tell({ type: 'time', unixSeconds: Math.floor(clock.wall() / 1000) }));
        return { joined: true, ip: '10.0.0.7' };
      },
      'wifi.leave': () => true,
      'mqtt.isConnected': () => this.#isConnected,
      'mqtt.configure': () => undefined,
      'mqtt.connect': () => {
        this.tell({ type: 'broker', connected: true });
        return 'connected';
      },
      'mqtt.close': () => {
        this.tell({ type: 'broker', connected: false });
        return true;
      },
      'mqtt.subscribe': () => true,
      'mqtt.publish': () => true,
    };
  }

  /** The modem tells something by itself. */
  tell(event: ModemEvent): void {
    if (event.type === 'time') this.lastTime = event.unixSeconds;
    if (event.type === 'restarted') this.lastTime = null;
    if (event.type === 'broker') this.#isConnected = event.connected;
    if (event.type === 'broker' || event.type === 'restarted') this.#subscriptions.clear();
    this.emit('event', event);
  }

  /** The way to the modem is gone. */
  unplug(): void {
    this.emit('closed', null);
  }

  /** The call that is being answered fails. */
  fail(error: Error): void {
    for (const reject of [...this.#pending]) reject(error);
  }

  async #call<T>(what: string, reply: () => Reply<T>, signal: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    this.#log(what);
    await this.#wait(CALL_TIME, signal);
    const value = reply();
    if (value === 'never') await this.#wait(Number.POSITIVE_INFINITY, signal);
    return (await value) as T;
  }

  #wait(ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const end = (how: () => void) => {
        timer?.cancel();
        this.#pending.delete(fail);
        signal.removeEventListener('abort', onAbort);
        how();
      };
      const fail = (error: Error) => end(() => reject(error));
      const onAbort = () => end(() => reject(signal.reason));
      const timer = Number.isFinite(ms) ? this.#clock.after(ms, () => end(resolve)) : null;
      this.#pending.add(fail);
      signal.addEventListener('abort', onAbort);
    });
  }

  readonly wifi: Modem['wifi'] = {
    state: (network, _, signal) => this.#call(`wifi.state ${network.ssid}`, this.script['wifi.state'], signal),
    address: (signal) => this.#call('wifi.address', this.script['wifi.address'], signal),
    configure: (network, ntp, signal) =>
      this.#call(`wifi.configure ${network.ssid} ${ntp}`, this.script['wifi.configure'], signal),
    join: (signal) => this.#call('wifi.join', this.script['wifi.join'], signal),
    leave: (signal) => this.#call('wifi.leave', this.script['wifi.leave'], signal),
    scan: () => Promise.reject(new Error('a session does not scan')),
  };

  readonly mqtt: Modem['mqtt'] = this.#mqtt();

  #mqtt(): Modem['mqtt'] {
    const modem = this;
    return {
      subscriptions: this.#subscriptions,
      get lastSent() {
        return modem.lastSent;
      },
      isConnected: (signal) => this.#call('mqtt.isConnected', this.script['mqtt.isConnected'], signal),
      configure: (settings, signal) =>
        this.#call(
          `mqtt.configure ${settings.host} ${settings.clientId} ${settings.userName}`,
          () => this.script['mqtt.configure'](settings),
          signal,
        ),
      connect: (signal) => this.#call('mqtt.connect', this.script['mqtt.connect'], signal),
      close: (signal) => this.#call('mqtt.close', this.script['mqtt.close'], signal),
      subscribe: async (filter, qos, signal) => {
        const ok = await this.#call(
          `mqtt.subscribe ${filter} q${qos}`,
          () => this.script['mqtt.subscribe'](filter),
          signal,
        );
        if (ok) this.#subscriptions.add(filter);
        return ok;
      },
      publish: (topic, payload, qos, signal) => {
        this.lastSent = this.#clock.monotonic();
        const what = `mqtt.publish ${topic} ${payload}${payload === '' ? '' : ' '}q${qos}`;
        return this.#call(what, () => this.script['mqtt.publish'](topic, payload), signal);
      },
      excess: (topic, payload): Excess | null => {
        if (topic.length > this.limits.topic) return { what: 'topic', bytes: topic.length, limit: this.limits.topic };
        const bytes = 30 + topic.length + payload.length;
        return bytes > this.limits.command ? { what: 'command', bytes, limit: this.limits.command } : null;
      },
      forgetSubscriptions: () => this.#subscriptions.clear(),
    };
  }

  readonly certificates: Modem['certificates'] = {
    longestRoot: 1500,
    device: (signal) => this.#call('certificates.device', this.script['certificates.device'], signal),
    read: () => Promise.reject(new Error('a session reads no other certificates')),
    trusts: () => Promise.reject(new Error('a session does not ask')),
    trust: (_, signal) => this.#call('certificates.trust', this.script['certificates.trust'], signal),
  };

  readTime(signal: AbortSignal): Promise<number | null> {
    return this.#call('readTime', this.script.readTime, signal);
  }

  firmware(): Promise<string | null> {
    return Promise.reject(new Error('a session does not ask'));
  }

  sync(signal: AbortSignal): Promise<void> {
    return this.#call('sync', this.script.sync, signal);
  }

  identify(signal: AbortSignal): Promise<void> {
    return this.#call('identify', this.script.identify, signal);
  }

  async reset(signal: AbortSignal): Promise<boolean> {
    const restarted = await this.#call('reset', this.script.reset, signal);
    if (restarted) this.tell({ type: 'restarted' });
    return restarted;
  }

  type(line: string, signal: AbortSignal): Promise<string | null> {
    return this.#call(`type ${line}`, () => this.script.type(line), signal);
  }

  expect<T>(match: (event: ModemEvent) => T | undefined): Expectation<ModemEvent, T> {
    return new Expectation((listener) => {
      this.on('event', listener);
      return () => this.off('event', listener);
    }, match);
  }

  close(): void {
    this.#log('close');
  }
}
