import { parseDesiredPatch, parseTwin, type Twin } from '../../azure/twin.ts';
import { sleep } from '../../clock.ts';
import type { PropertyAnswer } from '../../device/device.ts';
import { mergeMembers } from '../../device/place.ts';
import type { JsonObject } from '../../events.ts';
import type { Modem } from '../../modem/modem.ts';
import type { Assignment } from '../assignment.ts';
import { receives } from '../cloud-gateway.ts';
import type { SessionContext } from '../context.ts';
import { note, warn, warnOversize } from '../report.ts';
import { describe, TwinRequests, type TwinResult } from './twin-requests.ts';

/** Between a loss and the reading of the twin, so that a bad wire is not filled with it. */
const REFRESH_PAUSE = 5_000;
/** What was refreshed longer ago, in milliseconds, is refreshed at once where that is asked for. */
const REFRESH_AGAIN = 60_000;
/** So many requests for the twin in a row go unanswered before the session does without. */
const DOES_WITHOUT = 2;

interface DesiredPatch {
  readonly patch: JsonObject;
  readonly version: number;
}

/** What the twin's owner needs of the connection: its end, and a place in the row of its work. */
export interface Worker {
  readonly signal: AbortSignal;
  enqueue(task: () => Promise<void>): void;
}

/** Keeps device and twin alike over one connection (Azure 3): the twin as it is read, then what changes in it. */
export class TwinSync {
  readonly #context: SessionContext;
  readonly #worker: Worker;
  readonly #requests: TwinRequests;
  readonly #modem: Modem;
  readonly #hub: string;
  /** Patches that came before the twin was dealt with; null from then on. */
  #held: DesiredPatch[] | null = [];
  #refreshing = false;
  /** When the twin was last read again, in milliseconds of the monotonic clock. */
  #refreshedAt = Number.NEGATIVE_INFINITY;
  /** The newest version of the desired properties that was seen; null before the twin was read. */
  #version: number | null = null;

  constructor(context: SessionContext, modem: Modem, { host, deviceId }: Assignment, worker: Worker) {
    this.#context = context;
    this.#worker = worker;
    this.#requests = new TwinRequests(context, modem);
    this.#modem = modem;
    this.#hub = `${host}/${deviceId}`;
  }

  /** Takes the hub's answer to a request. */
  settle(rid: string, result: TwinResult): void {
    this.#requests.settle(rid, result);
  }

  /** A message of `bytes` was larger than the module can receive, and is lost; the twin tells what it asked for. */
  overflow(bytes: number | null): void {
    if (this.#requests.overflow()) return;
    warnOversize(this.#context.report, bytes, receives(this.#modem, this.#context.gateway));
    const { clock } = this.#context;
    this.refresh(clock.monotonic() - this.#refreshedAt > REFRESH_AGAIN ? 0 : REFRESH_PAUSE);
  }

  /** Sends the smallest message that changes nothing. */
  touch(): Promise<void> {
    return this.#requests.touch(this.#worker.signal);
  }

  /**
   * Reads the twin.
   * @returns null, after a warning, when it cannot be had and the session goes on without it; `unanswered` when nothing
   * came, which may mean that the subscription to the answers is gone: then all are to be made again
   */
  async read(): Promise<Twin | null | 'unanswered'> {
    const { twins, report } = this.#context;
    const tooLarge = `is larger than the ${receives(this.#modem, this.#context.gateway)} bytes that the module can receive`;
    if (twins.isOversize(this.#hub)) return this.#without(tooLarge);
    const answer = await this.#requests.read(this.#worker.signal);
    if (answer === null) {
      if (twins.addUnanswered() >= DOES_WITHOUT) return this.#without('did not come');
      this.#modem.mqtt.forgetSubscriptions();
      return 'unanswered';
    }
    twins.addAnswer();
    if (answer === 'overflow') {
      twins.addOversize(this.#hub);
      return this.#without(tooLarge);
    }
    if (answer.status !== 200) return this.#without(`cannot be read: ${describe(answer)}`);
    const twin = parseTwin(answer.payload);
    if ('malformed' in twin) return this.#without(`cannot be understood (${twin.malformed})`);
    report({ type: 'twin', desired: twin.desired, reported: twin.reported });
    this.#version = Math.max(this.#version ?? 0, twin.desiredVersion);
    return twin;
  }

  /**
   * Answers what the twin asks for and has no answer to, reports what it lacks, then takes what came meanwhile.
   * @param ready called when the device knows what the twin asks for, before anything is reported
   */
  async adopt(twin: Twin | null, ready: () => void = () => undefined): Promise<void> {
    const { device, report } = this.#context;
    let answered: JsonObject = {};
    if (twin) {
      const { answers, unknown, notes } = await device.reconcile(twin);
      for (const text of notes) note(report, text);
      for (const name of unknown) {
        warn(report, `The twin holds "${name}", which this device does not have; it is ignored`);
      }
      this.#tell(answers);
      answered = device.toReported(answers);
    }
    ready();
    await this.#requests.report(mergeMembers(answered, device.missing()), this.#worker.signal);
    const held = this.#held ?? [];
    this.#held = null;
    for (const patch of held) this.#worker.enqueue(() => this.#apply(patch));
  }

  /** Takes a change of the desired properties. */
  receive(payload: Buffer, topicVersion: number | null): void {
    const parsed = parseDesiredPatch(payload, topicVersion);
    if ('malformed' in parsed) {
      warn(this.#context.report, `A property update cannot be understood (${parsed.malformed}); it is ignored`);
      return;
    }
    if (this.#version !== null && parsed.version > this.#version + 1) this.refresh();
    this.#version = Math.max(this.#version ?? 0, parsed.version);
    if (this.#held) this.#held.push(parsed);
    else this.#worker.enqueue(() => this.#apply(parsed));
  }

  /** Reports members that the device has changed by itself. */
  report(members: JsonObject): void {
    this.#worker.enqueue(() => this.#requests.report(members, this.#worker.signal));
  }

  /** A message was lost on its way: the twin is read again, since it tells what was asked for. */
  refresh(pause = REFRESH_PAUSE): void {
    if (this.#refreshing || this.#held) return;
    this.#refreshing = true;
    const { signal } = this.#worker;
    const work = async () => {
      await sleep(this.#context.clock, pause, signal);
      this.#refreshedAt = this.#context.clock.monotonic();
      this.#held = [];
      const twin = await this.read();
      if (twin === 'unanswered') this.#context.raise('unanswered');
      else await this.adopt(twin);
    };
    work()
      .catch((error: unknown) => {
        if (!signal.aborted) this.#context.fail(error);
      })
      .finally(() => {
        this.#refreshing = false;
      });
  }

  async #apply({ patch, version }: DesiredPatch): Promise<void> {
    const { device, report } = this.#context;
    note(report, `$version = ${version}`);
    const { answers, unknown, notes } = await device.apply(patch, version);
    for (const name of unknown) warn(report, `This device has no writable property "${name}"; it is ignored`);
    this.#tell(answers);
    for (const text of notes) note(report, text);
    await this.#requests.report(device.toReported(answers), this.#worker.signal);
  }

  /** Says what has become of desired values. */
  #tell(answers: readonly PropertyAnswer[]): void {
    const { report } = this.#context;
    for (const { name, requested, ack } of answers) {
      const { value, av, ac, ad } = ack;
      if (ad !== undefined) note(report, ad);
      report({ type: 'property', name, value, requested, version: av, ac, ...(ad !== undefined && { ad }) });
    }
  }

  #without(why: string): null {
    warn(this.#context.report, `The device twin ${why}; going on without it`);
    return null;
  }
}
