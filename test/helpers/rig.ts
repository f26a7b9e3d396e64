import { X509Certificate } from 'node:crypto';
import { toReported } from '../../src/azure/plug-and-play.ts';
import type { Twin } from '../../src/azure/twin.ts';
import type { Answers, CommandAnswer, Device, DeviceHost, PropertyAnswer } from '../../src/device/device.ts';
import type { JsonObject, SessionEvent } from '../../src/events.ts';
import type { SessionSettings } from '../../src/session/context.ts';
import { Session } from '../../src/session/session.ts';
import type { State } from '../../src/session/table.ts';
import { createPki } from '../../src/simulator/cloud/pki.ts';
import { ScriptedModem } from './scripted-modem.ts';
import { settle, VirtualClock } from './virtual-clock.ts';

const START = '2026-11-23T12:00:00Z';
export const DEVICE = 'board-1';
export const HUB = 'hub.azure-devices.net';

const pki = await createPki({ hosts: [], now: Date.parse(START) });
const certificate = new X509Certificate((await pki.device(DEVICE)).certificate);

/** A root certificate as PEM. */
export const ROOT_CERTIFICATE = pki.ca;

const SETTINGS: SessionSettings = {
  wifi: { ssid: 'Workshop', passphrase: 'correct horse', security: 'wpa2' },
  ntpServer: 'pool.ntp.org',
  dpsHost: 'dps.example',
  idScope: '0ne1',
  deviceId: null,
  rootCert: null,
  mqttTls: 1,
  mqttPort: 8883,
  count: null,
  qos: 0,
  sampling: true,
  onReboot: 'log',
};

/** A device that says yes to every name but `unknown`, and counts its samples, one every ten seconds. */
export class ScriptedDevice implements Device {
  readonly modelId: string | null = 'dtmi:test:Board;1';
  host: DeviceHost | null = null;
  /** What it reports beside its answers. */
  lacking: JsonObject = {};
  onCommand: (name: string) => Promise<CommandAnswer> = async () => ({ request: null, status: 200, response: 'done' });
  #samples = 0;

  async start(host: DeviceHost): Promise<void> {
    this.host = host;
  }

  beginTelemetry(): void {
    if (this.#samples > 0) return;
    const { host } = this;
    const sample = () => {
      host?.sample({ body: { n: ++this.#samples }, takenAt: host.clock.wall() });
      host?.clock.after(10_000, sample);
    };
    sample();
  }

  sampleNow(): void {
    this.host?.sample({ body: { n: ++this.#samples }, takenAt: this.host.clock.wall() });
  }

  press(): string | null {
    void this.host?.send({ body: { pressed: true }, takenAt: this.host.clock.wall() });
    return null;
  }

  async connected(): Promise<void> {}

  async reconcile({ desired, desiredVersion, reported }: Twin): Promise<Answers> {
    const open = Object.entries(desired).filter(([name]) => !Object.hasOwn(reported, name));
    return this.apply(Object.fromEntries(open), desiredVersion);
  }

  missing(): JsonObject {
    return this.lacking;
  }

  async apply(patch: JsonObject, version: number): Promise<Answers> {
    const known = Object.entries(patch).filter(([name]) => name !== 'unknown');
    const answers = known.map(([name, value]) => ({
      name,
      requested: value,
      ack: { value, ac: 200, av: version },
    }));
    return { answers, unknown: Object.keys(patch).filter((name) => name === 'unknown'), notes: [] };
  }

  toReported(answers: readonly PropertyAnswer[]): JsonObject {
    return Object.assign({}, ...answers.map(({ name, ack }) => toReported(name, ack)));
  }

  command(name: string): Promise<CommandAnswer> {
    return this.onCommand(name);
  }

  readonly messages: { body: string; properties: Record<string, string> }[] = [];

  async message(body: Uint8Array, properties: ReadonlyMap<string, string>): Promise<void> {
    this.messages.push({ body: Buffer.from(body).toString(), properties: Object.fromEntries(properties) });
  }

  async stop(): Promise<void> {}
}

/** One line of what has happened: a state, a call of the modem, or something that was said. */
export interface Line {
  /** Milliseconds since the start. */
  at: number;
  what: string;
}

/** A session between a scripted modem and a scripted device, and all that happens between them, in order. */
export class Rig {
  readonly clock = new VirtualClock(START);
  readonly log: Line[] = [];
  readonly device = new ScriptedDevice();
  readonly events: SessionEvent[] = [];
  /** The modem that was opened last. */
  modem: ScriptedModem;
  /** Called when a state is entered, before its work begins. */
  onState: (state: State, times: number) => void = () => undefined;
  /** Opens the port, the first time and whenever it was lost. */
  openPort: () => ScriptedModem | Promise<never> = () => {
    if (this.#opened) this.modem = this.newModem();
    this.#opened = true;
    return this.modem;
  };
  #opened = false;
  /** The twin at the hub. */
  twin: JsonObject = { desired: { $version: 1 }, reported: { $version: 1 } };
  readonly session: Session;
  readonly #stop = new AbortController();
  readonly #start = this.clock.monotonic();
  ended: Promise<unknown> | null = null;

  /** @param device what is played in place of `this.device` */
  constructor(settings: Partial<SessionSettings> = {}, device?: Device) {
    this.modem = this.newModem();
    const times = new Map<State, number>();
    this.session = new Session({
      settings: { ...SETTINGS, ...settings },
      device: device ?? this.device,
      clock: this.clock,
      random: () => 0.5,
      report: (event) => {
        this.events.push(event);
        if (event.type === 'event') this.#note(`${event.level}: ${event.message}`);
        if (event.type === 'property') this.#note(`property ${event.name} v${event.version} ${event.ac}`);
        if (event.type === 'command') this.#note(`command ${event.name} ${event.status}`);
        if (event.type === 'telemetry') this.#note(`telemetry ${JSON.stringify(event.body)}`);
        if (event.type === 'twin') this.#note('twin');
        if (event.type !== 'state') return;
        const state = event.state as State;
        times.set(state, (times.get(state) ?? 0) + 1);
        this.#note(`state ${state}`);
        this.onState(state, times.get(state) ?? 0);
      },
      openModem: async () => this.openPort(),
    });
  }

  newModem(): ScriptedModem {
    const modem = new ScriptedModem(this.clock, certificate, (call) => this.#note(call));
    modem.script['mqtt.publish'] = (topic, payload) => this.#hub(modem, topic, payload);
    return modem;
  }

  /** Runs the session. @returns what it has thrown, null when nothing */
  run(): Promise<unknown> {
    this.ended ??= this.session.run(this.#stop.signal).then(
      () => null,
      (error: unknown) => error,
    );
    return this.ended;
  }

  async stop(): Promise<void> {
    this.#stop.abort(new Error('the test is over'));
    await this.clock.until(this.run());
  }

  /** Moves time on until a line of the log is as `wanted` says; the index of that line. */
  async until(wanted: (what: string) => boolean, limit = 600_000, from = 0): Promise<number> {
    void this.run();
    await settle();
    let next = from;
    for (const end = this.clock.monotonic() + limit; ; ) {
      for (; next < this.log.length; next++) if (wanted(this.log[next]?.what ?? '')) return next;
      if (this.clock.monotonic() >= end) throw new Error(`not within ${limit} ms:\n${this.text(-30)}`);
      await this.clock.step(end);
    }
  }

  /** Moves time on until a state was entered for the `times`-th time. */
  async state(state: State, times = 1, limit = 600_000): Promise<void> {
    let from = 0;
    for (let n = 0; n < times; n++) from = (await this.until((what) => what === `state ${state}`, limit, from)) + 1;
  }

  /** What has happened from a line on. */
  since(index: number): string[] {
    return this.log.slice(index).map(({ what }) => what);
  }

  /** The states that were entered. */
  states(): string[] {
    return this.log.flatMap(({ what }) => (what.startsWith('state ') ? [what.slice(6)] : []));
  }

  /**
   * Runs until a state has been left that was entered for the `times`-th time.
   * @returns what happened in it, up to the state that followed, each line with the milliseconds since it was entered
   */
  async visit(state: State, times = 1, limit = 600_000): Promise<string[]> {
    let from = 0;
    for (let n = 0; n < times; n++) from = (await this.until((what) => what === `state ${state}`, limit, from)) + 1;
    const left = await this.until((what) => what.startsWith('state '), limit, from);
    const start = this.log[from - 1]?.at ?? 0;
    return this.log.slice(from, left + 1).map(({ at, what }) => `${Math.round(at - start)} ${what}`);
  }

  /** The calls of a kind. */
  calls(prefix: string): Line[] {
    return this.log.filter(({ what }) => what.startsWith(prefix));
  }

  text(from = 0): string {
    return this.log
      .slice(from)
      .map(({ at, what }) => `${at} ${what}`)
      .join('\n');
  }

  /** The hub sends a message, in a moment. */
  send(topic: string, payload: unknown, modem = this.modem, after = 10): void {
    const bytes = Buffer.from(payload === '' ? '' : JSON.stringify(payload));
    this.clock.after(after, () => modem.tell({ type: 'message', topic, payload: bytes }));
  }

  #note(what: string): void {
    this.log.push({ at: this.clock.monotonic() - this.#start, what });
  }

  /** A DPS that assigns at the first poll, and a hub that holds a twin. */
  #hub(modem: ScriptedModem, topic: string, payload: string): boolean {
    const rid = /\$?rid=(\d+)/.exec(topic)?.[1] ?? '';
    if (topic.startsWith('$dps/registrations/PUT')) {
      const body = { operationId: 'op.1', status: 'assigning' };
      this.send(`$dps/registrations/res/202/?$rid=${rid}&retry-after=3`, body, modem);
    } else if (topic.startsWith('$dps/registrations/GET')) {
      const registrationState = { assignedHub: HUB, deviceId: DEVICE, status: 'assigned' };
      this.send(
        `$dps/registrations/res/200/?$rid=${rid}`,
        { operationId: 'op.1', status: 'assigned', registrationState },
        modem,
      );
    } else if (topic.startsWith('$iothub/twin/GET')) {
      this.send(`$iothub/twin/res/200/?$rid=${rid}`, this.twin, modem);
    } else if (topic.startsWith('$iothub/twin/PATCH') && payload !== '') {
      this.send(`$iothub/twin/res/204/?$rid=${rid}&$version=2`, '', modem);
    }
    return true;
  }
}
