import { MAX_COMMAND } from '../../at/command.ts';
import { AtError } from '../../at/error.ts';
import { sleep } from '../../clock.ts';
import { checkLimit } from './limits.ts';
import type { AnyCloudModule } from './module.ts';
import { quote } from './quoting.ts';
import type { Signal } from './signals.ts';

/** Where and as whom the module connects. The client's identity is the certificate in the module. */
export interface BrokerSettings {
  host: string;
  port: number;
  clientId: string;
  userName: string;
  tls: boolean;
}

export type ConnectResult = 'connected' | 'refused' | 'tls-failed' | 'stuck' | 'timed-out';

export type QoS = 0 | 1;

/** MQTT error, the status of every MQTT command that comes at the wrong moment (T7, T22). */
export const MQTT_ERROR = 47;

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
export class Broker {
  readonly #module: AnyCloudModule;
  #turn: Promise<unknown> = Promise.resolve();
  /** When the module last sent something to the broker because of us, in milliseconds since 1970. */
  lastSent = 0;

  constructor(module: AnyCloudModule) {
    this.#module = module;
  }

  /** What the module itself believes; it does not notice a lost Wi-Fi (T23). */
  async isConnected(signal: AbortSignal): Promise<boolean> {
    const [line] = await this.#module.execute({ text: 'AT+MQTTCONN', response: /^\+MQTTCONN:[01]$/ }, signal);
    return line === '+MQTTCONN:1';
  }

  /** @throws AtError `limit`, before anything is sent, when a value is longer than the module can hold */
  async configure(settings: BrokerSettings, signal: AbortSignal): Promise<void> {
    checkLimit('brokerHost', settings.host);
    checkLimit('clientId', settings.clientId);
    checkLimit('userName', settings.userName);
    const write = (id: number, value: string | number) =>
      this.#module.execute({ text: `AT+MQTTC=${id},${typeof value === 'number' ? value : quote(value)}` }, signal);
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
    const result = this.#module.expect<ConnectResult>((seen) => {
      if (seen.type === 'stuck') return 'stuck';
      if (seen.type === 'tls-failed' && ++tlsFailures === TLS_FAILURES) return 'tls-failed';
      if (seen.type !== 'broker') return undefined;
      if (seen.connected) return 'connected';
      return ++refusals === REFUSALS ? 'refused' : undefined;
    });
    try {
      await this.#module.request('AT+MQTTCONN=1', signal);
      return (await result.within(this.#module.clock, CONNECT_TIMEOUT, signal)) ?? 'timed-out';
    } finally {
      result.cancel();
    }
  }

  /** Closes the connection. @returns false when the module would not: only a reset helps then (T22) */
  async close(signal: AbortSignal): Promise<boolean> {
    const closed = this.#module.expect((seen) => (seen.type === 'broker' && !seen.connected) || undefined);
    try {
      await this.#module.request('AT+MQTTDISCONN', signal);
      if ((await closed.within(this.#module.clock, CLOSE_TIMEOUT, signal)) === null) return false;
      await sleep(this.#module.clock, IDLE_AFTER_CLOSE, signal);
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
    checkLimit('topic', filter);
    return this.#inTurn(async () => {
      const acknowledged = this.#module.expect((seen) => (seen.type === 'suback' ? seen.ok : lost(seen)));
      try {
        await this.#request(`AT+MQTTSUB=${quote(filter)},${qos}`, signal);
        return (await acknowledged.within(this.#module.clock, ACK_TIMEOUT, signal)) ?? false;
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
    checkLimit('topic', topic);
    return this.#inTurn(async () => {
      const outcome = this.#module.expect((seen) => (seen.type === 'published' ? seen.ok : lost(seen)));
      try {
        const accepted = await this.#request(publishCommand(topic, payload, qos), signal);
        if (qos === 0) return accepted && outcome.found !== false;
        return (await outcome.within(this.#module.clock, ACK_TIMEOUT, signal)) ?? false;
      } finally {
        outcome.cancel();
      }
    });
  }

  /** Sends a command that a connection needs; one refused because of an acknowledgement still due is sent again. */
  async #request(text: string, signal: AbortSignal): Promise<boolean> {
    const settled = this.#module.expect((seen) => SETTLING.has(seen.type) || undefined);
    try {
      this.lastSent = this.#module.clock.monotonic();
      return await this.#module.request(text, signal);
    } catch (error) {
      if (!(error instanceof AtError) || error.status !== MQTT_ERROR || !(await this.isConnected(signal))) throw error;
      await settled.within(this.#module.clock, ACK_TIMEOUT, signal);
      return await this.#module.request(text, signal);
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

/** A send failed although its command answers OK (T8), or the connection went before the acknowledgement. */
function lost(seen: Signal): false | undefined {
  return seen.type === 'send-failed' || (seen.type === 'broker' && !seen.connected) ? false : undefined;
}

function publishCommand(topic: string, payload: string, qos: QoS): string {
  return `AT+MQTTPUB=0,${qos},0,${quote(topic)},${quote(payload)}`;
}

/** True when topic and payload fit into one command of the module (T6). */
export function fitsPublish(topic: string, payload: string, qos: QoS): boolean {
  return publishCommand(topic, payload, qos).length <= MAX_COMMAND;
}
