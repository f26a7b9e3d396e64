import { isJsonObject, type Json } from '../../json.ts';
import { AzureError } from './azure-error.ts';
import type { Fault } from './faults.ts';
import { integer, objectOf, oneOf, optional, type Reader, ShapeError, that } from './shape.ts';

const MAX_TEXT = 300;
const shortText = that(
  `a text of 1 to ${MAX_TEXT} characters`,
  (value): value is string => typeof value === 'string' && value.length > 0 && value.length <= MAX_TEXT,
);

const COUNTED = { count: optional(integer(1, 1_000_000)), deviceId: optional(shortText) };
const ANSWER = {
  status: optional(integer(400, 599)),
  errorCode: optional(integer(400_000, 599_999)),
  message: optional(shortText),
  retryAfter: optional(integer(0, 86_400)),
  delay: optional(integer(0, 3_600_000)),
};
const SERVICE = { service: optional(oneOf('dps', 'hub')) };
const DPS_ANSWERS = [
  'status',
  'failed',
  'disabled',
  'unassigned',
  'mqttV5',
  'none',
  'drop',
  'malformed',
  'empty',
  'delay',
] as const;
const TWIN_ANSWERS = ['status', 'none', 'drop', 'malformed', 'empty', 'oversize', 'delay'] as const;

const ofDevice = <T extends 'kick' | 'disable' | 'enable' | 'delete'>(type: T) =>
  objectOf({ type: oneOf(type), deviceId: shortText });

const READERS: Record<Fault['type'], Reader<Fault>> = {
  dps: objectOf({
    type: oneOf('dps'),
    on: optional(oneOf('register', 'poll')),
    answer: oneOf(...DPS_ANSWERS),
    ...ANSWER,
    ...COUNTED,
  }),
  twin: objectOf({
    type: oneOf('twin'),
    on: optional(oneOf('get', 'patch')),
    answer: oneOf(...TWIN_ANSWERS),
    ...ANSWER,
    ...COUNTED,
  }),
  connect: objectOf({
    type: oneOf('connect'),
    answer: oneOf('code', 'none', 'drop'),
    code: optional(oneOf(1, 2, 3, 4, 5)),
    ...SERVICE,
    ...COUNTED,
  }),
  lose: objectOf({
    type: oneOf('lose'),
    packet: oneOf('suback', 'unsuback', 'puback', 'pingresp'),
    ...SERVICE,
    ...COUNTED,
  }),
  throttle: objectOf({
    type: oneOf('throttle'),
    seconds: integer(1, 86_400),
    deviceId: optional(shortText),
    ...SERVICE,
  }),
  kick: ofDevice('kick'),
  disable: ofDevice('disable'),
  enable: ofDevice('enable'),
  delete: ofDevice('delete'),
  move: objectOf({ type: oneOf('move'), deviceId: shortText, hub: shortText }),
};

/** A fault as it came over HTTP. @throws AzureError 400004 that names the member that is wrong. */
export function parseFault(json: Json): Fault {
  const type = isJsonObject(json) ? json['type'] : undefined;
  const [, read] = Object.entries(READERS).find(([name]) => name === type) ?? [];
  if (!read) throw new AzureError(400004, `A fault has a type: one of ${Object.keys(READERS).join(', ')}.`);
  try {
    return read(json, '');
  } catch (error) {
    if (error instanceof ShapeError) throw new AzureError(400004, `A ${String(type)} fault: ${error.message}`);
    throw error;
  }
}
