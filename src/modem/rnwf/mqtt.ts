import { AtError } from '../../at/error.ts';
import { sleep } from '../../clock.ts';
import { checkLimit } from '../limits.ts';
import type { BrokerSettings, ConnectResult, Excess, ModemLimits, ModemMqtt, QoS } from '../modem.ts';
import type { RnwfLink } from './link.ts';
import type { Signal } from './signals.ts';
import { CODE } from './status.ts';
import { type RnwfTls, TLS_CONFIGURATION } from './tls.ts';
import { integerOf, quote, valuesOf } from './values.ts';

/** Settings of the client (RNWF 8); the last is that of RNWF11, on RNWF02 it is another one. */
const ID = {
  host: 1,
  port: 2,
  clientId: 3,
  userName: 4,
  password: 5,
  keepAlive: 6,
  tls: 7,
  version: 8,
  threshold: 9,
  azure: 10,
} as const;

/** Seconds. */
const KEEP_ALIVE = 60;
const MQTT_3_1_1 = 3;
/** Longer payloads are announced, and read with a command; the maker's own program has found this to work. */
const READ_THRESHOLD = 700;
const ACK_TIMEOUT = 10_000;
const CLOSE_TIMEOUT = 5_000;
/** TCP, TLS and CONNACK; the module's own time-outs are not known. */
const CONNECT_TIMEOUT = 60_000;
/** When nothing at all is reported for so long, it is time to ask; after a good CONNACK the report is a line away. */
const CONNECT_SILENCE = 15_000;
const CONNECTED_SOON = 3_000;
/** An outage of some seconds is no refusal: it is tried again for so long, with pauses that grow. */
const REFUSAL_TIME = 15_000;
const FIRST_PAUSE = 1_000;

type Outcome = Exclude<ConnectResult, 'stuck'>;

/** The module's one MQTT connection (RNWF 8). It does not reconnect by itself. */
export class RnwfMqtt implements ModemMqtt {
  readonly #link: RnwfLink;
  readonly #tls: RnwfTls;
  readonly #facts: () => { readonly limits: ModemLimits; readonly firmware: string | null };
  #turn: Promise<unknown> = Promise.resolve();
  readonly #subscriptions = new Set<string>();
  /** It has been given settings since it started, so it has some. */
  #configured = false;
  /** As its events tell. */
  #connected = false;
  lastSent = 0;

  /** @param facts what is known of the module by now */
  constructor(link: RnwfLink, tls: RnwfTls, facts: () => { limits: ModemLimits; firmware: string | null }) {
    this.#link = link;
    this.#tls = tls;
    this.#facts = facts;
    link.on('signal', (seen) => {
      if (seen.type !== 'broker' && seen.type !== 'restarted') return;
      this.#connected = seen.type === 'broker' && seen.connected;
      if (seen.type === 'restarted') this.#configured = false;
      this.#subscriptions.clear();
    });
  }

  get subscriptions(): ReadonlySet<string> {
    return this.#subscriptions;
  }

  forgetSubscriptions(): void {
    this.#subscriptions.clear();
  }

  excess(topic: string, payload: string, qos: QoS): Excess | null {
    const { limits } = this.#facts();
    const bytes = Buffer.byteLength(topic);
    if (bytes > limits.topic) return { what: 'topic', bytes, limit: limits.topic };
    const { length } = publishCommand(topic, payload, qos);
    return length > limits.command ? { what: 'command', bytes: length, limit: limits.command } : null;
  }

  async isConnected(signal: AbortSignal): Promise<boolean> {
    const [line] = await this.#link.executeIdempotent(
      { text: 'AT+MQTTCONN', response: /^\+MQTTCONN:\s*[01]\s*$/ },
      signal,
    );
    if (line?.trimEnd().endsWith('1')) {
      // The line that reported the connection was lost.
      if (!this.#connected) this.#link.emit('signal', { type: 'broker', connected: true });
      return true;
    }
    const host = this.#configured ? await this.#link.readConfig('MQTTC', ID.host, signal) : null;
    if (host?.kind === 'string' && host.bytes.length === 0) this.#link.noteRestart();
    // The line that reported the drop was lost.
    else if (this.#connected) this.#link.emit('signal', { type: 'broker', connected: false });
    return false;
  }

  async configure({ host, port, clientId, userName, tls }: BrokerSettings, signal: AbortSignal): Promise<void> {
    const { limits, firmware } = this.#facts();
    checkLimit(limits, 'brokerHost', host);
    checkLimit(limits, 'clientId', clientId);
    checkLimit(limits, 'userName', userName);
    if (tls) await this.#tls.configure(host, firmware, signal);
    const set = (id: number, value: string | number) => this.#link.writeConfig('MQTTC', id, value, signal);
    await set(ID.host, host);
    await set(ID.port, port);
    await set(ID.clientId, clientId);
    await set(ID.userName, userName);
    // One that somebody has left there would be sent.
    await set(ID.password, '');
    await set(ID.keepAlive, KEEP_ALIVE);
    await set(ID.tls, tls ? TLS_CONFIGURATION : 0);
    await set(ID.version, MQTT_3_1_1);
    await set(ID.threshold, READ_THRESHOLD);
    // The registration is the session's.
    if (this.#link.product.hasAzureClient) await set(ID.azure, 0);
    this.#configured = true;
  }

  async connect(signal: AbortSignal): Promise<ConnectResult> {
    const { clock } = this.#link;
    const end = clock.monotonic() + REFUSAL_TIME;
    for (let pause = FIRST_PAUSE; ; pause *= 2) {
      const result = await this.#connectOnce(signal);
      if (result === 'connected' || result === 'timed-out' || clock.monotonic() + pause > end) return result;
      await sleep(clock, pause, signal);
    }
  }

  async close(signal: AbortSignal): Promise<boolean> {
    const closed = this.#link.expect((seen) => (seen.type === 'broker' && !seen.connected) || undefined);
    try {
      await this.#link.executeOnce('AT+MQTTDISCONN=0', signal);
      if ((await closed.within(this.#link.clock, CLOSE_TIMEOUT, signal)) !== null) return true;
    } catch (error) {
      if (!(error instanceof AtError) || error.failure !== 'refused') throw error;
      // There is no connection, or it is being made.
    } finally {
      closed.cancel();
    }
    return !(await this.isConnected(signal));
  }

  /** The next command comes after the acknowledgement: before it, the module refuses it. */
  subscribe(filter: string, qos: QoS, signal: AbortSignal): Promise<boolean> {
    checkLimit(this.#facts().limits, 'topic', filter);
    return this.#inTurn(async () => {
      const subscribed = await this.#acknowledged(
        `AT+MQTTSUB=${quote(filter)},${qos}`,
        (seen) => (seen.type === 'suback' ? seen.ok : undefined),
        signal,
      );
      if (subscribed) this.#subscriptions.add(filter);
      return subscribed;
    });
  }

  publish(topic: string, payload: string, qos: QoS, signal: AbortSignal): Promise<boolean> {
    checkLimit(this.#facts().limits, 'topic', topic);
    const text = publishCommand(topic, payload, qos);
    return this.#inTurn(async () => {
      if (qos === 0) return (await this.#request(text, signal)) !== null;
      let id: number | null = null;
      const isOwn = (seen: Signal) => seen.type === 'published' && (id === null || seen.id === null || seen.id === id);
      return this.#acknowledged(
        text,
        (seen) => (seen.type === 'published' && isOwn(seen) ? seen.ok : undefined),
        signal,
        (lines) => {
          id = packetId(lines);
        },
      );
    });
  }

  async #connectOnce(signal: AbortSignal): Promise<Outcome> {
    const outcome = await this.#attempt(signal);
    if (outcome !== null) return outcome;
    // It holds on to something, which it is told to let go of.
    await this.close(signal);
    return (await this.#attempt(signal)) ?? 'refused';
  }

  /** @returns null when the module does not begin to connect */
  async #attempt(signal: AbortSignal): Promise<Outcome | null> {
    const { clock } = this.#link;
    let silent = true;
    let isAccepted = false;
    const result = this.#link.expect((seen) => {
      silent = false;
      if (seen.type === 'connack' && seen.accepted) isAccepted = true;
      return outcomeOf(seen);
    });
    try {
      await this.#link.executeOnce('AT+MQTTCONN=1', signal);
      const deadline = clock.monotonic() + CONNECT_TIMEOUT;
      for (let left = CONNECT_TIMEOUT; left > 0; left = deadline - clock.monotonic()) {
        silent = true;
        const patience = isAccepted ? CONNECTED_SOON : CONNECT_SILENCE;
        const found = await result.upTo(clock, Math.min(patience, left), signal);
        if (found !== null) return found;
        if (!silent && !isAccepted) continue;
        if (await this.isConnected(signal)) return 'connected';
        if (await this.#link.checkRestart(signal)) throw new AtError('reset', 'The module has restarted');
      }
      return 'timed-out';
    } catch (error) {
      if (!isMqttError(error)) throw error;
      return null;
    } finally {
      result.cancel();
    }
  }

  /** Sends a command, and waits for what `match` reads as its acknowledgement. */
  async #acknowledged(
    text: string,
    match: (seen: Signal) => boolean | undefined,
    signal: AbortSignal,
    onAnswer: (lines: string[]) => void = () => undefined,
  ): Promise<boolean> {
    const outcome = this.#link.expect((seen) => match(seen) ?? lost(seen));
    try {
      onAnswer((await this.#request(text, signal)) ?? []);
      const found = await outcome.within(this.#link.clock, ACK_TIMEOUT, signal);
      // A line was lost; of a drop, perhaps, or a banner.
      if (found === null) await this.isConnected(signal);
      return found ?? false;
    } finally {
      outcome.cancel();
    }
  }

  /**
   * Sends a command that a connection needs.
   * @returns its information lines; null when its answer was lost
   * @throws AtError `not-connected`
   */
  async #request(text: string, signal: AbortSignal): Promise<string[] | null> {
    this.lastSent = this.#link.clock.monotonic();
    const command = { text, response: /^\+MQTTPUB(?::\s*\d*\s*)?$/ };
    try {
      return await this.#link.executeOnceWithLines(command, signal);
    } catch (error) {
      if (!isMqttError(error)) throw error;
      if (!(await this.isConnected(signal))) throw notConnected(error);
      // An acknowledgement of somebody else's command may be due, a typed one for instance.
      await sleep(this.#link.clock, FIRST_PAUSE, signal);
      return await this.#link.executeOnceWithLines(command, signal).catch((again: unknown) => {
        throw isMqttError(again) ? notConnected(again) : again;
      });
    }
  }

  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(action);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** What something that is told while the module connects means for the attempt. */
function outcomeOf(seen: Signal): 'connected' | 'refused' | 'tls-failed' | undefined {
  switch (seen.type) {
    case 'broker':
      return seen.connected ? 'connected' : 'refused';
    case 'connack':
      return seen.accepted ? undefined : 'refused';
    case 'name-failed':
      return 'refused';
    case 'tls-failed':
      return 'tls-failed';
    default:
      return undefined;
  }
}

function isMqttError(error: unknown): error is AtError {
  return error instanceof AtError && error.status?.code === CODE.mqtt;
}

function notConnected(cause: AtError): AtError {
  return new AtError('not-connected', 'The module has no connection to the broker', null, cause);
}

/** The connection has ended or changed before the acknowledgement. */
function lost(seen: Signal): false | undefined {
  return seen.type === 'broker' || seen.type === 'restarted' ? false : undefined;
}

/** The packet id that a publish is answered with; null where there is none. */
function packetId(lines: string[]): number | null {
  const [line = ''] = lines;
  return integerOf(line.includes(':') ? valuesOf(line)[0] : undefined);
}

/** DUP comes first (RNWF 8). */
function publishCommand(topic: string, payload: string, qos: QoS): string {
  return `AT+MQTTPUB=0,${qos},0,${quote(topic)},${quote(payload)}`;
}
