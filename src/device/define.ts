import type { Json } from '../events.ts';

// The way in for a device of one's own. The surface is not settled yet: it may change until version 1.0.

/** What the handlers of a device are given. */
export interface DeviceContext {
  /** Aborted when the device is stopped. */
  readonly signal: AbortSignal;
  readonly deviceId: string;
  /** The module's address in its network; null before it has one. */
  readonly address: string | null;
  /** Says something to whoever reads along. */
  log(message: string): void;
  /**
   * Sends a telemetry message.
   * @returns a promise that settles when the module has taken it; it waits while there is no connection
   */
  send(
    body: Json,
    options?: { component?: string; properties?: Record<string, string>; takenAt?: Date },
  ): Promise<void>;
  /** Reports a property that the cloud cannot set; it is sent when there is a connection. */
  report(name: string, value: Json, component?: string): void;
  /** The pace, in seconds, of all telemetry that has no `every` of its own. */
  setInterval(seconds: number): void;
  /** Starts the session over after so many seconds, where --on-reboot says so: what rebooting is to a board. */
  restart(seconds: number): void;
}

/** What a property's `set` is given. */
export interface PropertyContext extends DeviceContext {
  /** Where the value comes from: the twin that is read after every connect, or an update of it. */
  readonly source: 'twin' | 'update';
}

/**
 * A source of telemetry: a reading whenever the interval has passed (those of one moment go in one message), a reading at
 * a pace of its own, or a message for each value of an iterable.
 */
export type TelemetrySource =
  | ((context: DeviceContext) => Json | Promise<Json>)
  | { every?: number; read(context: DeviceContext): Json | Promise<Json> }
  | ((context: DeviceContext) => AsyncIterable<Json>)
  | AsyncIterable<Json>;

export interface PropertyDefinition {
  /** Whether the cloud may set it; by default whether `set` is there. */
  writable?: boolean;
  initial?: Json | ((context: DeviceContext) => Json | Promise<Json>);
  /** Gives the value in force, the one that was asked for when it gives none; throws to refuse (ac 400). */
  set?(value: Json, context: PropertyContext): Json | undefined | Promise<Json | undefined>;
}

/** Answers a command with 200 and what it returns; throws CommandError for another status. */
export type CommandHandler = (request: Json, context: DeviceContext) => Json | undefined | Promise<Json | undefined>;

/** A device: what it measures, what can be set, what it can be told to do. */
export interface DeviceDefinition {
  /** A DTMI, or a DTDL document. Without one none is announced, and nothing is checked. */
  model?: string | object;
  /** Seconds between telemetry messages, 1 to 86400; 10 by default. */
  interval?: number;
  /** By name; a component's as `component.name`. */
  telemetry?: Record<string, TelemetrySource>;
  properties?: Record<string, PropertyDefinition>;
  /** By name; a component's as `component*command`. */
  commands?: Record<string, CommandHandler>;
  onMessage?(
    body: Uint8Array,
    properties: ReadonlyMap<string, string>,
    context: DeviceContext,
  ): undefined | Promise<undefined>;
  start?(context: DeviceContext): undefined | Promise<undefined>;
  /** A connection to the hub is there, and its twin was read. */
  connected?(context: DeviceContext): undefined | Promise<undefined>;
  stop?(): undefined | Promise<undefined>;
}
