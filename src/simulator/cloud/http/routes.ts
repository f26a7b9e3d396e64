import { AzureError } from '../azure-error.ts';
import type { BackEnd } from '../back-end.ts';
import { type Enrollment, enrollmentAsJson, enrollmentId } from '../enrollments.ts';
import { parseFault } from '../fault-request.ts';
import { isJsonObject, type Json, type JsonObject, own } from '../json.ts';
import type { MethodTimes } from '../methods.ts';

export interface Reply {
  status: number;
  /** Left out for 204. */
  body?: Json;
}

export interface Call {
  cloud: BackEnd;
  /** What stands in the path's places, in their order. */
  parameters: string[];
  /** Null where the method has no body. */
  body: Json;
}

export interface Route {
  method: 'GET' | 'PUT' | 'POST' | 'PATCH' | 'DELETE';
  /** `:` marks a place for a parameter. */
  path: string;
  handle(call: Call): Reply | Promise<Reply>;
}

const bad = (message: string) => new AzureError(400004, message);

function objectOf(body: Json): JsonObject {
  if (!isJsonObject(body)) throw bad('The body must be a JSON object.');
  return body;
}

function optional<T extends Json>(body: JsonObject, name: string, is: (value: Json) => value is T): T | undefined {
  const value = own(body, name);
  if (value === undefined || is(value)) return value;
  throw bad(`'${name}' cannot be ${JSON.stringify(value)}.`);
}

const isText = (value: Json): value is string => typeof value === 'string';
const isNumber = (value: Json): value is number => typeof value === 'number';
const isBoolean = (value: Json): value is boolean => typeof value === 'boolean';

/** Leaves out what is not there, as options want it. */
function present<T extends object>(members: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as T;
}

function parseTimes(body: JsonObject): MethodTimes {
  return present<MethodTimes>({
    response: optional(body, 'responseTimeout', isNumber),
    connect: optional(body, 'connectionTimeout', isNumber),
  });
}

function parseEnrollment(id: string, body: Json): Enrollment {
  const members = objectOf(body);
  const kind = own(members, 'kind') ?? 'individual';
  const common = present<Partial<Enrollment>>({
    enabled: optional(members, 'enabled', isBoolean),
    desired: optional(members, 'desired', isJsonObject),
    payload: optional(members, 'payload', isJsonObject),
    ca: optional(members, 'ca', isText),
  });
  const reprovision = own(members, 'reprovision');
  if (reprovision === 'migrate' || reprovision === 'reset' || reprovision === 'never') common.reprovision = reprovision;
  else if (reprovision !== undefined) throw bad("'reprovision' is migrate, reset or never.");
  if (kind === 'group') {
    if (common.ca === undefined) throw bad("A group enrollment needs 'ca', a certificate in PEM.");
    return { ...common, kind, id, ca: common.ca };
  }
  if (kind !== 'individual') throw bad("'kind' is individual or group.");
  return {
    ...common,
    kind,
    registrationId: id,
    ...present<{ deviceId?: string; certificate?: string; thumbprint?: string }>({
      deviceId: optional(members, 'deviceId', isText),
      certificate: optional(members, 'certificate', isText),
      thumbprint: optional(members, 'thumbprint', isText),
    }),
  };
}

const describeEnrollment = (enrollment: Enrollment): Json => ({
  ...enrollmentAsJson(enrollment),
  id: enrollmentId(enrollment),
  enabled: enrollment.enabled ?? true,
});

/** A message's properties: null is a name without a value. */
function parseProperties(body: JsonObject): Map<string, string | null> {
  const properties = optional(body, 'properties', isJsonObject) ?? {};
  return new Map(
    Object.entries(properties).map(([name, value]): [string, string | null] => [
      name,
      value === null || typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}

const path = (parameters: string[], index = 0): string => parameters[index] ?? '';

/** The HTTP API, in the shape of IoT Central's where Central has the same thing. */
export const ROUTES: Route[] = [
  {
    method: 'GET',
    path: '/api/devices',
    handle: ({ cloud }) => ({ status: 200, body: { value: cloud.devices() } }),
  },
  {
    method: 'GET',
    path: '/api/devices/:',
    handle: ({ cloud, parameters }) => ({ status: 200, body: cloud.device(path(parameters)) }),
  },
  {
    method: 'PUT',
    path: '/api/devices/:',
    async handle({ cloud, parameters, body }) {
      const members = objectOf(body);
      const options = present<{ certificate?: string; thumbprint?: string; modelId?: string }>({
        certificate: optional(members, 'certificate', isText),
        thumbprint: optional(members, 'thumbprint', isText),
        modelId: optional(members, 'template', isText),
      });
      const device = await cloud.createDevice(path(parameters), options);
      return { status: 200, body: device };
    },
  },
  {
    method: 'PATCH',
    path: '/api/devices/:',
    async handle({ cloud, parameters, body }) {
      const enabled = optional(objectOf(body), 'enabled', isBoolean);
      if (enabled === undefined) throw bad("Only 'enabled' can be changed.");
      await cloud.faults.inject({ type: enabled ? 'enable' : 'disable', deviceId: path(parameters) });
      return { status: 200, body: cloud.device(path(parameters)) };
    },
  },
  {
    method: 'DELETE',
    path: '/api/devices/:',
    async handle({ cloud, parameters }) {
      await cloud.faults.inject({ type: 'delete', deviceId: path(parameters) });
      return { status: 204 };
    },
  },
  {
    method: 'GET',
    path: '/api/devices/:/properties',
    handle: ({ cloud, parameters }) => ({ status: 200, body: cloud.properties(path(parameters)) }),
  },
  {
    method: 'PATCH',
    path: '/api/devices/:/properties',
    async handle({ cloud, parameters, body }) {
      await cloud.patchDesired(path(parameters), objectOf(body));
      return { status: 202, body: cloud.properties(path(parameters)) };
    },
  },
  {
    method: 'PUT',
    path: '/api/devices/:/properties',
    async handle({ cloud, parameters, body }) {
      await cloud.replaceDesired(path(parameters), objectOf(body));
      return { status: 202, body: cloud.properties(path(parameters)) };
    },
  },
  {
    method: 'GET',
    path: '/api/devices/:/twin',
    handle: ({ cloud, parameters }) => ({ status: 200, body: cloud.twin(path(parameters)) }),
  },
  {
    method: 'POST',
    path: '/api/devices/:/commands/:',
    async handle({ cloud, parameters, body }) {
      const members = objectOf(body);
      const request = own(members, 'request') ?? null;
      const name = path(parameters, 1);
      const { status, response } = await cloud.invokeMethod(path(parameters), name, request, parseTimes(members));
      const marks = cloud.isModelled(path(parameters), 'commands', name) ? {} : { unmodelled: true };
      return { status: 201, body: { request, response, responseCode: status, ...marks } };
    },
  },
  {
    method: 'GET',
    path: '/api/devices/:/telemetry/:',
    handle({ cloud, parameters }) {
      const name = path(parameters, 1);
      const last = cloud.telemetry(path(parameters), name);
      if (!last) throw new AzureError(404001, `The device has sent no telemetry '${name}'.`);
      const marks = cloud.isModelled(path(parameters), 'telemetry', name) ? {} : { unmodelled: true };
      return { status: 200, body: { ...last, ...marks } };
    },
  },
  {
    method: 'GET',
    path: '/api/devices/:/telemetry/:/history',
    handle: ({ cloud, parameters }) => ({
      status: 200,
      body: { value: cloud.telemetryHistory(path(parameters), path(parameters, 1)).map((sample) => ({ ...sample })) },
    }),
  },
  {
    method: 'POST',
    path: '/api/devices/:/messages',
    async handle({ cloud, parameters, body }) {
      const members = objectOf(body);
      const content = own(members, 'body') ?? '';
      const bytes = Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
      await cloud.sendC2d(path(parameters), bytes, parseProperties(members));
      return { status: 202, body: {} };
    },
  },
  {
    method: 'GET',
    path: '/api/enrollments',
    handle: ({ cloud }) => ({ status: 200, body: { value: cloud.enrollments.all().map(describeEnrollment) } }),
  },
  {
    method: 'GET',
    path: '/api/enrollments/:',
    handle: ({ cloud, parameters }) => ({
      status: 200,
      body: describeEnrollment(cloud.enrollments.get(path(parameters))),
    }),
  },
  {
    method: 'PUT',
    path: '/api/enrollments/:',
    async handle({ cloud, parameters, body }) {
      const enrollment = parseEnrollment(path(parameters), body);
      await cloud.enrollments.put(enrollment);
      return { status: 200, body: describeEnrollment(enrollment) };
    },
  },
  {
    method: 'DELETE',
    path: '/api/enrollments/:',
    async handle({ cloud, parameters }) {
      await cloud.enrollments.delete(path(parameters));
      return { status: 204 };
    },
  },
  {
    method: 'GET',
    path: '/api/faults',
    handle: ({ cloud }) => ({ status: 200, body: { value: cloud.faults.waiting() } }),
  },
  {
    method: 'POST',
    path: '/api/faults',
    async handle({ cloud, body }) {
      for (const fault of Array.isArray(body) ? body.map(parseFault) : [parseFault(body)])
        await cloud.faults.inject(fault);
      return { status: 202, body: { value: cloud.faults.waiting() } };
    },
  },
  {
    method: 'DELETE',
    path: '/api/faults',
    handle({ cloud }) {
      cloud.faults.clear();
      return { status: 204 };
    },
  },
];
