import type { Twin } from '../azure/twin.ts';
import type { Json, JsonObject } from '../events.ts';
import { type Button, isButton } from './button.ts';
import { type CallParts, createContext } from './context.ts';
import type { DeviceContext, DeviceDefinition, PropertyDefinition } from './define.ts';
import { INTERVAL } from './definition.ts';
import { DesiredProperties, type SetResult, type WritableProperty } from './desired-properties.ts';
import type { Answers, CommandAnswer, Device, DeviceHost, PropertyAnswer, Sample } from './device.ts';
import { invoke } from './invoke.ts';
import { mergeMembers, type Place, parsePlace, placeKey } from './place.ts';
import { ReportedProperties } from './reported-properties.ts';
import { Sampler } from './sampler.ts';
import { type DeviceSchema, type PropertySchema, propertySchema } from './schema.ts';
import { sentenceOf, UserCode, type UserCodeOptions } from './user-code.ts';

const REFUSED = 400;
const FAILED = 500;
/** Seconds; a command's caller waits for 30 by default (Azure 2.5). */
const TIMEOUT = 25;

export interface DeviceOptions {
  /** What a person asks for goes before the definition's: seconds between telemetry messages, 1 to 86400. */
  readonly interval?: number | null;
  /** The definition's model; without one nothing is checked. */
  readonly schema?: DeviceSchema | null;
  /** What is pressed where the definition has no telemetry of a button. */
  readonly button?: Button | null;
  /** Seconds that a handler has; 25 by default. */
  readonly timeout?: number;
  /** Where a handler stands, as `file:line`; null where that cannot be told. */
  readonly locate?: (handler: unknown) => string | null;
}

const NO_BUTTON = 'The device has no button: no telemetry of its is called button_event, buttonEvent or buttonPress';

/** Makes a definition into the device that a session plays. */
export function createDevice(definition: DeviceDefinition, options: DeviceOptions = {}): Device {
  return new DefinedDevice(definition, options);
}

/** What a device consists of once it is known who it is. */
interface Parts {
  readonly host: DeviceHost;
  readonly code: UserCode;
  readonly sampler: Sampler;
  /** For one call, or for as long as the device lives. */
  readonly context: (call?: CallParts) => DeviceContext;
  /** Null until the device has started. */
  desired: DesiredProperties | null;
}

class DefinedDevice implements Device {
  readonly modelId: string | null;
  readonly #definition: DeviceDefinition;
  readonly #options: DeviceOptions;
  readonly #reported = new ReportedProperties();
  /** Whether reports are sent as they come; between a connect and `missing` that tells them. */
  #reporting = false;
  /** The reported properties of the twin that was reconciled. */
  #shown: JsonObject = {};
  #address: string | null = null;
  #parts: Parts | null = null;
  #starting: Promise<void> = Promise.resolve();

  constructor(definition: DeviceDefinition, options: DeviceOptions) {
    this.#definition = definition;
    this.#options = options;
    const { model } = definition;
    this.modelId = typeof model === 'string' ? model : (options.schema?.id ?? null);
  }

  start(host: DeviceHost): Promise<void> {
    if (this.#parts) throw new Error('the device was started before');
    const parts = this.#assemble(host);
    this.#parts = parts;
    this.#starting = this.#begin(parts);
    return this.#starting;
  }

  beginTelemetry(): void {
    this.#started.sampler.begin();
  }

  sampleNow(): void {
    this.#started.sampler.sampleNow((key) => !isButtonKey(key));
  }

  press(): string | null {
    const { sampler, host } = this.#started;
    const own = Object.keys(this.#definition.telemetry ?? {}).find(isButtonKey);
    if (own !== undefined && sampler.sendNow(own)) return null;
    const { button } = this.#options;
    if (!button) return NO_BUTTON;
    const { place, press } = button;
    const { name, component } = place;
    const sample: Sample = { body: { [name]: press() }, takenAt: host.clock.wall() };
    host.send(component === undefined ? sample : { ...sample, component }).catch((error: unknown) => {
      host.warn(`The press of the button was not sent: ${sentenceOf(error)}`);
    });
    return null;
  }

  connected(address: string | null): void {
    const { code, context } = this.#started;
    this.#address = address;
    this.#reporting = false;
    const handler = this.#definition.connected;
    if (handler) code.launch('"connected"', handler, () => handler.call(this.#definition, context()));
  }

  async reconcile(twin: Twin): Promise<Answers> {
    this.#reporting = false;
    this.#shown = twin.reported;
    return (await this.#desired()).reconcile(twin);
  }

  missing(): JsonObject {
    this.#reporting = true;
    const defaults = this.#started.desired?.takeDefaults() ?? {};
    const members = mergeMembers(defaults, this.#reported.missing(this.#shown));
    // On the next connection it may be another, or not readable.
    this.#shown = {};
    return members;
  }

  async apply(patch: JsonObject, version: number): Promise<Answers> {
    return (await this.#desired()).apply(patch, version);
  }

  toReported(answers: readonly PropertyAnswer[]): JsonObject {
    return this.#started.desired?.toReported(answers) ?? {};
  }

  async command(name: string, payload: Uint8Array): Promise<CommandAnswer> {
    await this.#starting;
    const { code, context, host } = this.#started;
    return invoke(
      this.#definition.commands ?? {},
      { name, payload },
      { code, context: (late) => context({ signal: eitherOf(code, late), log: (message) => host.note(message) }) },
    );
  }

  async message(body: Uint8Array, properties: ReadonlyMap<string, string>): Promise<void> {
    await this.#starting;
    const handler = this.#definition.onMessage;
    if (handler)
      await this.#run('"onMessage"', handler, (context) => handler.call(this.#definition, body, properties, context));
  }

  async stop(): Promise<void> {
    if (!this.#parts) return;
    const { code, sampler, host } = this.#parts;
    if (code.signal.aborted) return;
    sampler.stop();
    code.stop();
    const handler = this.#definition.stop;
    if (!handler) return;
    const last = new UserCode({ ...this.#codeOptions(host) });
    const outcome = await last.run('"stop"', handler, () => handler.call(this.#definition));
    if (outcome.kind !== 'done') last.warn(outcome.message);
  }

  get #started(): Parts {
    if (!this.#parts) throw new Error('the device has not been started');
    return this.#parts;
  }

  async #desired(): Promise<DesiredProperties> {
    await this.#starting;
    const { desired } = this.#started;
    if (!desired) throw new Error('the device has not been started');
    return desired;
  }

  #codeOptions(host: DeviceHost): UserCodeOptions {
    const { timeout = TIMEOUT, locate = () => null } = this.#options;
    return { clock: host.clock, timeout, locate, warn: (message) => host.warn(message) };
  }

  #assemble(host: DeviceHost): Parts {
    const { telemetry = {}, interval: usual = INTERVAL.usual } = this.#definition;
    const code = new UserCode(this.#codeOptions(host));
    const lifelong: CallParts = { signal: code.signal, log: (message) => host.note(message) };
    const context = (call = lifelong) =>
      createContext(
        {
          host,
          code,
          address: () => this.#address,
          interval: () => sampler.interval,
          setInterval: (seconds) => {
            sampler.interval = seconds;
          },
          report: (place, value) => this.#report(host, place, value),
        },
        call,
      );
    const sampler = new Sampler(telemetry, this.#options.interval ?? usual, {
      clock: host.clock,
      code,
      context: context(),
      sample: (sample) => {
        if (!code.signal.aborted) host.sample(sample);
      },
      send: (sample) => host.send(sample),
    });
    return { host, code, sampler, context, desired: null };
  }

  /** Starts the person's code, and asks it for the device's own values. */
  async #begin(parts: Parts): Promise<void> {
    const handler = this.#definition.start;
    if (handler) await this.#run('"start"', handler, (context) => handler.call(this.#definition, context));
    const writable: WritableProperty[] = [];
    for (const [key, property] of Object.entries(this.#definition.properties ?? {})) {
      const place = parsePlace(key);
      const { minimum, maximum } = property;
      const schema = propertySchema(this.#options.schema ?? null, place, { minimum, maximum });
      const initial = (await this.#initial(key, property, schema)) ?? schema.initial;
      if (isWritable(property)) {
        writable.push({
          place,
          initial,
          ownsInitial: typeof property.initial === 'function',
          refusal: (value) => schema.refusal(value),
          set: (value, source, notes) => this.#set(parts, key, property, { value, source, notes }),
        });
      } else if (initial !== undefined && !this.#reported.has(place)) {
        this.#report(parts.host, place, initial);
      }
    }
    parts.desired = new DesiredProperties(writable);
  }

  /** A property's value at the start; undefined for none, or for one that cannot be, which is said. */
  async #initial(key: string, { initial }: PropertyDefinition, schema: PropertySchema): Promise<Json | undefined> {
    if (initial === undefined) return undefined;
    const what = `The initial value of "${key}"`;
    const { code, context } = this.#started;
    const outcome = await code.value(what, initial, () =>
      typeof initial === 'function' ? initial(context()) : initial,
    );
    if (outcome.kind !== 'done') {
      code.warn(outcome.message);
      return undefined;
    }
    const why = outcome.value === undefined ? null : schema.refusal(outcome.value);
    if (why !== null) code.warn(`${what} cannot be used: ${why}`);
    return why === null ? outcome.value : undefined;
  }

  async #set(
    { code, context, host }: Parts,
    key: string,
    property: PropertyDefinition,
    { value, source, notes }: { value: Json; source: 'twin' | 'update'; notes: string[] },
  ): Promise<SetResult> {
    const { set } = property;
    if (!set) return { kind: 'set', value };
    let running = true;
    const log = (message: string) => {
      if (running) notes.push(message);
      else host.note(message);
    };
    const outcome = await code.value(`Setting "${key}"`, set, (late) => {
      const call = { signal: eitherOf(code, late), log };
      return set.call(property, structuredClone(value), Object.assign(context(call), { source }));
    });
    running = false;
    if (outcome.kind === 'done') return { kind: 'set', value: outcome.value === undefined ? value : outcome.value };
    code.warn(outcome.message);
    return { kind: 'refused', ac: outcome.kind === 'threw' ? REFUSED : FAILED, why: outcome.sentence };
  }

  #report(host: DeviceHost, place: Place, value: Json): void {
    const key = placeKey(place);
    const { properties = {} } = this.#definition;
    const property = Object.hasOwn(properties, key) ? properties[key] : undefined;
    if (property && isWritable(property)) {
      throw new TypeError(`"${key}" is the cloud's to set: what its "set" gives is reported`);
    }
    const members = this.#reported.set(place, value);
    if (this.#reporting) host.report(members);
  }

  async #run(what: string, handler: unknown, call: (context: DeviceContext) => unknown): Promise<void> {
    const { code, context } = this.#started;
    const outcome = await code.run(what, handler, () => call(context()));
    if (outcome.kind !== 'done') code.warn(outcome.message);
  }
}

/** Aborted with the device, and when a call has taken too long. */
function eitherOf({ signal }: UserCode, late: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, late]);
}

function isButtonKey(key: string): boolean {
  return isButton(parsePlace(key).name);
}

function isWritable({ writable, set }: PropertyDefinition): boolean {
  return writable ?? set !== undefined;
}
