import { asciiJson } from '../azure/json.ts';
import { packMembers } from '../azure/packing.ts';
import { parseServiceError } from '../azure/service-error.ts';
import { parseHubTopic, reportedTopic, twinGetTopic } from '../azure/topics.ts';
import { parseTwin, type Twin } from '../azure/twin.ts';
import { sleep } from '../clock.ts';
import type { JsonObject } from '../events.ts';
import type { Context } from './context.ts';
import { warn } from './report.ts';

const ANSWER_TIMEOUT = 30_000;
const ATTEMPTS = 4;
const FIRST_PAUSE = 1_000;
/** Request ids have three digits at most, so that no topic outgrows the module (T13). */
const LAST_RID = 999;
const TOO_MANY_REQUESTS = 429;

interface Request {
  topic(rid: string): string;
  payload: string;
  /** How often it may stay unanswered before that is the result. */
  silences: number;
  /** Called when the module has taken it. */
  onAccepted?: () => void;
}

interface Result {
  status: number;
  payload: Buffer;
}

/** Null: there was none in time. Overflow: something came, and the module could not hold it (T18). */
type Answer = Result | 'overflow' | null;

/** Requests to the device twin (Azure 2.4): the document, and changes to its reported part. */
export class TwinClient {
  readonly #context: Context;
  #rid = 0;
  #tooLarge = false;

  constructor(context: Context) {
    this.#context = context;
  }

  /** Reads the twin. @returns null, after a warning, when it cannot be had; the session goes on without it */
  async read(signal: AbortSignal): Promise<Twin | null> {
    if (this.#tooLarge) {
      this.#without('is larger than the 1500 bytes that the module can receive');
      return null;
    }
    const result = await this.#ask({ topic: twinGetTopic, payload: '', silences: 2 }, signal);
    if (result === 'overflow') {
      // The connection may break of it, so it is not tried again with every new one (T18).
      this.#tooLarge = true;
      this.#without('is larger than the 1500 bytes that the module can receive');
      return null;
    }
    if (result?.status !== 200) {
      this.#without(result === null ? 'did not come' : `cannot be read: ${describe(result)}`);
      return null;
    }
    const twin = parseTwin(result.payload);
    if ('desired' in twin) return twin;
    this.#without(`cannot be understood (${twin.malformed})`);
    return null;
  }

  #without(why: string): void {
    warn(this.#context.report, `The device twin ${why}; going on without it`);
  }

  /**
   * Reports members of the twin, in as few messages as fit the module's command. Returns when the module has
   * accepted them; what the hub says to them is awaited beside, and reported when it is no success.
   */
  async report(members: JsonObject, signal: AbortSignal): Promise<void> {
    const fits = (json: string) => this.#context.modem.mqtt.excess(reportedTopic(String(LAST_RID)), json, 0) === null;
    const { patches, tooLarge } = packMembers(members, fits);
    for (const name of tooLarge) warn(this.#context.report, `"${name}" is too long for the module and is not reported`);
    for (const patch of patches) await this.#patch(patch, signal);
  }

  /** Sends the smallest message that changes nothing. */
  async touch(signal: AbortSignal): Promise<void> {
    await this.#context.modem.mqtt.publish(reportedTopic(this.#nextRid()), '{}', 0, signal);
  }

  #nextRid(): string {
    this.#rid = (this.#rid % LAST_RID) + 1;
    return String(this.#rid);
  }

  #patch(patch: JsonObject, signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const request = { topic: reportedTopic, payload: asciiJson(patch), silences: ATTEMPTS, onAccepted: resolve };
      this.#ask(request, signal).then((result) => {
        resolve();
        if (isResult(result) && result.status >= 200 && result.status < 300) return;
        const what = isResult(result) ? describe(result) : 'nothing';
        warn(this.#context.report, `The hub answered ${what} to the reported ${Object.keys(patch).join(', ')}`);
      }, reject);
    });
  }

  /** Sends a request and awaits its result; after a failure that may pass again, with growing pauses (Azure 2.4). */
  async #ask({ topic, payload, silences, onAccepted }: Request, signal: AbortSignal): Promise<Answer> {
    const { modem, clock, random } = this.#context;
    for (let attempt = 1; ; attempt++) {
      const rid = this.#nextRid();
      const answer = modem.expect<Exclude<Answer, null>>((seen) => {
        if (seen.type === 'overflow') return 'overflow';
        if (seen.type !== 'message') return undefined;
        const parsed = parseHubTopic(seen.topic);
        if (parsed?.kind !== 'twin-result' || parsed.rid !== rid) return undefined;
        return { status: parsed.status, payload: seen.payload };
      });
      try {
        const accepted = await modem.mqtt.publish(topic(rid), payload, 0, signal);
        if (accepted) onAccepted?.();
        const result = await answer.within(clock, accepted ? ANSWER_TIMEOUT : 0, signal);
        if (result === 'overflow') return result;
        const mayPass = result === null ? attempt < silences : isPassing(result.status) && attempt < ATTEMPTS;
        if (!mayPass) return result;
      } finally {
        answer.cancel();
      }
      await sleep(clock, FIRST_PAUSE * 2 ** (attempt - 1) * (1 + random()), signal);
    }
  }
}

function isResult(answer: Answer): answer is Result {
  return answer !== null && answer !== 'overflow';
}

function isPassing(status: number): boolean {
  return status === TOO_MANY_REQUESTS || status >= 500;
}

/** A refusal of the hub in words: its status, and what its body says. */
function describe({ status, payload }: Result): string {
  const { message } = parseServiceError(payload);
  return message === null ? String(status) : `${status}, ${message}`;
}
