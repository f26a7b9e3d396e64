import type { BackEnd } from './back-end.ts';
import type { CloudContext } from './context.ts';
import { describeIdentity } from './describe-identity.ts';
import type { Device } from './device.ts';
import type { DeviceRecord } from './device-record.ts';
import type { DeviceRegistry } from './devices.ts';
import type { EnrollmentRegistry } from './enrollment-registry.ts';
import { createFaults } from './fault-injector.ts';
import type { Hub } from './hub.ts';
import { fingerprintOf } from './identity.ts';
import type { ModelCatalog } from './models.ts';
import { describeProperties, withComponents } from './plug-and-play.ts';
import { byId, describeTwin, fieldsOf, summarise } from './summary.ts';
import { etagOf } from './twin.ts';

/** What the operations work on. */
export interface CloudParts {
  context: CloudContext;
  devices: DeviceRegistry;
  enrollments: EnrollmentRegistry;
  hub: Hub;
  catalog: ModelCatalog;
  /** The certificate that clients must trust, PEM. */
  ca: string;
  idScope: string;
  hubName: () => string;
}

/** The operations of a back end; BackEnd says what each is. */
export function createBackEnd({
  context,
  devices,
  enrollments,
  hub,
  catalog,
  ca,
  idScope,
  hubName,
}: CloudParts): BackEnd {
  const { clock, events } = context;
  const modelOf = ({ record }: Device) => catalog.find(record.modelId);
  return {
    faults: createFaults(context, devices),
    enrollments,
    onEvent: (listener) => events.listen(listener),
    devices: () => devices.all().map(summarise).sort(byId),
    device: (id) => summarise(devices.get(id)),
    async createDevice(id, { certificate, thumbprint, symmetricKey, modelId }) {
      const known = fingerprintOf({ certificate, thumbprint }) ?? null;
      return summarise(
        await devices.create({ id, thumbprint: known, symmetricKey: symmetricKey ?? null, modelId: modelId ?? null }),
      );
    },
    findDevice(id) {
      const device = devices.find(id);
      return device && summarise(device);
    },
    async changeDevice(id, changes, isAllowed = () => {}) {
      const etag = (record: DeviceRecord | undefined) => record && `"${etagOf(record.revision)}"`;
      return summarise(await devices.change(id, changes, (record) => isAllowed(etag(record))));
    },
    state(id) {
      const device = devices.get(id);
      const model = modelOf(device);
      return {
        device: summarise(device),
        model: model?.document ?? null,
        properties: describeProperties(device.record, model),
        twin: describeTwin(device),
      };
    },
    identity: (id) =>
      describeIdentity(devices.get(id).record, {
        enrollments: enrollments.all(),
        ca,
        idScope,
        hub: hubName(),
        now: clock.wall(),
      }),
    twin: (id) => describeTwin(devices.get(id)),
    properties(id) {
      const device = devices.get(id);
      return describeProperties(device.record, modelOf(device));
    },
    model: (id) => catalog.find(id)?.document,
    template: (id) => catalog.template(id),
    templates: () => catalog.templates(),
    patchDesired: (id, patch) => hub.patchDesired(id, patch),
    changeTwin: (id, changes, conditions) => hub.changeTwin(id, changes, conditions),
    withComponents(id, properties) {
      const device = devices.get(id);
      return withComponents(properties, device.record, modelOf(device));
    },
    replaceDesired: (id, properties) => hub.replaceDesired(id, properties),
    invokeMethod: (id, method, request, times) => hub.invokeMethod(id, method, request, times),
    telemetry: (id, metric) => devices.get(id).telemetry.last(metric),
    lastTelemetry: (id) => devices.get(id).telemetry.lasts(),
    telemetryHistory: (id, metric) => devices.get(id).telemetry.history(metric),
    sendC2d: (id, body, properties = new Map()) => hub.sendC2d(id, body, properties),
    isModelled(id, kind, member) {
      const model = modelOf(devices.get(id));
      if (!model || model[kind].has(member)) return true;
      // Of telemetry a value may be named, or a field in it.
      return kind === 'telemetry' && fieldsOf(member).some((name) => model.telemetry.has(name));
    },
  };
}
