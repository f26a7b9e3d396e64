import { AtError } from '../../at/error.ts';
import { type Clock, sleep } from '../../clock.ts';
import { checkLimit } from '../limits.ts';
import type { BrokerSettings, ConnectResult, Excess, ModemMqtt, QoS } from '../modem.ts';
import { LIMITS } from './limits.ts';
import type { AnyCloudLink } from './link.ts';
import { quote } from './quoting.ts';
import type { Signal } from './signals.ts';

/** MQTT error, the status of every MQTT command that comes at the wrong moment (T7, T22). */
const MQTT_ERROR = '47';

/** Settings of the client (AT protocol 7.11). */
const ID = { host: 1, port: 2, clientId: 3, userName: 4, tls: 7 } as const;

/** The module gives up on an acknowledgement after 5 s (AT protocol 8.1) and says so; this is that, and some grace. */
const ACK_TIMEOUT = 8_000;
const CLOSE_TIMEOUT = 5_000;
/** After a close the module's MQTT client needs a few of its passes to be idle again (T1). */
const IDLE_AFTER_CLOSE = 250;
/** TLS may take 30 s on the module (AT protocol 8.1), and DNS and TCP come before it. */
const CONNECT_TIMEOUT = 60_000;
/** When nothing at all is reported for so long, it is time to ask. */
const CONNECT_SILENCE = 15_000;
/** The module tries again without end (T10); so many failures in a row, over so long a time, are a refusal. */
const REFUSALS = 10;
const TLS_FAILURES = 3;
const REFUSAL_TIME = 15_000;

/** What ends the wait for an acknowledgement, which a typed command may have begun. */
const SETTLING = new Set(['suback', 'unsuback', 'published', 'broker']);

/** The module's one MQTT connection (AT protocol 7.11–7.16, 8). */
export class AnyCloudMqtt implements ModemMqtt {
  readonly #link: AnyCloudLink;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #subscriptions = new Set<string>();
  /** The filters that the module holds for the connection: it has few places, and a repeated filter takes one (T14). */
  readonly #held = new Set<string>();
  /** It has been given settings since it started, so it has some. */
  #configured = false;
  /** As its events tell. */
  #connected = false;
  lastSent = 0;

  constructor(link: AnyCloudLink) {
    this.#link = link;
    link.on('signal', (seen) => {
      if (seen.type !== 'broker' && seen.type !== 'restarted') return;
      this.#connected = seen.type === 'broker' && seen.connected;
      if (seen.type === 'restarted') this.#configured = false;
      // With the connection they are gone, and a new one has none (T2).
      this.#subscriptions.clear();
      this.#held.clear();
    });
  }

  get subscriptions(): ReadonlySet<string> {
    return this.#subscriptions;
  }

  forgetSubscriptions(): void {
    this.#subscriptions.clear();
  }

  excess(topic: string, payload: string, qos: QoS): Excess | null {
    const bytes = Buffer.byteLength(topic);
    if (bytes > LIMITS.topic) return { what: 'topic', bytes, limit: LIMITS.topic };
    const { length } = publishCommand(topic, payload, qos);
    return length > LIMITS.command ? { what: 'command', bytes: length, limit: LIMITS.command } : null;
  }

  /** It does not notice a lost Wi-Fi (T23). */
  async isConnected(signal: AbortSignal): Promise<boolean> {
    const [line] = await this.#link.executeIdempotent({ text: 'AT+MQTTCONN', response: /^\+MQTTCONN:[01]$/ }, signal);
    if (line === '+MQTTCONN:1') {
      // The line that reported the connection was lost.
      if (!this.#connected) this.#link.emit('signal', { type: 'broker', connected: true });
      return true;
    }
    const isReset = this.#configured && (await this.#link.readConfig('MQTTC', ID.host, signal)) === '';
    if (isReset) this.#link.noteRestart();
    // The line that reported the drop was lost.
    else if (this.#connected) this.#link.emit('signal', { type: 'broker', connected: false });
    return false;
  }

  async configure({ host, port, clientId, userName, tls }: BrokerSettings, signal: AbortSignal): Promise<void> {
    checkLimit(LIMITS, 'brokerHost', host);
    checkLimit(LIMITS, 'clientId', clientId);
    checkLimit(LIMITS, 'userName', userName);
    const values = { host: quote(host), port, clientId: quote(clientId), userName: quote(userName), tls: tls ? 1 : 0 };
    for (const name of ['host', 'port', 'clientId', 'userName', 'tls'] as const) {
      await this.#link.executeIdempotent({ text: `AT+MQTTC=${ID[name]},${values[name]}` }, signal);
    }
    this.#configured = true;
  }

  /** After a boot, or after `close` (T1). Whatever the result, the module goes on trying by itself until it is reset. */
  async connect(signal: AbortSignal): Promise<ConnectResult> {
    const { clock } = this.#link;
    const failures = new FailedAttempts(clock);
    let silent = true;
    const result = this.#link.expect<ConnectResult>((seen) => {
      silent = false;
      if (seen.type === 'stuck') return 'stuck';
      return seen.type === 'broker' && seen.connected ? 'connected' : failures.add(seen);
    });
    try {
      await this.#link.executeOnce('AT+MQTTCONN=1', signal);
      const deadline = clock.monotonic() + CONNECT_TIMEOUT;
      for (let left = CONNECT_TIMEOUT; left > 0; left = deadline - clock.monotonic()) {
        silent = true;
        const found = await result.upTo(clock, Math.min(CONNECT_SILENCE, left), signal);
        if (found !== null) return found;
        if (silent && (await this.#isConnectedUnseen(signal))) return 'connected';
      }
      return 'timed-out';
    } finally {
      result.cancel();
    }
  }

  async close(signal: AbortSignal): Promise<boolean> {
    const closed = this.#link.expect((seen) => (seen.type === 'broker' && !seen.connected) || undefined);
    try {
      await this.#link.executeOnce('AT+MQTTDISCONN', signal);
      if ((await closed.within(this.#link.clock, CLOSE_TIMEOUT, signal)) === null && (await this.isConnected(signal))) {
        return false;
      }
      await sleep(this.#link.clock, IDLE_AFTER_CLOSE, signal);
      return true;
    } catch (error) {
      if (error instanceof AtError && error.failure === 'refused') return false;
      throw error;
    } finally {
      closed.cancel();
    }
  }

  /** A refusal is not visible (T9). */
  subscribe(filter: string, qos: QoS, signal: AbortSignal): Promise<boolean> {
    checkLimit(LIMITS, 'topic', filter);
    return this.#inTurn(async () => {
      // Whoever subscribes once more has forgotten, or doubts, that it has; the module has not forgotten.
      if (this.#held.has(filter) && !(await this.#unsubscribe(filter, signal))) return false;
      // It may be held although the acknowledgement is lost.
      this.#held.add(filter);
      const text = `AT+MQTTSUB=${quote(filter)},${qos}`;
      const subscribed = await this.#acknowledged(
        text,
        (seen) => (seen.type === 'suback' ? seen.ok : undefined),
        signal,
      );
      if (subscribed) this.#subscriptions.add(filter);
      return subscribed;
    });
  }

  /** One message with QoS 1 is under way at a time (T7). */
  publish(topic: string, payload: string, qos: QoS, signal: AbortSignal): Promise<boolean> {
    checkLimit(LIMITS, 'topic', topic);
    return this.#inTurn(async () => {
      const text = publishCommand(topic, payload, qos);
      if (qos === 1) {
        return this.#acknowledged(text, (seen) => (seen.type === 'published' ? seen.ok : undefined), signal);
      }
      const failed = this.#link.expect(lost);
      try {
        return (await this.#request(text, signal)) && failed.found === undefined;
      } finally {
        failed.cancel();
      }
    });
  }

  async #unsubscribe(filter: string, signal: AbortSignal): Promise<boolean> {
    const acknowledged = (seen: Signal) => (seen.type === 'unsuback' ? seen.ok : undefined);
    if (!(await this.#acknowledged(`AT+MQTTUNSUB=${quote(filter)}`, acknowledged, signal))) return false;
    this.#held.delete(filter);
    this.#subscriptions.delete(filter);
    return true;
  }

  /** Sends a command, and waits for what `match` reads as its acknowledgement. */
  async #acknowledged(
    text: string,
    match: (seen: Signal) => boolean | undefined,
    signal: AbortSignal,
  ): Promise<boolean> {
    const outcome = this.#link.expect((seen) => match(seen) ?? lost(seen));
    try {
      await this.#request(text, signal);
      const found = await outcome.within(this.#link.clock, ACK_TIMEOUT, signal);
      // The module always says something, so a line was lost; of a drop, perhaps, or a banner.
      if (found === null) await this.isConnected(signal);
      return found ?? false;
    } finally {
      outcome.cancel();
    }
  }

  /**
   * Sends a command that a connection needs; one refused because of an acknowledgement still due is sent again.
   * @throws AtError `not-connected`
   */
  async #request(text: string, signal: AbortSignal): Promise<boolean> {
    const settled = this.#link.expect((seen) => SETTLING.has(seen.type) || undefined);
    try {
      this.lastSent = this.#link.clock.monotonic();
      return await this.#link.executeOnce(text, signal);
    } catch (error) {
      if (!isMqttError(error)) throw error;
      if (!(await this.isConnected(signal))) throw notConnected(error);
      await settled.within(this.#link.clock, ACK_TIMEOUT, signal);
      return await this.#link.executeOnce(text, signal).catch((again: unknown) => {
        throw isMqttError(again) ? notConnected(again) : again;
      });
    } finally {
      settled.cancel();
    }
  }

  /** It has connected, and the line that reported it was lost. */
  async #isConnectedUnseen(signal: AbortSignal): Promise<boolean> {
    const restarted = this.#link.expect((seen) => seen.type === 'restarted' || undefined);
    try {
      const connected = await this.isConnected(signal);
      if (restarted.found) throw new AtError('reset', 'The module has restarted');
      return connected;
    } finally {
      restarted.cancel();
    }
  }

  /** While an acknowledgement is pending the module refuses every other MQTT command (T7), so they take turns. */
  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(action);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

/** Counts what fails while the module tries to connect; an outage of some seconds is no refusal. */
class FailedAttempts {
  readonly #clock: Clock;
  #since: number | null = null;
  #refusals = 0;
  #tlsFailures = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns what it all means, when it is enough */
  add(seen: Signal): 'refused' | 'tls-failed' | undefined {
    if (seen.type === 'tls-failed') this.#tlsFailures++;
    else if (seen.type === 'broker') this.#refusals++;
    else return undefined;
    this.#since ??= this.#clock.monotonic();
    if (this.#clock.monotonic() - this.#since < REFUSAL_TIME) return undefined;
    if (this.#tlsFailures >= TLS_FAILURES) return 'tls-failed';
    return this.#refusals >= REFUSALS ? 'refused' : undefined;
  }
}

function isMqttError(error: unknown): error is AtError {
  return error instanceof AtError && error.status?.code === MQTT_ERROR;
}

function notConnected(cause: AtError): AtError {
  return new AtError('not-connected', 'The module has no connection to the broker', null, cause);
}

/** A send failed although its command answers OK (T8), or the connection ended or changed before the acknowledgement. */
function lost(seen: Signal): false | undefined {
  return seen.type === 'send-failed' || seen.type === 'broker' || seen.type === 'restarted' ? false : undefined;
}

function publishCommand(topic: string, payload: string, qos: QoS): string {
  return `AT+MQTTPUB=0,${qos},0,${quote(topic)},${quote(payload)}`;
}
