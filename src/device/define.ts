import type { Json } from '../events.ts';

// The way in for a device of one's own. The surface is not settled yet: it may change until version 1.0.

/** What the handlers of a device are given. */
export interface DeviceContext {
  /** Aborted when the device is stopped. */
  readonly signal: AbortSignal;
  readonly deviceId: string;
  /** The module's address in its network; null before it has one. */
  readonly address: string | null;
  /** Seconds between the telemetry messages that have no `every` of their own. */
  readonly interval: number;
  /** Says something to whoever reads along. */
  log(message: string): void;
  /**
   * Sends a telemetry message that must not be lost.
   * @returns a promise that settles when the module has taken it; it waits while there is no connection
   * @throws (the promise) for what JSON cannot hold, and for what is too large for the module
   */
  send(
    body: Json,
    options?: { component?: string; properties?: Record<string, string>; takenAt?: Date },
  ): Promise<void>;
  /**
   * Reports a property that the cloud cannot set; it is sent when there is a connection.
   * @throws TypeError for what JSON cannot hold, and for a property that the cloud sets
   */
  report(name: string, value: Json, component?: string): void;
  /** Sets `interval`: 1 to 86400 seconds. @throws RangeError for anything else */
  setInterval(seconds: number): void;
  /**
   * Starts the session over after so many seconds, up to 7 days, where it was told to: what rebooting is to a board.
   * @throws RangeError for another number of seconds
   */
  restart(seconds: number): void;
}

/** What a property's `set` is given; `signal` is aborted also when the handler has taken too long. */
export interface PropertyContext extends DeviceContext {
  /** Where the value comes from: the twin that is read after every connect, or an update of it. */
  readonly source: 'twin' | 'update';
}

/**
 * A source of telemetry: a reading whenever the interval has passed, a reading at a pace of its own (`every`, 0.1 to 86400
 * seconds), or a message for each value of an iterable. Readings of one pace go in one message; a moment that finds the
 * last reading unfinished is left out.
 */
export type TelemetrySource =
  | ((context: DeviceContext) => Json | Promise<Json>)
  | { every?: number; read(context: DeviceContext): Json | Promise<Json> }
  | ((context: DeviceContext) => AsyncIterable<Json>)
  | AsyncIterable<Json>;

export interface PropertyDefinition {
  /** Whether the cloud may set it; by default whether `set` is there. */
  writable?: boolean;
  /**
   * The value until the cloud desires another; by default the model's. A function is called once, at the start: the device
   * knows it better then than a twin that an earlier run has left.
   */
  initial?: Json | ((context: DeviceContext) => Json | Promise<Json>);
  /** The range of a number, which a model cannot tell; what lies outside is refused. */
  minimum?: number;
  maximum?: number;
  /**
   * Puts a value in force: for every change, and after every connect for what the twin holds, also when it is in force
   * already. Gives the value that is in force then, the one that was asked for when it gives none; throws to refuse (ac 400).
   */
  set?(value: Json, context: PropertyContext): Json | undefined | Promise<Json | undefined> | Promise<void>;
}

/** Answers a command with 200 and what it returns; throws CommandError for another status. */
export type CommandHandler = (
  request: Json,
  context: DeviceContext,
) => Json | undefined | Promise<Json | undefined> | Promise<void>;

/**
 * A device: what it measures, what can be set, what it can be told to do. Names are as in the model; a component's are
 * `component.name`, and its commands `component*command`.
 */
export interface DeviceDefinition {
  /** A DTMI, or a DTDL document. Without one none is announced, and nothing is checked. */
  model?: string | object;
  /** Seconds between telemetry messages, 1 to 86400; 10 by default. What a person asks for goes before it. */
  interval?: number;
  telemetry?: Record<string, TelemetrySource>;
  properties?: Record<string, PropertyDefinition>;
  commands?: Record<string, CommandHandler>;
  /** Takes a cloud-to-device message. */
  onMessage?(body: Uint8Array, properties: ReadonlyMap<string, string>, context: DeviceContext): unknown;
  /** Called once, before anything else, and awaited. */
  start?(context: DeviceContext): unknown;
  /** A connection to the hub is there, and its twin was read; called after every connect, and not awaited. */
  connected?(context: DeviceContext): unknown;
  /** Called once, at the end, and awaited. */
  stop?(): unknown;
}

/** Thrown by a command's handler: answers with a status of its own, like HTTP's, and a sentence. */
export class CommandError extends Error {
  readonly status: number;

  /** @throws RangeError for a status that is not from 200 to 599 */
  constructor(status: number, text: string) {
    if (!Number.isInteger(status) || status < 200 || status > 599) {
      throw new RangeError('the status of a CommandError is a number from 200 to 599');
    }
    super(text);
    this.name = 'CommandError';
    this.status = status;
  }
}
