import { decodeUtf8, parseJson } from '../../json.ts';
import type { CloudContext } from './context.ts';
import type { Device } from './device.ts';
import type { PropertyBag } from './property-bag.ts';

/** Takes a message of a device, over whatever it has come: the values are kept, and those who look on are told. */
export function receiveTelemetry(
  { events }: CloudContext,
  device: Device,
  payload: Buffer,
  properties: PropertyBag,
): void {
  const json = parseJson(payload);
  const body = json ?? decodeUtf8(payload) ?? payload.toString('base64');
  if (json !== undefined) device.telemetry.add(json, properties.get('$.sub') ?? null, events.timestamp());
  events.emit({
    type: 'telemetry',
    deviceId: device.record.id,
    body,
    properties: Object.fromEntries(properties),
  });
}
