import type { IConnectPacket } from 'mqtt-packet';
import { isJsonObject, type Json, type JsonObject, own, parseJson } from '../../json.ts';
import { AzureError } from './azure-error.ts';
import type { CloudContext } from './context.ts';
import type { Device } from './device.ts';
import type { DeviceRecord } from './device-record.ts';
import type { DeviceRegistry } from './devices.ts';
import { type DpsAnswer, type DpsClient, DpsEndpoint, type ProvisioningService } from './dps-endpoint.ts';
import { credentialsOf, isSameClient, objectionTo } from './dps-proof.ts';
import { type Enrollment, enrollmentId, findEnrollment, sameId } from './enrollments.ts';
import type { DpsFault } from './faults.ts';
import type { MqttConnection } from './mqtt-connection.ts';
import type { Admission } from './mqtt-front.ts';
import { endOf, isProblem, isToken, NOTHING_SHOWN, type Peer, proofOf } from './proof.ts';
import { azureTime, guid, hex } from './tokens.ts';
import { percentDecode } from './topics.ts';
import { newTwin } from './twin.ts';

export interface DpsOptions {
  idScope: string;
  enrollments: () => Iterable<Enrollment>;
  /** The hub that new devices are assigned to. */
  hubName: () => string;
  /** First desired properties by device id, over those of the enrollment. */
  desired: Record<string, JsonObject>;
  /** How many answers say `assigning` before the result. */
  assigningAnswers: number;
  /** Seconds. */
  retryAfter: number;
}

const USER_NAME = /^([^/]+)\/registrations\/([^/]+)\/api-version=(\d{4}-\d{2}-\d{2}(?:-preview)?)(?:&.*)?$/;
/** More registrations under way than this, and the oldest are forgotten. */
const MAX_OPERATIONS = 10_000;

interface Operation {
  id: string;
  /** Whose it is: a device that has connected again begins again. */
  client: DpsClient;
  registrationId: string;
  payload: Json | undefined;
  enrollment: Enrollment;
  /** How often `assigning` is still to be said. */
  assigning: number;
  /** Until then a second registration over the same connection is a conflict; milliseconds since 1970. */
  busyUntil: number;
}

/** The Device Provisioning Service (Azure 1). */
export class Dps implements ProvisioningService {
  readonly #context: CloudContext;
  readonly #devices: DeviceRegistry;
  readonly #options: DpsOptions;
  /** By registration id in lower case: a device has one operation at a time. */
  readonly #operations = new Map<string, Operation>();
  readonly #endpoints = new Map<string, DpsEndpoint>();

  constructor(context: CloudContext, devices: DeviceRegistry, options: DpsOptions) {
    this.#context = context;
    this.#devices = devices;
    this.#options = options;
  }

  /** Judges a CONNECT; whether the device is enrolled is answered when it registers. */
  async admit(connect: IConnectPacket, connection: MqttConnection, peer: Peer): Promise<Admission> {
    const [, scope, registrationId] = USER_NAME.exec(connect.username ?? '') ?? [];
    if (!scope || !registrationId) {
      const reason = 'the user name is not <ID scope>/registrations/<registration id>/api-version=…';
      return { refusal: 4, reason };
    }
    if (!sameId(connect.clientId, percentDecode(registrationId) ?? '')) {
      return { refusal: 2, reason: 'the client id is not the registration id of the user name' };
    }
    const proof = proofOf(connect, peer);
    if (isProblem(proof)) return { refusal: 5, reason: proof.problem };
    if (proof === null) return { refusal: 5, reason: NOTHING_SHOWN };
    const now = this.#context.clock.wall();
    const objection = isToken(proof) ? objectionTo(proof, scope, connect.clientId, now) : null;
    if (objection !== null) return { refusal: 5, reason: objection };
    const device = { registrationId: connect.clientId, idScope: scope, proof };
    const endpoint = new DpsEndpoint(
      this.#context,
      this,
      device,
      connection,
      (begun) => {
        const key = begun.deviceId.toLowerCase();
        this.#endpoints.get(key)?.close('the device has connected again');
        this.#endpoints.set(key, begun);
      },
      (closed) => {
        const key = closed.deviceId.toLowerCase();
        if (this.#endpoints.get(key) === closed) this.#endpoints.delete(key);
      },
    );
    // There are no persistent sessions at DPS (Azure 1.1).
    return { endpoint, sessionPresent: false, ...endOf(proof, now) };
  }

  /** The enrollment of a client that has proved who it is. @throws AzureError 401002, 404002, 404201 */
  authenticate({ idScope, registrationId, proof }: DpsClient): Enrollment {
    if (idScope !== this.#options.idScope)
      throw new AzureError(
        404002,
        'There is no DPS instance of this ID scope.',
        `the ID scope is ${idScope.slice(0, 40)}, not ${this.#options.idScope}`,
      );
    return findEnrollment(this.#options.enrollments(), registrationId, proof, this.#context.clock.wall());
  }

  /** Begins a registration. @throws AzureError for what DPS refuses (Azure 1.4). */
  async register(client: DpsClient, request: Buffer, fault?: DpsFault): Promise<DpsAnswer> {
    const { clock, random } = this.#context;
    const now = clock.wall();
    const payload = parseRequest(client, request);
    const enrollment = this.authenticate(client);
    const { assigningAnswers, retryAfter } = this.#options;
    const current = this.#operations.get(client.registrationId.toLowerCase());
    if (current?.client === client && current.assigning > 0 && now < current.busyUntil) {
      throw new AzureError(409001, 'A registration of this device is under way.');
    }
    const operation: Operation = {
      id: `4.${hex(random, 16)}.${guid(random)}`,
      client,
      registrationId: client.registrationId,
      payload,
      enrollment,
      assigning: assigningAnswers,
      busyUntil: now + assigningAnswers * retryAfter * 1000,
    };
    this.#remember(operation);
    return this.#progress(operation, fault, false);
  }

  /** Tells how a registration goes on. @throws AzureError 404203 for an operation that is not this device's. */
  async poll(client: DpsClient, operationId: string | undefined, fault?: DpsFault): Promise<DpsAnswer> {
    const operation = this.#operations.get(client.registrationId.toLowerCase());
    if (!operation || operation.id !== operationId || !isSameClient(operation, client))
      throw new AzureError(404203, 'Operation not found.');
    return this.#progress(operation, fault, true);
  }

  #remember(operation: Operation): void {
    const key = operation.registrationId.toLowerCase();
    this.#operations.delete(key);
    this.#operations.set(key, operation);
    if (this.#operations.size <= MAX_OPERATIONS) return;
    for (const oldest of this.#operations.keys()) {
      this.#operations.delete(oldest);
      return;
    }
  }

  async #progress(operation: Operation, fault: DpsFault | undefined, withState: boolean): Promise<DpsAnswer> {
    const { id: operationId, registrationId } = operation;
    const demanded = resultOfFault(fault);
    if (!demanded && operation.assigning > 0) {
      operation.assigning--;
      const state = { registrationId, status: 'assigning' };
      const body = { operationId, status: 'assigning', ...(withState ? { registrationState: state } : {}) };
      return { status: 202, retryAfter: fault?.retryAfter ?? this.#options.retryAfter, body };
    }
    operation.assigning = 0;
    const result = demanded ?? { status: operation.enrollment.enabled === false ? 'disabled' : 'assigned' };
    const now = azureTime(this.#context.clock.wall());
    const state: JsonObject =
      result.status === 'assigned'
        ? { ...(await this.#assign(operation)), ...result }
        : { registrationId, createdDateTimeUtc: now, lastUpdatedDateTimeUtc: now, ...result };
    this.#context.events.emit({
      type: 'provisioning',
      deviceId: registrationId,
      hub: String(state['assignedHub'] ?? ''),
      status: result.status,
    });
    return { status: 200, body: { operationId, status: result.status, registrationState: state } };
  }

  /** Gives the device its place at a hub, and describes it. */
  async #assign(operation: Operation): Promise<JsonObject> {
    const { clock, random } = this.#context;
    const { client, enrollment, registrationId } = operation;
    const deviceId = this.#deviceIdFor(registrationId, enrollment);
    const modelId = isJsonObject(operation.payload) ? own(operation.payload, 'modelId') : undefined;
    const device = await this.#devices.put(deviceId, (known) => {
      const now = clock.wall();
      const { record, substatus } = moveToNewHub(known ?? this.#newRecord(deviceId, enrollment), enrollment, now);
      return {
        ...record,
        ...credentialsOf(client, enrollment),
        modelId: typeof modelId === 'string' ? modelId : record.modelId,
        registration: {
          registrationId,
          enrollmentGroup: enrollment.kind === 'group' ? enrollmentId(enrollment) : null,
          createdAt: record.registration?.createdAt ?? now,
          updatedAt: now,
          etag: Buffer.from(`"${guid(random)}"`).toString('base64'),
          substatus,
        },
      };
    });
    return describeAssignment(device, enrollment, this.#options.hubName());
  }

  /** Device ids are compared with regard to case, so a registration id that is spelt otherwise must lead to the same one. */
  #deviceIdFor(registrationId: string, enrollment: Enrollment): string {
    if (enrollment.kind === 'individual') return enrollment.deviceId ?? enrollment.registrationId;
    const known = this.#devices
      .all()
      .find(({ record }) => record.registration && sameId(record.registration.registrationId, registrationId));
    return known?.record.id ?? registrationId;
  }

  #newRecord(id: string, enrollment: Enrollment): DeviceRecord {
    const desired = {
      ...enrollment.desired,
      ...(Object.hasOwn(this.#options.desired, id) ? this.#options.desired[id] : {}),
    };
    const { tags = {}, iotEdge = false } = enrollment;
    return this.#devices.newRecord({ id, desired, tags, iotEdge });
  }
}

/** Carries a move out; gives the substatus that tells the device about it (Azure 1.3). */
function moveToNewHub(
  before: DeviceRecord,
  enrollment: Enrollment,
  now: number,
): { record: DeviceRecord; substatus: string } {
  if (before.movedTo === null) return { record: before, substatus: 'initialAssignment' };
  const policy = enrollment.reprovision ?? 'migrate';
  if (policy === 'never') return { record: { ...before, movedTo: null }, substatus: 'initialAssignment' };
  const record = { ...before, hub: before.movedTo, movedTo: null };
  if (policy === 'migrate') return { record, substatus: 'deviceDataMigrated' };
  return {
    record: { ...record, twin: newTwin(enrollment.desired ?? {}, now, enrollment.tags) },
    substatus: 'deviceDataReset',
  };
}

function describeAssignment({ record }: Device, enrollment: Enrollment, firstHub: string): JsonObject {
  const { registration } = record;
  if (!registration) return {};
  const { enrollmentGroup, registrationId, createdAt, updatedAt, substatus, etag } = registration;
  const attestation = enrollmentGroup === null ? {} : { enrollmentGroupId: enrollmentGroup };
  return {
    ...(enrollment.symmetricKey ? { symmetricKey: attestation } : { x509: attestation }),
    registrationId,
    createdDateTimeUtc: azureTime(createdAt),
    assignedHub: record.hub ?? firstHub,
    deviceId: record.id,
    status: 'assigned',
    substatus,
    lastUpdatedDateTimeUtc: azureTime(updatedAt),
    etag,
    ...(enrollment.payload ? { payload: enrollment.payload } : {}),
  };
}

/** The `payload` of a register request. @throws AzureError 400012 for anything that DPS cannot read (Azure 1.2). */
function parseRequest(client: DpsClient, bytes: Buffer): Json | undefined {
  const request = parseJson(bytes);
  const known = ['registrationId', 'payload'];
  if (!isJsonObject(request) || Object.keys(request).some((name) => !known.includes(name))) {
    throw new AzureError(400012, 'Deserialization error.');
  }
  const registrationId = own(request, 'registrationId');
  if (
    registrationId !== undefined &&
    !(typeof registrationId === 'string' && sameId(registrationId, client.registrationId))
  ) {
    throw new AzureError(400004, 'The registration id of the body is not that of the connection.');
  }
  return own(request, 'payload');
}

/** What a registration comes to when a fault decides it. */
function resultOfFault(fault: DpsFault | undefined): (JsonObject & { status: string }) | undefined {
  switch (fault?.answer) {
    case 'failed':
      return {
        status: 'failed',
        errorCode: fault.errorCode ?? 400207,
        errorMessage: fault.message ?? 'Custom allocation failed with status code: 404',
      };
    case 'disabled':
    case 'unassigned':
      return { status: fault.answer };
    case 'mqttV5':
      return { status: 'assigned', connectionProfile: 'mqttV5' };
    default:
      return undefined;
  }
}
