import { HttpError } from '../../../web/http-error.ts';
import type { Route } from '../../../web/router.ts';
import { AzureError } from '../azure-error.ts';
import type { BackEnd } from '../back-end.ts';
import type { MethodTimes } from '../methods.ts';
import { anything, nullOr, number, object, objectOf, optional } from '../shape.ts';
import { countIn, read, timeIn } from './request.ts';

const readCommand = objectOf({
  request: optional(anything),
  responseTimeout: optional(number),
  connectionTimeout: optional(number),
});
const readMessage = objectOf({ body: optional(anything), properties: optional(nullOr(object)) });

/** What IoT Central allows, in seconds; a direct method of IoT Hub may take 300. */
const MOST_CONNECTION = 30;
const MAX_SAMPLES = 10_000;

/** A message's properties: null is a name without a value. */
function propertiesOf(properties: ReturnType<typeof object>): Map<string, string | null> {
  return new Map(
    Object.entries(properties).map(([name, value]): [string, string | null] => [
      name,
      value === null || typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}

/** Commands, telemetry and cloud-to-device messages. */
export function messageRoutes(cloud: BackEnd): Route[] {
  const marks = (id: string, kind: 'telemetry' | 'commands', name: string) =>
    cloud.isModelled(id, kind, name) ? {} : { unmodelled: true };
  return [
    {
      method: 'POST',
      path: '/api/devices/:/commands/:',
      async handle({ parameters: [id = '', name = ''], body }) {
        const { request = null, responseTimeout, connectionTimeout = 0 } = read(readCommand, body);
        if (connectionTimeout > MOST_CONNECTION) {
          throw new HttpError(400, `'connectionTimeout' must be from 0 to ${MOST_CONNECTION} seconds.`);
        }
        const times: MethodTimes = {
          connect: connectionTimeout,
          ...(responseTimeout === undefined ? {} : { response: responseTimeout }),
        };
        const { status, response } = await cloud.invokeMethod(id, name, request, times);
        return { status: 201, body: { request, response, responseCode: status, ...marks(id, 'commands', name) } };
      },
    },
    {
      method: 'GET',
      path: '/api/devices/:/telemetry',
      handle: ({ parameters: [id = ''] }) => ({ status: 200, body: cloud.lastTelemetry(id) }),
    },
    {
      method: 'GET',
      path: '/api/devices/:/telemetry/:',
      handle({ parameters: [id = '', name = ''] }) {
        const last = cloud.telemetry(id, name);
        if (!last) throw new AzureError(404001, `The device has sent no telemetry '${name}'.`);
        return { status: 200, body: { ...last, ...marks(id, 'telemetry', name) } };
      },
    },
    {
      method: 'GET',
      path: '/api/devices/:/telemetry/:/history',
      handle({ parameters: [id = '', name = ''], query }) {
        const from = timeIn(query, 'from');
        const to = timeIn(query, 'to');
        const limit = countIn(query, 'limit', MAX_SAMPLES);
        const samples = cloud
          .telemetryHistory(id, name)
          .filter(({ timestamp }) => from === null || Date.parse(timestamp) >= from)
          .filter(({ timestamp }) => to === null || Date.parse(timestamp) < to);
        return { status: 200, body: { value: limit === null ? samples : samples.slice(-limit) } };
      },
    },
    {
      method: 'POST',
      path: '/api/devices/:/messages',
      async handle({ parameters: [id = ''], body }) {
        const { body: content = '', properties } = read(readMessage, body);
        const bytes = Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
        await cloud.sendC2d(id, bytes, propertiesOf(properties ?? {}));
        return { status: 202, body: {} };
      },
    },
  ];
}
