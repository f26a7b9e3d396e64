import { asciiJson } from '../../azure/json.ts';
import { packMembers } from '../../azure/packing.ts';
import { parseServiceError } from '../../azure/service-error.ts';
import { reportedTopic, twinGetTopic } from '../../azure/topics.ts';
import { sleep } from '../../clock.ts';
import type { JsonObject } from '../../events.ts';
import { Expectation } from '../../expectation.ts';
import type { Modem } from '../../modem/modem.ts';
import type { SessionContext } from '../context.ts';
import { warn } from '../report.ts';
import { NewestMembers } from './newest-members.ts';

const ANSWER_TIMEOUT = 30_000;
const ATTEMPTS = 4;
const READ_SILENCES = 2;
const FIRST_PAUSE = 1_000;
/** Request ids have three digits at most, so that no topic outgrows the module (T13). */
const LAST_RID = 999;
const TOO_MANY_REQUESTS = 429;

/** The hub's answer to a request. */
export interface TwinResult {
  readonly status: number;
  readonly payload: Buffer;
}

/** Null: there was no answer in time. Overflow: it came, and the module could not hold it (T18). */
export type TwinAnswer = TwinResult | 'overflow' | null;

interface Request {
  topic(rid: string): string;
  /** The payload of an attempt; null when there is nothing left to ask. */
  payload(): string | null;
  /** How often it may stay unanswered before that is the result. */
  silences: number;
  /** It asks for the twin itself. */
  isRead?: boolean;
  /** Called when the module has taken it. */
  onAccepted?: () => void;
}

type Settle = (answer: Exclude<TwinAnswer, null>) => void;

interface Open {
  readonly settle: Settle;
  /** Its answer may be larger than the module can receive. */
  readonly isRead: boolean;
}

/** Requests to the device twin over one connection (Azure 2.4): the document, and changes to its reported part. */
export class TwinRequests {
  readonly #context: SessionContext;
  readonly #modem: Modem;
  /** Requests whose answer is still to come, by request id. */
  readonly #open = new Map<string, Open>();
  readonly #newest = new NewestMembers();
  #rid = 0;

  constructor(context: SessionContext, modem: Modem) {
    this.#context = context;
    this.#modem = modem;
  }

  /** Takes an answer of the hub; one to a request that was given up is dropped. */
  settle(rid: string, result: TwinResult): void {
    this.#open.get(rid)?.settle(result);
  }

  /** A message was larger than the module can receive. @returns whether it can have been the twin */
  overflow(): boolean {
    const reads = [...this.#open.values()].filter(({ isRead }) => isRead);
    for (const { settle } of reads) settle('overflow');
    return reads.length > 0;
  }

  /** Asks for the twin. */
  read(signal: AbortSignal): Promise<TwinAnswer> {
    return this.#ask({ topic: twinGetTopic, payload: () => '', silences: READ_SILENCES, isRead: true }, signal);
  }

  /**
   * Reports members of the twin, in as few messages as fit the module's command. Returns when the module has
   * accepted them; what the hub says to them is awaited beside, and reported when it is no success.
   */
  async report(members: JsonObject, signal: AbortSignal): Promise<void> {
    const fits = (json: string) => this.#modem.mqtt.excess(reportedTopic(String(LAST_RID)), json, 0) === null;
    const { patches, tooLarge } = packMembers(members, fits);
    for (const name of tooLarge) {
      warn(this.#context.report, `"${name}" is too long for one command of the module and is not reported`);
    }
    for (const patch of patches) await this.#patch(patch, signal);
  }

  /** Sends the smallest message that changes nothing. */
  async touch(signal: AbortSignal): Promise<void> {
    await this.#modem.mqtt.publish(reportedTopic(this.#nextRid()), '{}', 0, signal);
  }

  #nextRid(): string {
    this.#rid = (this.#rid % LAST_RID) + 1;
    return String(this.#rid);
  }

  #patch(patch: JsonObject, signal: AbortSignal): Promise<void> {
    const members = this.#newest.claim(patch);
    const payload = () => {
      const left = members.remaining();
      return left === null ? null : asciiJson(left);
    };
    return new Promise((resolve, reject) => {
      const onAccepted = () => {
        const body = members.remaining();
        if (body !== null) this.#context.report({ type: 'reported', body });
        resolve();
      };
      this.#ask({ topic: reportedTopic, payload, silences: ATTEMPTS, onAccepted }, signal).then((answer) => {
        resolve();
        if (members.remaining() === null || (isResult(answer) && isSuccess(answer.status))) return;
        const what = isResult(answer) ? describe(answer) : 'nothing';
        warn(this.#context.report, `The hub answered ${what} to the reported ${Object.keys(patch).join(', ')}`);
      }, reject);
    });
  }

  /** Sends a request and awaits its answer; after a failure that may pass again, with growing pauses (Azure 2.4). */
  async #ask(
    { topic, payload, silences, isRead = false, onAccepted }: Request,
    signal: AbortSignal,
  ): Promise<TwinAnswer> {
    const { clock, random } = this.#context;
    for (let attempt = 1; ; attempt++) {
      const text = payload();
      if (text === null) return null;
      const rid = this.#nextRid();
      const answer = this.#expect(rid, isRead);
      try {
        const accepted = await this.#modem.mqtt.publish(topic(rid), text, 0, signal);
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

  #expect(rid: string, isRead: boolean): Expectation<Exclude<TwinAnswer, null>, Exclude<TwinAnswer, null>> {
    return new Expectation(
      (settle) => {
        const request = { settle, isRead };
        this.#open.set(rid, request);
        return () => {
          // Request ids begin anew some time, and this one may belong to another request by then.
          if (this.#open.get(rid) === request) this.#open.delete(rid);
        };
      },
      (answer) => answer,
    );
  }
}

function isResult(answer: TwinAnswer): answer is TwinResult {
  return answer !== null && answer !== 'overflow';
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

function isPassing(status: number): boolean {
  return status === TOO_MANY_REQUESTS || status >= 500;
}

/** A refusal of the hub in words: its status, and what its body says. */
export function describe({ status, payload }: TwinResult): string {
  const { message } = parseServiceError(payload);
  return message === null ? String(status) : `${status}, ${message}`;
}
