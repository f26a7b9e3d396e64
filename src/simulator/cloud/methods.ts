import type { Clock, Timer } from '../../clock.ts';
import type { Json } from '../../json.ts';
import { AzureError } from './azure-error.ts';
import { type DeviceLink, FILTERS } from './device-link.ts';

export interface MethodResult {
  /** What the device put into its answer's topic. */
  status: number;
  /** Null when the answer had no body. */
  response: Json;
}

export interface MethodTimes {
  /** Seconds that the device may take to answer: 5 to 300, 30 by default (Azure 2.5). */
  response?: number;
  /** Seconds to wait for a device that is not there: 0 to 300, 0 by default. */
  connect?: number;
}

const DEFAULT_RESPONSE = 30;
const RESPONSE_RANGE = [5, 300] as const;
const CONNECT_RANGE = [0, 300] as const;
const MAX_IN_FLIGHT = 10;
const MAX_PAYLOAD = 128 * 1024;
/** Anything that can stand in one level of a topic; `component*command` is one (Azure 3.3). */
const NAME = /^[^\s/+#?&=]{1,100}$/;

interface Call {
  timer: Timer;
  resolve: (result: MethodResult) => void;
  reject: (error: AzureError) => void;
}

const notOnline = () =>
  new AzureError(404103, 'The operation failed because the requested device is not online or has not registered.');

function checkTime(name: string, seconds: number, [least, most]: readonly [number, number]): void {
  if (!Number.isFinite(seconds) || seconds < least || seconds > most) {
    throw new AzureError(400004, `The ${name} must be from ${least} to ${most} seconds.`);
  }
}

/** The direct method calls of one device that wait for their answer. */
export class MethodCalls {
  readonly #clock: Clock;
  readonly #calls = new Map<string, Call>();
  readonly #waiting = new Set<() => void>();
  #lastRid = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Calls a method.
   * @param link gives the device's connection at the time of asking.
   * @throws AzureError 404103 when it is not online, 504101 when it does not answer, 404104 when it goes away meanwhile,
   *   403800 when too many calls are under way, 413001 for a request over 128 KB, 400004 for a bad name or times out of range.
   */
  async invoke(
    link: () => DeviceLink | undefined,
    name: string,
    request: Json,
    times: MethodTimes = {},
  ): Promise<MethodResult> {
    const { response = DEFAULT_RESPONSE, connect = 0 } = times;
    checkTime('response time-out', response, RESPONSE_RANGE);
    checkTime('connect time-out', connect, CONNECT_RANGE);
    if (!NAME.test(name)) throw new AzureError(400004, 'The method name is not valid.');
    const payload = JSON.stringify(request);
    if (Buffer.byteLength(payload) > MAX_PAYLOAD) throw new AzureError(413001, 'The request is larger than 128 KB.');
    if (this.#calls.size + this.#waiting.size >= MAX_IN_FLIGHT) {
      throw new AzureError(403800, 'Too many method calls of this device are under way.');
    }
    if (!link()?.listens(FILTERS.methods)) await this.#untilReady(connect);
    this.#lastRid++;
    const rid = this.#lastRid.toString(16);
    const topic = `$iothub/methods/POST/${name}/?$rid=${rid}`;
    // Delivered with quality of service 0, so never twice (Azure 2.2).
    if (link()?.deliver(FILTERS.methods, { topic, payload, atMost: 0 }) === undefined) throw notOnline();
    return new Promise((resolve, reject) => {
      const timer = this.#clock.after(response * 1000, () => {
        this.#calls.delete(rid);
        reject(new AzureError(504101, 'Timed out waiting for the response from device.'));
      });
      this.#calls.set(rid, { timer, resolve, reject });
    });
  }

  /** Takes the device's answer; one that nobody waits for is ignored (Azure 2.5). */
  answer(rid: string, result: MethodResult): void {
    const call = this.#take(rid);
    call?.resolve(result);
  }

  /** The device listens now. */
  ready(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** The device has gone; who waits for its answer learns it at once. */
  disconnected(): void {
    for (const rid of [...this.#calls.keys()]) {
      this.#take(rid)?.reject(new AzureError(404104, 'The device has closed its connection.'));
    }
  }

  #take(rid: string): Call | undefined {
    const call = this.#calls.get(rid);
    this.#calls.delete(rid);
    call?.timer.cancel();
    return call;
  }

  async #untilReady(seconds: number): Promise<void> {
    if (seconds === 0) throw notOnline();
    await new Promise<void>((resolve, reject) => {
      const wake = () => {
        timer.cancel();
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = this.#clock.after(seconds * 1000, () => {
        this.#waiting.delete(wake);
        reject(notOnline());
      });
      this.#waiting.add(wake);
    });
  }
}
