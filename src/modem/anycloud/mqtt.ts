import { AtError } from '../../at/error.ts';
import { sleep } from '../../clock.ts';
import { checkLimit } from '../limits.ts';
import type { BrokerSettings, ConnectResult, Excess, ModemMqtt, QoS } from '../modem.ts';
import { LIMITS } from './limits.ts';
import type { AnyCloudLink } from './link.ts';
import { quote } from './quoting.ts';
import type { Signal } from './signals.ts';

/** MQTT error, the status of every MQTT command that comes at the wrong moment (T7, T22). */
const MQTT_ERROR = '47';

/** The module gives up on an acknowledgement after 5 s (AT protocol 8.1) and says so; this is that, and some grace. */
const ACK_TIMEOUT = 8_000;
const CLOSE_TIMEOUT = 5_000;
/** After a close the module's MQTT client needs a few of its passes to be idle again (T1). */
const IDLE_AFTER_CLOSE = 250;
/** TLS may take 30 s on the module (AT protocol 8.1), and DNS and TCP come before it. */
const CONNECT_TIMEOUT = 60_000;
/** The module retries without end; so many failed attempts in a row are a refusal (T10). */
const REFUSALS = 10;
const TLS_FAILURES = 3;

/** What ends the wait for an acknowledgement, which a typed command may have begun. */
const SETTLING = new Set(['suback', 'unsuback', 'published', 'broker']);

/** The module's one MQTT connection (AT protocol 7.11–7.16, 8). */
export class AnyCloudMqtt implements ModemMqtt {
  readonly #link: AnyCloudLink;
  #turn: Promise<unknown> = Promise.resolve();
  readonly #subscriptions = new Set<string>();
  lastSent = 0;

  constructor(link: AnyCloudLink) {
    this.#link = link;
    link.on('signal', ({ type }) => {
      // With the connection they are gone, and a new one has none (T2).
      if (type === 'broker' || type === 'restarted') this.#subscriptions.clear();
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

  /** What the module itself believes; it does not notice a lost Wi-Fi (T23). */
  async isConnected(signal: AbortSignal): Promise<boolean> {
    const [line] = await this.#link.executeIdempotent({ text: 'AT+MQTTCONN', response: /^\+MQTTCONN:[01]$/ }, signal);
    return line === '+MQTTCONN:1';
  }

  /** @throws AtError `limit`, before anything is sent, when a value is longer than the module can hold */
  async configure(settings: BrokerSettings, signal: AbortSignal): Promise<void> {
    checkLimit(LIMITS, 'brokerHost', settings.host);
    checkLimit(LIMITS, 'clientId', settings.clientId);
    checkLimit(LIMITS, 'userName', settings.userName);
    const write = (id: number, value: string | number) =>
      this.#link.executeIdempotent(
        { text: `AT+MQTTC=${id},${typeof value === 'number' ? value : quote(value)}` },
        signal,
      );
    await write(1, settings.host);
    await write(2, settings.port);
    await write(3, settings.clientId);
    await write(4, settings.userName);
    await write(7, settings.tls ? 1 : 0);
  }

  /**
   * Connects once. To be called only when the module owns no connection (T1): after a boot, or after `close`.
   * Whatever the result, the module goes on trying by itself until it is reset.
   */
  async connect(signal: AbortSignal): Promise<ConnectResult> {
    let refusals = 0;
    let tlsFailures = 0;
    const result = this.#link.expect<ConnectResult>((seen) => {
      if (seen.type === 'stuck') return 'stuck';
      if (seen.type === 'tls-failed' && ++tlsFailures === TLS_FAILURES) return 'tls-failed';
      if (seen.type !== 'broker') return undefined;
      if (seen.connected) return 'connected';
      return ++refusals === REFUSALS ? 'refused' : undefined;
    });
    try {
      await this.#link.executeOnce('AT+MQTTCONN=1', signal);
      return (await result.within(this.#link.clock, CONNECT_TIMEOUT, signal)) ?? 'timed-out';
    } finally {
      result.cancel();
    }
  }

  /** Closes the connection. @returns false when the module would not: only a reset helps then (T22) */
  async close(signal: AbortSignal): Promise<boolean> {
    const closed = this.#link.expect((seen) => (seen.type === 'broker' && !seen.connected) || undefined);
    try {
      await this.#link.executeOnce('AT+MQTTDISCONN', signal);
      if ((await closed.within(this.#link.clock, CLOSE_TIMEOUT, signal)) === null) return false;
      await sleep(this.#link.clock, IDLE_AFTER_CLOSE, signal);
      return true;
    } catch (error) {
      if (error instanceof AtError && error.failure === 'refused') return false;
      throw error;
    } finally {
      closed.cancel();
    }
  }

  /** Subscribes and waits for the acknowledgement. @returns false when none comes; a refusal is not visible (T9) */
  subscribe(filter: string, qos: QoS, signal: AbortSignal): Promise<boolean> {
    checkLimit(LIMITS, 'topic', filter);
    return this.#inTurn(async () => {
      const acknowledged = this.#link.expect((seen) => (seen.type === 'suback' ? seen.ok : lost(seen)));
      try {
        await this.#request(`AT+MQTTSUB=${quote(filter)},${qos}`, signal);
        const subscribed = (await acknowledged.within(this.#link.clock, ACK_TIMEOUT, signal)) ?? false;
        if (subscribed) this.#subscriptions.add(filter);
        return subscribed;
      } finally {
        acknowledged.cancel();
      }
    });
  }

  /**
   * Publishes. One message with QoS 1 is under way at a time (T7).
   * @returns true when the module has accepted it, with QoS 1: when the broker has acknowledged it
   */
  publish(topic: string, payload: string, qos: QoS, signal: AbortSignal): Promise<boolean> {
    checkLimit(LIMITS, 'topic', topic);
    return this.#inTurn(async () => {
      const outcome = this.#link.expect((seen) => (seen.type === 'published' ? seen.ok : lost(seen)));
      try {
        const accepted = await this.#request(publishCommand(topic, payload, qos), signal);
        if (qos === 0) return accepted && outcome.found !== false;
        return (await outcome.within(this.#link.clock, ACK_TIMEOUT, signal)) ?? false;
      } finally {
        outcome.cancel();
      }
    });
  }

  /** Sends a command that a connection needs; one refused because of an acknowledgement still due is sent again. */
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

  /** While an acknowledgement is pending the module refuses every other MQTT command (T7), so they take turns. */
  #inTurn<T>(action: () => Promise<T>): Promise<T> {
    const result = this.#turn.then(action);
    this.#turn = result.catch(() => undefined);
    return result;
  }
}

function isMqttError(error: unknown): error is AtError {
  return error instanceof AtError && error.status?.code === MQTT_ERROR;
}

function notConnected(cause: AtError): AtError {
  return new AtError('not-connected', 'The module has no connection to the broker', null, cause);
}

/** A send failed although its command answers OK (T8), or the connection went before the acknowledgement. */
function lost(seen: Signal): false | undefined {
  return seen.type === 'send-failed' || (seen.type === 'broker' && !seen.connected) ? false : undefined;
}

function publishCommand(topic: string, payload: string, qos: QoS): string {
  return `AT+MQTTPUB=0,${qos},0,${quote(topic)},${quote(payload)}`;
}
