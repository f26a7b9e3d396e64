import type { Ack } from '../azure/plug-and-play.ts';
import type { Twin } from '../azure/twin.ts';
import type { Clock } from '../clock.ts';
import type { Json, JsonObject } from '../events.ts';

// The port between the session and the device that it plays. The session knows no property by name.

/** A telemetry message that is due. */
export interface Sample {
  readonly body: Json;
  /** In milliseconds since 1970. */
  readonly takenAt: number;
  readonly component?: string;
  /** Application properties of the message. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** What a device asks of the session. */
export interface DeviceHost {
  readonly clock: Clock;
  readonly deviceId: string;
  /** Says something to whoever reads along. */
  note(message: string): void;
  /** Something is not as it should be, and the device goes on. */
  warn(message: string): void;
  /** Takes a sample that has fallen due; without a connection it may be lost, and counted. */
  sample(sample: Sample): void;
  /** Takes a message that must not be lost. @returns a promise that settles when the module has taken it */
  send(sample: Sample): Promise<void>;
  /** Properties have another value: members of the reported properties. Without a connection `missing` tells them later. */
  report(members: JsonObject): void;
  /** The device wants to be started over after so many seconds, counted from the answer to the command that says so. */
  restart(seconds: number): void;
}

/** What has become of one desired value. */
export interface PropertyAnswer {
  readonly name: string;
  readonly component?: string;
  readonly requested: Json;
  readonly ack: Ack;
}

/** What a device says to desired properties. */
export interface Answers {
  readonly answers: readonly PropertyAnswer[];
  /** Desired names that the device does not have, or that are not the cloud's to set. */
  readonly unknown: readonly string[];
  /** What its handlers have said meanwhile. */
  readonly notes: readonly string[];
}

export interface CommandAnswer {
  /** What was received: null for nothing, the text itself when it is not JSON. */
  readonly request: Json;
  /** Like HTTP's. */
  readonly status: number;
  readonly response: Json;
}

/** After each connect: `reconcile` where the twin could be read, then `connected`, then `missing`, which is reported. */
export interface Device {
  /** The DTMI that is announced; null for none. */
  readonly modelId: string | null;
  /** Called once, when it is known who the device is. */
  start(host: DeviceHost): Promise<void>;
  /** Begins to take samples, the first at once; called again it does nothing. */
  beginTelemetry(): void;
  /** Takes samples of everything that can be read now, out of turn, but of the button. */
  sampleNow(): void;
  /** Presses the device's button. @returns why not, where it has none */
  press(): string | null;
  /** Takes the twin after a connect (Azure 3.2): adopts what it holds, answers what is open. */
  reconcile(twin: Twin): Promise<Answers>;
  /** There is a connection, and the twin was read: the device may report what it likes. */
  connected(address: string | null): void;
  /**
   * What the twin that was reconciled lacks: initial values, and what was reported before and since; as reported members,
   * to be joined with those of the answers by `mergeMembers`. From now on the device reports to its host.
   */
  missing(): JsonObject;
  /** Takes a change of desired properties; a version of a name is answered once, and never after a newer one. */
  apply(patch: JsonObject, version: number): Promise<Answers>;
  /** The members of the reported properties that carry answers, in their order. */
  toReported(answers: readonly PropertyAnswer[]): JsonObject;
  /** Answers a command: every one is, or its caller would wait for the time-out (Azure 2.5). */
  command(name: string, payload: Uint8Array): Promise<CommandAnswer>;
  /** Takes a cloud-to-device message. */
  message(body: Uint8Array, properties: ReadonlyMap<string, string>): Promise<void>;
  /** Called once at the end; what the device still does is aborted. */
  stop(): Promise<void>;
}
