import { AzureError } from './azure-error.ts';
import type { Fault } from './faults.ts';
import { isJsonObject, type Json } from './json.ts';

type Check = (value: Json) => boolean;

const text: Check = (value) => typeof value === 'string' && value.length > 0 && value.length <= 300;
const oneOf =
  (...words: string[]): Check =>
  (value) =>
    typeof value === 'string' && words.includes(value);
const from =
  (least: number, most: number): Check =>
  (value) =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most;

const COUNTED = { 'count?': from(1, 1_000_000), 'deviceId?': text };
const ANSWER = {
  'status?': from(400, 599),
  'errorCode?': from(400_000, 599_999),
  'message?': text,
  'retryAfter?': from(0, 86_400),
  'delay?': from(0, 3_600_000),
};
const SERVICE = { 'service?': oneOf('dps', 'hub') };

/** The members of each type of fault; a question mark stands on those that may be left out. */
const SHAPES: Record<Fault['type'], Record<string, Check>> = {
  dps: {
    'on?': oneOf('register', 'poll'),
    answer: oneOf(
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
    ),
    ...ANSWER,
    ...COUNTED,
  },
  twin: {
    'on?': oneOf('get', 'patch'),
    answer: oneOf('status', 'none', 'drop', 'malformed', 'empty', 'oversize', 'delay'),
    ...ANSWER,
    ...COUNTED,
  },
  connect: { answer: oneOf('code', 'none', 'drop'), 'code?': from(1, 5), ...SERVICE, ...COUNTED },
  lose: { packet: oneOf('suback', 'unsuback', 'puback', 'pingresp'), ...SERVICE, ...COUNTED },
  throttle: { seconds: from(1, 86_400), ...SERVICE },
  kick: { deviceId: text },
  disable: { deviceId: text },
  enable: { deviceId: text },
  delete: { deviceId: text },
  move: { deviceId: text, hub: text },
};

const bad = (message: string) => new AzureError(400004, message);

/** A fault as it came over HTTP. @throws AzureError 400004 that names the member that is wrong. */
export function parseFault(json: Json): Fault {
  const type = isJsonObject(json) ? json['type'] : undefined;
  if (!isJsonObject(json) || typeof type !== 'string' || !Object.hasOwn(SHAPES, type)) {
    throw bad(`A fault has a type: one of ${Object.keys(SHAPES).join(', ')}.`);
  }
  const shape = SHAPES[type as Fault['type']];
  for (const [member, value] of Object.entries(json)) {
    if (member === 'type') continue;
    const check = Object.hasOwn(shape, member) ? shape[member] : shape[`${member}?`];
    if (!check) throw bad(`A ${type} fault has no '${member}'.`);
    if (!check(value)) throw bad(`'${member}' of a ${type} fault cannot be ${JSON.stringify(value)}.`);
  }
  const missing = Object.keys(shape).find((member) => !member.endsWith('?') && !Object.hasOwn(json, member));
  if (missing) throw bad(`A ${type} fault needs '${missing}'.`);
  // Every member has been checked against the shape of its type.
  return json as unknown as Fault;
}
