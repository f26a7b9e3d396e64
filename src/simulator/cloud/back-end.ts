import type { Json, JsonObject } from '../../json.ts';
import type { DeviceChanges } from './devices.ts';
import type { EnrollmentRegistry } from './enrollment-registry.ts';
import type { Listener } from './events.ts';
import type { CloudFaults } from './fault-injector.ts';
import type { MethodResult, MethodTimes } from './methods.ts';
import type { PropertyBag } from './property-bag.ts';
import type { SymmetricKey } from './symmetric-key.ts';
import type { Sample } from './telemetry.ts';

/** A device as IoT Central describes it, and how it is now. Nothing but JSON, so a type. */
export type DeviceSummary = {
  id: string;
  etag: string;
  displayName: string;
  enabled: boolean;
  provisioned: boolean;
  simulated: boolean;
  organizations: string[];
  /** The model id; left out while it is not known. */
  template?: string;
  connected: boolean;
  /** ISO 8601; null when it has not been heard of in this run. */
  lastActivityTime: string | null;
  /** The last values, by name. */
  telemetry: Record<string, Sample>;
};

/** What a back end may change of a twin; objects merge, null removes. */
export interface TwinChanges {
  tags?: Json;
  desired?: Json;
}

export interface TwinConditions {
  /** Makes them exactly these, at every depth. */
  replace: boolean;
  /** Throws where a twin with this etag must not be changed. */
  isAllowed?: (etag: string) => void;
}

/** What a back end can ask of the cloud: what the HTTP API is made of. */
export interface BackEnd {
  readonly faults: CloudFaults;
  readonly enrollments: EnrollmentRegistry;
  /** Listens to what happens; call the result to stop. */
  onEvent(listener: Listener): () => void;

  // The operations of a back end. All throw AzureError 404001 when there is no such device.
  devices(): DeviceSummary[];
  device(id: string): DeviceSummary;
  findDevice(id: string): DeviceSummary | undefined;
  /** Makes a device, or changes it. @param isAllowed throws where a device with this etag (undefined: none) must not be changed */
  changeDevice(
    id: string,
    changes: DeviceChanges,
    isAllowed?: (etag: string | undefined) => void,
  ): Promise<DeviceSummary>;
  /** All that there is to see of a device: itself, its model, its properties and its twin. */
  state(id: string): JsonObject;
  /** Who a device is to the cloud: registration, enrollment, certificates. */
  identity(id: string): JsonObject;
  /** Makes a device without DPS. @throws AzureError 409001 when it is there, 400004 for an id or certificate that is not valid. */
  createDevice(
    id: string,
    options: { certificate?: string; thumbprint?: string; symmetricKey?: SymmetricKey; modelId?: string },
  ): Promise<DeviceSummary>;
  /** A device model with everything that it refers to resolved; undefined for one that is not known. */
  model(id: string): Json | undefined;
  /** A device template in IoT Central's shape: one for each model, with everything that it refers to. */
  template(id: string): JsonObject | undefined;
  templates(): Promise<JsonObject[]>;
  twin(id: string): JsonObject;
  /** In IoT Central's shape, with what is pending, accepted or rejected. */
  properties(id: string): JsonObject;
  /** Gives the new version. @throws AzureError 400004 beyond the limits of a twin. */
  patchDesired(id: string, patch: Json): Promise<number>;
  /** Changes tags and desired properties in one step. Gives the new version of the desired ones. @throws as patchDesired */
  changeTwin(id: string, changes: TwinChanges, conditions: TwinConditions): Promise<number>;
  /** Properties with the mark of components where it was left out. */
  withComponents(id: string, properties: JsonObject): JsonObject;
  replaceDesired(id: string, properties: JsonObject): Promise<number>;
  /** @throws AzureError 404103 offline, 504101 unanswered. */
  invokeMethod(id: string, name: string, request: Json, times?: MethodTimes): Promise<MethodResult>;
  telemetry(id: string, name: string): Sample | undefined;
  /** The last values by name. */
  lastTelemetry(id: string): Record<string, Sample>;
  telemetryHistory(id: string, name: string): Sample[];
  sendC2d(id: string, body: Buffer, properties?: PropertyBag): Promise<void>;
  /** False for a name that the device's model does not have; true where the model is not known. */
  isModelled(id: string, kind: 'telemetry' | 'properties' | 'commands', name: string): boolean;
}
