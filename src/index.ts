/**
 * The library: a device of one's own. Its surface may change until version 1.0.
 * @module
 */
export {
  CommandError,
  type CommandHandler,
  type DeviceContext,
  type DeviceDefinition,
  type PropertyContext,
  type PropertyDefinition,
  type TelemetrySource,
} from './device/define.ts';
export { defineDevice } from './device/definition.ts';
export type { Json } from './events.ts';
