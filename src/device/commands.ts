import { parseDuration } from '../azure/duration.ts';
import { isJsonObject, parseJson } from '../azure/json.ts';
import type { Json, JsonObject } from '../events.ts';

const OK = 200;
const BAD_REQUEST = 400;
const NOT_FOUND = 404;
/** A command to the module has 510 bytes for topic and answer together (T6), so what is quoted is short. */
const LONGEST_QUOTE = 40;

/** What a command leads to beyond its answer. */
export type CommandEffect = { kind: 'reboot'; delaySeconds: number } | { kind: 'message'; text: string };

export interface CommandAnswer {
  name: string;
  /** What was received: null for nothing, the text itself when it is not JSON. */
  request: Json;
  /** Like HTTP's. */
  status: number;
  /** At most 300 bytes as ASCII JSON. */
  response: JsonObject;
  effect?: CommandEffect;
}

type Handled = Omit<CommandAnswer, 'name' | 'request'>;

const HANDLERS = new Map<string, (request: Json) => Handled>([
  ['reboot', reboot],
  ['sendMsg', sendMsg],
]);

/** Answers a command of the cloud (Azure 2.5, 4.2): every one is, or its caller would wait for the time-out. */
export function handleCommand(name: string, payload: Uint8Array): CommandAnswer {
  const parsed = parseJson(payload);
  const request = parsed.ok ? (parsed.value ?? null) : new TextDecoder().decode(payload);
  const handler = HANDLERS.get(name);
  if (!handler) return { name, request, ...refused(NOT_FOUND, `This device has no command${quoted(name)}`) };
  if (!parsed.ok) return { name, request, ...refused(BAD_REQUEST, `The request cannot be read: ${parsed.reason}`) };
  return { name, request, ...handler(request) };
}

function reboot(request: Json): Handled {
  const delay = member(request, 'delay');
  if (typeof delay !== 'string') {
    return refused(BAD_REQUEST, 'The request must hold a delay, an ISO 8601 duration such as PT5S');
  }
  const duration = parseDuration(delay);
  if ('invalid' in duration) {
    return refused(BAD_REQUEST, `The delay${quoted(delay)} cannot be used: ${duration.invalid}`);
  }
  const delaySeconds = Math.ceil(duration.seconds);
  return { status: OK, response: { status: 'Success', delay: delaySeconds }, effect: { kind: 'reboot', delaySeconds } };
}

function sendMsg(request: Json): Handled {
  const text = member(request, 'sendMsgString');
  if (typeof text !== 'string') return refused(BAD_REQUEST, 'The request must hold sendMsgString, a string');
  return { status: OK, response: { status: 'Success' }, effect: { kind: 'message', text } };
}

function refused(status: number, sentence: string): Handled {
  return { status, response: { status: sentence } };
}

function member(request: Json, name: string): Json | undefined {
  return isJsonObject(request) && Object.hasOwn(request, name) ? request[name] : undefined;
}

/** What was received, after a space, when it is short and plain enough to be repeated; else nothing. */
function quoted(text: string): string {
  return text.length <= LONGEST_QUOTE && /^[ !#-[\]-~]+$/.test(text) ? ` '${text}'` : '';
}
