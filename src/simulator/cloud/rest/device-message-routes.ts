import { AzureError } from '../azure-error.ts';
import type { CloudContext } from '../context.ts';
import type { DeviceRegistry } from '../devices.ts';
import type { Hub } from '../hub.ts';
import { MAX_MESSAGE } from '../hub-endpoint.ts';
import { formatPropertyBag, type PropertyBag } from '../property-bag.ts';
import { receiveTelemetry } from '../receive-telemetry.ts';
import { flag, listOf, objectOf, optional, recordOf, text } from '../shape.ts';
import { guid } from '../tokens.ts';
import { headersOf, pairsOf, propertiesIn } from './message-headers.ts';
import type { RestCall, RestRoute } from './route.ts';

const BATCH = 'application/vnd.microsoft.iothub.json';
const readBatch = listOf(
  objectOf({ body: text, base64Encoded: optional(flag), properties: optional(recordOf(text)) }, 'ignored'),
);
const TO = /^\/?devices\/([^/]+)\/messages\/devicebound$/i;

interface Message {
  payload: Buffer;
  properties: PropertyBag;
}

function messagesIn({ body, headers, rawHeaders, json }: RestCall): Message[] {
  if (!(headers['content-type'] ?? '').toLowerCase().startsWith(BATCH))
    return [{ payload: body, properties: propertiesIn(pairsOf(rawHeaders)) }];
  return readBatch(json(), 'body').map(({ body: content, base64Encoded = true, properties = {} }) => ({
    payload: Buffer.from(content, base64Encoded ? 'base64' : 'utf8'),
    properties: propertiesIn(Object.entries(properties)),
  }));
}

const sizeOf = ({ payload, properties }: Message) => payload.length + formatPropertyBag(properties).length;

/** What devices, and those who write to them, do by HTTPS. */
export function deviceMessageRoutes(devices: DeviceRegistry, hub: Hub, context: CloudContext): RestRoute[] {
  const common = { service: 'hub', needs: 'device' } as const;
  const inbox = '/devices/:/messages/devicebound';
  const active = (id: string) => {
    const device = devices.get(id);
    device.lastActivity = context.clock.wall();
    return device;
  };
  return [
    {
      ...common,
      method: 'POST',
      path: '/devices/:/messages/events',
      handle(call) {
        const device = active(call.parameters[0] ?? '');
        const messages = messagesIn(call);
        if (messages.reduce((size, message) => size + sizeOf(message), 0) > MAX_MESSAGE)
          throw new AzureError(413001, 'The message is larger than 256 KB.');
        for (const { payload, properties } of messages) receiveTelemetry(context, device, payload, properties);
        return { status: 204 };
      },
    },
    {
      ...common,
      method: 'GET',
      path: inbox,
      async handle({ parameters: [id = ''] }) {
        const lock = guid(context.random);
        const message = await active(id).messages.receive(lock);
        if (!message) return { status: 204 };
        const { body, properties, deliveries, expires } = message;
        return {
          status: 200,
          body,
          headers: {
            ETag: `"${lock}"`,
            'Content-Type': 'application/octet-stream',
            'iothub-to': `/devices/${encodeURIComponent(id)}/messages/devicebound`,
            'iothub-deliverycount': String(deliveries - 1),
            'iothub-expiry': new Date(expires).toISOString(),
            ...headersOf(properties),
          },
        };
      },
    },
    {
      ...common,
      method: 'DELETE',
      path: `${inbox}/:`,
      async handle({ parameters: [id = '', lock = ''], query }) {
        await active(id).messages.settle(lock, query.has('reject') ? 'reject' : 'complete');
        return { status: 204 };
      },
    },
    {
      ...common,
      method: 'POST',
      path: `${inbox}/:/abandon`,
      async handle({ parameters: [id = '', lock = ''] }) {
        await active(id).messages.settle(lock, 'abandon');
        return { status: 204 };
      },
    },
    {
      method: 'POST',
      path: '/messages/devicebound',
      service: 'hub',
      needs: ['ServiceConnect'],
      async handle({ headers, rawHeaders, body }) {
        const [, id] = TO.exec(String(headers['iothub-to'] ?? '')) ?? [];
        if (id === undefined)
          throw new AzureError(400004, 'The header IoTHub-To must be /devices/<device id>/messages/devicebound.');
        await hub.sendC2d(decodeId(id), body, propertiesIn(pairsOf(rawHeaders)));
        return { status: 204 };
      },
    },
  ];
}

function decodeId(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new AzureError(400004, 'The device id in IoTHub-To has an escape that cannot be read.');
  }
}
