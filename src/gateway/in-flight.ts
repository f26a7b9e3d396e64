import { packetId, type RawPacket, readPublish, TYPE } from './packets.ts';

/** What is not answered within so many milliseconds never will be. */
const FORGOTTEN_AFTER = 60_000;
/** Of what never is, no more than so much is remembered. */
const REMEMBERED = 256;
/** So long nothing has to pass before a moment counts as idle. */
const QUIET = 1_000;

const REQUEST_ID = /[?&]\$?rid=([^&]*)/;
/** Topics of requests, and of their answers, by what asks: the board (twin, DPS) or the cloud (methods). */
const FROM_BOARD = /^\$(?:iothub\/twin\/(?:GET|PATCH)|dps\/registrations\/(?:PUT|GET))\//;
const TO_BOARD = /^\$(?:iothub\/twin|dps\/registrations)\/res\//;
const METHOD = /^\$iothub\/methods\/POST\//;
const METHOD_ANSWER = /^\$iothub\/methods\/res\//;

/** Knows what is still to be answered on a connection, by whichever side: while something is, it must not be ended. */
export class InFlight {
  /** When each has begun, by what it is. */
  readonly #open = new Map<string, number>();
  #lastPassed = Number.NEGATIVE_INFINITY;

  /** A packet has passed from the board to the cloud. @param now milliseconds, on the monotonic clock */
  up(packet: RawPacket, now: number): void {
    this.#lastPassed = now;
    switch (packet.type) {
      case TYPE.subscribe:
      case TYPE.unsubscribe:
        this.#begin(`up ${packetId(packet)}`, now);
        break;
      case TYPE.pingreq:
        this.#begin('ping', now);
        break;
      case TYPE.puback:
      case TYPE.pubcomp:
        this.#open.delete(`down ${packetId(packet)}`);
        break;
      case TYPE.publish: {
        const { qos = 0, id = 0, topic = '' } = readPublish(packet) ?? {};
        if (qos > 0) this.#begin(`up ${id}`, now);
        if (FROM_BOARD.test(topic)) this.#request('request', topic, now);
        if (METHOD_ANSWER.test(topic)) this.#answer('method', topic);
      }
    }
  }

  /** A packet has passed from the cloud to the board. */
  down(packet: RawPacket, now: number): void {
    this.#lastPassed = now;
    switch (packet.type) {
      case TYPE.suback:
      case TYPE.unsuback:
      case TYPE.puback:
      case TYPE.pubcomp:
        this.#open.delete(`up ${packetId(packet)}`);
        break;
      case TYPE.pingresp:
        this.#open.delete('ping');
        break;
      case TYPE.publish: {
        const { qos = 0, id = 0, topic = '' } = readPublish(packet) ?? {};
        if (qos > 0) this.#begin(`down ${id}`, now);
        if (METHOD.test(topic)) this.#request('method', topic, now);
        if (TO_BOARD.test(topic)) this.#answer('request', topic);
      }
    }
  }

  /** Whether nothing is to be answered, and nothing has passed for a moment. */
  isIdle(now: number): boolean {
    for (const [what, since] of this.#open) if (now - since >= FORGOTTEN_AFTER) this.#open.delete(what);
    return this.#open.size === 0 && now - this.#lastPassed >= QUIET;
  }

  /** How long a PINGREQ has been waiting for its answer, in milliseconds; 0 where none is. */
  pingWaits(now: number): number {
    const since = this.#open.get('ping');
    return since === undefined ? 0 : now - since;
  }

  /** A request without an id has no answer that could be told apart (Azure 2.6). */
  #request(kind: string, topic: string, now: number): void {
    const id = REQUEST_ID.exec(topic)?.[1];
    if (id !== undefined && /[?&]\$rid=/.test(topic)) this.#begin(`${kind} ${id}`, now);
  }

  #begin(what: string, now: number): void {
    const [oldest] = this.#open.keys();
    if (this.#open.size >= REMEMBERED && oldest !== undefined) this.#open.delete(oldest);
    this.#open.set(what, now);
  }

  #answer(kind: string, topic: string): void {
    this.#open.delete(`${kind} ${REQUEST_ID.exec(topic)?.[1] ?? ''}`);
  }
}
