import { setMaxListeners } from 'node:events';
import { hubUserName } from '../azure/credentials.ts';
import { asciiJson } from '../azure/json.ts';
import { toReported } from '../azure/plug-and-play.ts';
import { methodResponseTopic, parseHubTopic } from '../azure/topics.ts';
import { parseDesiredPatch, type Twin } from '../azure/twin.ts';
import { sleep } from '../clock.ts';
import { handleCommand } from '../device/commands.ts';
import type { PropertyAnswer } from '../device/properties.ts';
import type { JsonObject } from '../events.ts';
import { Expectation } from '../expectation.ts';
import type { Context } from './context.ts';
import { note, warn } from './report.ts';
import { TwinClient } from './twin-client.ts';

interface DesiredPatch {
  patch: JsonObject;
  version: number;
}

/** A connection that ends sooner, in milliseconds, was hardly one. */
const SHORT_LIVED = 30_000;

/** Between a loss and the reading of the twin, so that a bad wire is not filled with it. */
const REFRESH_PAUSE = 5_000;

/** What the module's keep-alive is by default, in milliseconds (AT protocol 8.1). */
const KEEP_ALIVE = 60_000;

/**
 * The device at its hub: what DPS has assigned, and the answers to what the cloud asks. It lives as long as the
 * assignment; between `serve` and `suspend` there is a connection.
 */
export class HubClient {
  readonly host: string;
  readonly deviceId: string;
  readonly userName: string;
  readonly #context: Context;
  readonly #twinClient: TwinClient;
  /** Ends all work for the present connection. */
  #connection = new AbortController();
  /** The work for the cloud's messages, one after another. */
  #work: Promise<void> = Promise.resolve();
  #twin: Twin | null = null;
  /** Patches that came before the twin was dealt with; null from then on. */
  #held: DesiredPatch[] | null = [];
  #refreshing = false;
  #servedSince = 0;
  /** How many connections in a row have ended soon after they were made. */
  shortLived = 0;
  /** Of the desired properties that were seen last; null before the twin was read. */
  #version: number | null = null;
  #onNewInterval: (() => void) | null = null;

  constructor(context: Context, assignment: { host: string; deviceId: string }) {
    this.#context = context;
    // There is none yet.
    this.#connection.abort();
    this.host = assignment.host;
    this.deviceId = assignment.deviceId;
    this.#twinClient = new TwinClient(context);
    const full = hubUserName(this.host, this.deviceId, context.settings.modelId);
    // IoT Central knows the model from the registration; a plain hub then goes without (AT protocol 8.6, Azure 2.1).
    this.userName = full.length <= context.modem.limits.userName ? full : hubUserName(this.host, this.deviceId);
  }

  /** A new connection begins: the hub's messages are taken. */
  serve(): void {
    this.suspend();
    this.#servedSince = this.#context.clock.monotonic();
    this.#connection = new AbortController();
    // Every unconfirmed report listens to it, and there may be many.
    setMaxListeners(0, this.#connection.signal);
    this.#twin = null;
    this.#version = null;
    this.#held = [];
  }

  /** The connection has ended: its unfinished work is dropped, since the next twin tells what is still to do. */
  suspend(): void {
    if (this.#connection.signal.aborted) return;
    const short = this.#context.clock.monotonic() - this.#servedSince < SHORT_LIVED;
    this.shortLived = short ? this.shortLived + 1 : 0;
    this.#connection.abort(new Error('the connection to the hub has ended'));
  }

  /** Takes a message of the hub. */
  receive(topic: string, payload: Buffer): void {
    const parsed = parseHubTopic(topic);
    const { report } = this.#context;
    if (parsed?.kind === 'method') note(report, 'received command from IoT Central');
    if (parsed?.kind === 'desired') note(report, 'property updated from IoT Central');
    report({ type: 'message', topic, payload: payload.toString('utf8') });
    if (parsed?.kind === 'method')
      this.#enqueue((signal) => this.#answerCommand(parsed.name, parsed.rid, payload, signal));
    if (parsed?.kind === 'desired') this.#takePatch(payload, parsed.version);
    this.#enqueue((signal) => this.#keepAlive(signal));
  }

  /** A message was lost on its way: the twin is read anew, since it tells what was asked for. */
  refresh(): void {
    if (this.#refreshing || this.#held) return;
    this.#refreshing = true;
    const { signal } = this.#connection;
    const work = async () => {
      await sleep(this.#context.clock, REFRESH_PAUSE, signal);
      this.#held = [];
      await this.readTwin(signal);
      await this.reportProperties(signal);
    };
    work()
      .catch((error: unknown) => {
        if (!signal.aborted) this.#context.fail(error);
      })
      .finally(() => {
        this.#refreshing = false;
      });
  }

  /**
   * The module sends no ping while it receives (T17), so a message that leads to no answer must lead to another one,
   * or the hub closes the connection after one and a half times the keep-alive.
   */
  async #keepAlive(signal: AbortSignal): Promise<void> {
    const { modem, clock } = this.#context;
    if (clock.monotonic() - modem.mqtt.lastSent > KEEP_ALIVE / 3) await this.#twinClient.touch(signal);
  }

  /** Reads the twin and adopts what it holds. */
  async readTwin(signal: AbortSignal): Promise<void> {
    const twin = await this.#twinClient.read(signal);
    this.#twin = twin;
    if (twin === null) return;
    this.#version = twin.desiredVersion;
    const { report } = this.#context;
    report({ type: 'twin', desired: twin.desired, reported: twin.reported });
  }

  /** Answers what the twin wants and has no answer to, reports what it lacks, then what came meanwhile. */
  async reportProperties(signal: AbortSignal): Promise<void> {
    const { properties, report, network } = this.#context;
    const ipAddress = network?.ip ?? null;
    const members: JsonObject = {};
    if (this.#twin) {
      const { answers, defaults, unknown } = properties.reconcile(this.#twin);
      if ('telemetryInterval' in this.#twin.desired) {
        note(report, `telemetryInterval set to ${properties.telemetryInterval} based on Device Twin State`);
      }
      for (const name of unknown)
        warn(report, `The twin holds "${name}", which this device does not have; it is ignored`);
      for (const answer of answers) this.#answer(answer, members);
      for (const { name, ack } of defaults) Object.assign(members, toReported(name, ack));
    }
    if (ipAddress !== null && this.#twin?.reported['ipAddress'] !== ipAddress) members['ipAddress'] = ipAddress;
    await this.#twinClient.report(members, signal);
    const held = this.#held ?? [];
    this.#held = null;
    for (const patch of held) this.#enqueue((now) => this.#applyPatch(patch, now));
  }

  /** Waits until the time that `due` tells, in milliseconds since 1970, also when a new interval changes it. */
  async untilDue(due: () => number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#context;
    for (let wait = due() - clock.monotonic(); wait > 0; wait = due() - clock.monotonic()) {
      const changed = new Expectation<void, true>(
        (listener) => {
          this.#onNewInterval = listener;
          return () => {
            this.#onNewInterval = null;
          };
        },
        () => true,
      );
      await changed.within(clock, wait, signal);
    }
  }

  #enqueue(task: (signal: AbortSignal) => Promise<void>): void {
    const { signal } = this.#connection;
    this.#work = this.#work.then(async () => {
      if (signal.aborted) return;
      try {
        await task(signal);
      } catch (error) {
        if (!signal.aborted) this.#context.fail(error);
      }
    });
  }

  async #answerCommand(name: string, rid: string, payload: Buffer, signal: AbortSignal): Promise<void> {
    const { modem, report, settings } = this.#context;
    const { request, status, response, effect } = handleCommand(name, payload);
    if (effect?.kind === 'reboot') note(report, `execute reboot(${effect.delaySeconds})`);
    if (effect?.kind === 'message') note(report, `message from IoT Central: ${effect.text}`);
    const topic = methodResponseTopic(status, rid);
    const body = asciiJson(response);
    if (modem.mqtt.excess(topic, body, 0)) {
      warn(report, `The command "${name}" cannot be answered: its request id is too long for the module`);
      return;
    }
    await modem.mqtt.publish(topic, body, 0, signal);
    report({ type: 'command', name, request, status, response });
    if (effect?.kind === 'reboot' && settings.onReboot === 'restart') this.#restartAfter(effect.delaySeconds, signal);
  }

  #restartAfter(seconds: number, signal: AbortSignal): void {
    const { clock } = this.#context;
    sleep(clock, 1000 * seconds, signal).then(
      () => this.#context.raise('restart'),
      () => undefined,
    );
  }

  #takePatch(payload: Buffer, topicVersion: number | null): void {
    const parsed = parseDesiredPatch(payload, topicVersion);
    if ('malformed' in parsed) {
      warn(this.#context.report, `A property update cannot be understood (${parsed.malformed}); it is ignored`);
      return;
    }
    if (this.#version !== null && parsed.version > this.#version + 1) this.refresh();
    this.#version = parsed.version;
    if (this.#held) this.#held.push(parsed);
    else this.#enqueue((signal) => this.#applyPatch(parsed, signal));
  }

  async #applyPatch({ patch, version }: DesiredPatch, signal: AbortSignal): Promise<void> {
    const { properties, report } = this.#context;
    const interval = properties.telemetryInterval;
    note(report, `$version = ${version}`);
    const members: JsonObject = {};
    for (const [name, requested] of Object.entries(patch)) {
      const result = properties.apply(name, requested, version);
      if (result.kind === 'unknown') warn(report, `This device has no writable property "${name}"; it is ignored`);
      if (result.kind === 'answer') this.#answer(result.answer, members);
    }
    if (properties.telemetryInterval !== interval) {
      this.#onNewInterval?.();
      note(report, 'Temperature sensor telemetry updating at the new telemetry interval\nCheck Raw Data tab to verify');
    }
    await this.#twinClient.report(members, signal);
  }

  /** Tells what has become of one desired property, and adds the acknowledgement to what is reported. */
  #answer({ name, requested, ack }: PropertyAnswer, members: JsonObject): void {
    const { report } = this.#context;
    Object.assign(members, toReported(name, ack));
    if (ack.ad !== undefined) note(report, ack.ad);
    report({ type: 'property', name, value: ack.value, requested, version: ack.av, ac: ack.ac });
  }
}
