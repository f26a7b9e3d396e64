/**
 * The simulators: DPS and IoT Hub on this computer, and an AnyCloud module that needs no board. For tests of programs and
 * devices, and to try things out. Nothing here writes to the terminal, handles signals or ends the process.
 * @module
 */

export type { Clock, Timer } from '../clock.ts';
export type { Json, JsonObject } from '../json.ts';
export { AzureError } from './cloud/azure-error.ts';
export type { DeviceSummary } from './cloud/back-end.ts';
export type { CloudEvent, TimedEvent } from './cloud/events.ts';
export type { CloudFaults } from './cloud/fault-injector.ts';
export type { Fault } from './cloud/faults.ts';
export type { Enrollment } from './cloud/local-cloud.ts';
export type { MethodResult, MethodTimes } from './cloud/methods.ts';
export type { PkiState } from './cloud/pki.ts';
export type { Sample } from './cloud/telemetry.ts';
export {
  createVirtualModule,
  type SimulatedNetwork,
  type VirtualModule,
  type VirtualModuleOptions,
} from './create-virtual-module.ts';
export type { ModuleFaults, ModuleIdentity, ModuleState } from './module/virtual-module.ts';
export {
  type CloudEventOf,
  type CloudEventType,
  type DeviceIdentity,
  type LocalCloud,
  type LocalCloudOptions,
  type SymmetricKeyIdentity,
  startLocalCloud,
} from './start-local-cloud.ts';
