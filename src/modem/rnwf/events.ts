import { isIPv4, isIPv6 } from 'node:net';
import { codeOf, integerOf, readValues, stringOf, textOf, type Value } from './values.ts';

/** What the module tells by itself (RNWF 2, 5 to 8). */
export type RnwfEvent =
  | { type: 'link-up' }
  | { type: 'link-down' }
  /** Of the addresses only those of IPv4 count; the others come earlier, and lead nowhere. */
  | { type: 'address'; ip: string }
  | { type: 'join-failed'; code: string | null }
  | { type: 'time'; unixSeconds: number }
  | { type: 'connack'; accepted: boolean }
  | { type: 'broker'; connected: boolean }
  | { type: 'suback'; ok: boolean }
  | { type: 'unsuback'; ok: boolean }
  /** `id` is null where the line does not tell it. */
  | { type: 'published'; ok: boolean; id: number | null }
  | { type: 'message'; topic: string; payload: Buffer }
  /** A message that is too long to be printed at once, and waits to be read. */
  | { type: 'announced'; topic: string; id: number; length: number }
  | { type: 'tls-failed'; code: string | null }
  | { type: 'name-failed' }
  | { type: 'network'; rssi: number; security: number; channel: number; bssid: string; ssid: string }
  | { type: 'scanned' }
  /** A file has come whole, and is kept. */
  | { type: 'file-stored'; name: string }
  | { type: 'other' };

type Values = readonly Value[];
type Form = (values: Values) => RnwfEvent | null;

const OTHER: RnwfEvent = { type: 'other' };
/** From here on a reason of MQTT 5 is a failure. */
const FAILURE = 128;
const SECONDS_1900_TO_1970 = 2_208_988_800;
/** A number of seconds from here on counts from 1900; until 2040 none that counts from 1970 is so large. */
const FIRST_NTP_TIME = SECONDS_1900_TO_1970;

const other = (): RnwfEvent => OTHER;

/** What stands behind the colon, by the name before it. */
const FORMS: Record<string, Form> = {
  '+WSTALU': (values) => (textOf(values.at(-2)) !== null && values.length <= 3 ? { type: 'link-up' } : null),
  '+WSTALD': (values) => (values.length <= 1 ? { type: 'link-down' } : null),
  '+WSTAAIP': (values) => address(textOf(values.at(-1)), values.length),
  '+WSTAERR': ([code]) => ({ type: 'join-failed', code: codeOf(code) }),
  '+WSTAROAM': other,
  '+TIME': (values) => time(values.at(-1), values.length),
  '+MQTTCONN': ([state, ...rest]) => (rest.length === 0 ? flag(state) : null),
  '+MQTTCONNACK': ([, reason]) => {
    const number = integerOf(reason);
    return number === null ? null : { type: 'connack', accepted: number === 0 };
  },
  '+MQTTSUB': ([reason]) => acknowledgement('suback', reason),
  '+MQTTUNSUB': ([reason]) => acknowledgement('unsuback', reason),
  '+MQTTPUBACK': ([id]) => ({ type: 'published', ok: true, id: integerOf(id) }),
  '+MQTTPUBCOMP': ([id]) => ({ type: 'published', ok: true, id: integerOf(id) }),
  '+MQTTPUBERR': ([id]) => ({ type: 'published', ok: false, id: integerOf(id) }),
  '+MQTTSUBRX': received,
  '+MQTTPROPRX': other,
  '+TLSERR': ([, code]) => ({ type: 'tls-failed', code: codeOf(code) }),
  '+DNSERR': () => ({ type: 'name-failed' }),
  '+DNSRESOLV': other,
  '+SNTPERR': other,
  '+PING': other,
  '+PINGERR': other,
  '+ASSOC': other,
  '+SYSLOG': other,
  '+FSUP': fileStored,
  '+EXTCRYPTO': other,
  '+WSCNIND': network,
  '+WSCNDONE': (values) => (values.length <= 1 ? { type: 'scanned' } : null),
};

/** What the late failure of an accepted command means, by its name: `+NAME:ERROR:<code>` (RNWF 2). */
const FAILURES: Record<string, (code: string | null) => RnwfEvent> = {
  '+WSTA': (code) => ({ type: 'join-failed', code }),
  '+MQTTCONN': () => ({ type: 'broker', connected: false }),
  '+MQTTSUB': () => ({ type: 'suback', ok: false }),
  '+MQTTUNSUB': () => ({ type: 'unsuback', ok: false }),
  '+MQTTPUB': () => ({ type: 'published', ok: false, id: null }),
  '+TLS': (code) => ({ type: 'tls-failed', code }),
};

const LINE = /^(\+[A-Z0-9]+)(?::(.*))?$/;
const LATE_ERROR = /^ERROR(?::(\d{1,2}\.\d{1,3}))?(?:[:,].*)?$/;

/** Reads an event line; null when it is none, or is not complete. */
export function parseEvent(line: string): RnwfEvent | null {
  const [, name = '', printed = ''] = LINE.exec(line) ?? [];
  const text = printed.trim();
  if (name === '') return null;
  const late = LATE_ERROR.exec(text);
  if (late) return Object.hasOwn(FAILURES, name) ? (FAILURES[name]?.(late[1] ?? null) ?? null) : OTHER;
  const form = Object.hasOwn(FORMS, name) ? FORMS[name] : undefined;
  if (!form) return null;
  const values = readValues(text);
  return values === null ? null : form(values);
}

function flag(value: Value | undefined): RnwfEvent | null {
  const state = integerOf(value);
  return state === 0 || state === 1 ? { type: 'broker', connected: state === 1 } : null;
}

function acknowledgement(type: 'suback' | 'unsuback', reason: Value | undefined): RnwfEvent | null {
  const number = integerOf(reason);
  return number === null ? null : { type, ok: number < FAILURE };
}

function address(text: string | null, count: number): RnwfEvent | null {
  if (text === null || count > 2) return null;
  if (isIPv4(text)) return { type: 'address', ip: text };
  return isIPv6(text) ? OTHER : null;
}

/** Without a format (RNWF 6); a number before it, as another family prints, does no harm. */
function time(value: Value | undefined, count: number): RnwfEvent | null {
  if (count > 2) return null;
  const seconds = integerOf(value);
  if (seconds !== null && seconds >= 0) {
    return { type: 'time', unixSeconds: seconds >= FIRST_NTP_TIME ? seconds - SECONDS_1900_TO_1970 : seconds };
  }
  const ms = Date.parse(textOf(value) ?? '');
  return Number.isNaN(ms) ? null : { type: 'time', unixSeconds: Math.floor(ms / 1000) };
}

/** `<dup>,<qos>,<retain>,<topic>,<payload>`, or `<message id>,<length>` in place of the payload (RNWF 8). */
function received(values: Values): RnwfEvent | null {
  const [dup, qos, retain, topicValue, first, second, ...rest] = values;
  const topic = textOf(topicValue);
  const flags = [dup, qos, retain].map(integerOf);
  if (topic === null || rest.length > 0 || flags.includes(null)) return null;
  if (second === undefined) {
    const payload = stringOf(first);
    return payload === null ? null : { type: 'message', topic, payload };
  }
  const [id, length] = [integerOf(first), integerOf(second)];
  return id === null || length === null || length < 0 ? null : { type: 'announced', topic, id, length };
}

/** `<operation>,<type>,<name>,<length>` (RNWF 9). */
function fileStored(values: Values): RnwfEvent {
  const name = values.flatMap((value) => textOf(value) ?? [])[0];
  return name === undefined ? OTHER : { type: 'file-stored', name };
}

function network(values: Values): RnwfEvent | null {
  const [rssiValue, securityValue, channelValue, bssidValue, ssidValue, ...rest] = values;
  const [rssi, security, channel] = [rssiValue, securityValue, channelValue].map(integerOf);
  const [bssid, printed] = [textOf(bssidValue), textOf(ssidValue)];
  if (rssi == null || security == null || channel == null || rest.length > 0) return null;
  if (bssid === null || printed === null) return null;
  // Hidden networks show as so many NUL characters.
  const ssid = printed.replace(/\0+$/, '');
  return { type: 'network', rssi, security, channel, bssid, ssid };
}
