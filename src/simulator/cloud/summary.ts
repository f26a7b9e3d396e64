import type { JsonObject } from '../../json.ts';
import type { DeviceSummary } from './back-end.ts';
import type { Device } from './device.ts';
import { etagOf, sectionForService } from './twin.ts';

/** A device as a back end sees it. */
export function summarise({ record, link, lastActivity, telemetry }: Device): DeviceSummary {
  return {
    id: record.id,
    etag: `"${etagOf(record.revision)}"`,
    displayName: record.displayName ?? record.id,
    enabled: record.enabled,
    provisioned: record.registration !== null,
    simulated: record.simulated,
    organizations: record.organizations,
    ...(record.modelId === null ? {} : { template: record.modelId }),
    connected: link !== undefined,
    lastActivityTime: lastActivity === null ? null : new Date(lastActivity).toISOString(),
    telemetry: telemetry.lasts(),
  };
}

const collator = new Intl.Collator('en', { numeric: true });
/** board-2 before board-10. */
export const byId = (one: DeviceSummary, other: DeviceSummary) => collator.compare(one.id, other.id);

/** What a path such as `component.name.field` may be a field of: `component.name`, `component`. */
export function fieldsOf(path: string): string[] {
  const parts = path.split('.');
  return parts.map((_, index) => parts.slice(0, index).join('.')).slice(1);
}

/** The twin as IoT Hub's own API shows it. */
export function describeTwin({ record }: Device): JsonObject {
  const { desired, reported, tags, version, revision } = record.twin;
  return {
    deviceId: record.id,
    etag: etagOf(revision),
    modelId: record.modelId,
    version,
    tags,
    properties: { desired: sectionForService(desired, 'desired'), reported: sectionForService(reported, 'reported') },
  };
}
