import { readEscapes, readHex } from './quoting.ts';

/** An unsolicited event of the module, by what it tells (AT protocol 3, 7). */
export type Urc =
  | { type: 'link-up'; bssid: string; channel: number }
  | { type: 'link-down' }
  | { type: 'address'; ip: string }
  | { type: 'join-failed'; code: number | null }
  | { type: 'time'; unixSeconds: number }
  | { type: 'connack'; accepted: boolean }
  | { type: 'broker'; connected: boolean }
  | { type: 'suback'; ok: boolean }
  | { type: 'unsuback'; ok: boolean }
  | { type: 'published'; ok: boolean }
  | { type: 'message'; topic: string; payload: Buffer }
  | { type: 'other' };

const MESSAGE = '+MQTTPUB:';
/** What UTF-8 and one byte a character have in common; topics are made of it as a rule. */
const ASCII = /^[ -~]*$/;
const ZERO = 0x30;
/** Lengths of topics and payloads have so many digits at most. */
const MAX_DIGITS = 4;
const SECONDS_1900_TO_1970 = 2_208_988_800;

/** Reads an event line; null when it is none, or is not complete. */
export function parseUrc(line: string): Urc | null {
  if (line.startsWith(MESSAGE)) return parseMessage(line);
  if (!line.startsWith('+')) return null;
  const colon = line.indexOf(':');
  const parse = PARSERS.get(colon < 0 ? line : line.slice(0, colon));
  return parse ? parse(colon < 0 ? '' : line.slice(colon + 1)) : null;
}

/** What stands behind the colon, by the name before it. */
const FORMS: Record<string, (value: string) => Urc | null> = {
  '+WSTALU': (value) => {
    const match = /^"([0-9A-F:]{17})",(\d{1,3})$/i.exec(value);
    return match?.[1] && match[2] ? { type: 'link-up', bssid: match[1], channel: Number(match[2]) } : null;
  },
  '+WSTALD': (value) => (value === '' ? { type: 'link-down' } : null),
  '+WSTAAIP': (value) => {
    const ip = /^"([0-9.]{7,15})"$/.exec(value)?.[1];
    return ip ? { type: 'address', ip } : null;
  },
  // The text depends on the verbosity (AT protocol 3.1).
  '+WSTA': (value) => {
    const match = /^(?:ERROR(?::(\d+))?(?:[:,]".*")?|1(?::(\d+))?)$/.exec(value);
    if (!match) return null;
    const code = match[1] ?? match[2];
    return { type: 'join-failed', code: code === undefined ? null : Number(code) };
  },
  '+TIME': (value) => {
    const unixSeconds = parseTime(value);
    return unixSeconds === null ? null : { type: 'time', unixSeconds };
  },
  '+MQTTCONNACK': (value) => {
    const match = /^([01]),[01]$/.exec(value);
    return match ? { type: 'connack', accepted: match[1] === '0' } : null;
  },
  '+MQTTCONN': (value) => flag(value, (on) => ({ type: 'broker', connected: on })),
  // 0 is success here, 1 is success there (T25).
  '+MQTTSUB': (value) => flag(value, (on) => ({ type: 'suback', ok: !on })),
  '+MQTTUNSUB': (value) => flag(value, (on) => ({ type: 'unsuback', ok: on })),
  '+MQTTPUBACC': (value) => (value === '' ? { type: 'published', ok: true } : null),
  '+MQTTPUBERR': (value) => (value === '' ? { type: 'published', ok: false } : null),
  '+LOADCERT': (value) => (/^[01]$/.test(value) ? { type: 'other' } : null),
  '+WSCNIND': (value) => (/^-?\d+,\d+,\d+,/.test(value) ? { type: 'other' } : null),
  '+WSCNDONE': (value) => (value === '' ? { type: 'other' } : null),
  '+PING': (value) => (/^"[^"]*",\d+$/.test(value) ? { type: 'other' } : null),
  '+DNSRESOLV': (value) => (/^(?:0,"[^"]*","[^"]*"|ERROR.*)$/.test(value) ? { type: 'other' } : null),
};

/** Twice as fast with names cut from lines. */
const PARSERS = new Map(Object.entries(FORMS));

function flag(value: string, make: (on: boolean) => Urc): Urc | null {
  return value === '0' || value === '1' ? make(value === '1') : null;
}

/**
 * Reads the value of `+TIME:<format>,<value>` in any of its formats (AT protocol 7.6).
 * @returns seconds since 1970-01-01 UTC
 */
export function parseTime(value: string): number | null {
  const match = /^([123]),(?:(\d{1,10})|"(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{2}Z)")$/.exec(value);
  if (!match) return null;
  const [, format, seconds, text] = match;
  if ((format === '3') !== (text !== undefined)) return null;
  if (text !== undefined) {
    const ms = Date.parse(text);
    return Number.isNaN(ms) ? null : Math.floor(ms / 1000);
  }
  return format === '2' ? Number(seconds) - SECONDS_1900_TO_1970 : Number(seconds);
}

/**
 * Reads `+MQTTPUB:<topic length>,<topic>,<payload length>,<payload>`. Only the lengths tell where a raw string ends,
 * since its quotes and commas are not escaped (AT protocol 5.1).
 */
function parseMessage(line: string): Urc | null {
  const counted = readLength(line, MESSAGE.length);
  if (!counted) return null;
  const { length, open } = counted;
  const hex = readHex(line, open, length);
  if (hex) return message(hex, readPayload(line, open + 2 + 2 * length));
  if (line[open] !== '"') return null;
  // An escaped topic can look like a raw one up to its length; then only the rest of the line decides.
  const rawEnd = open + 1 + length;
  const payload = line[rawEnd] === '"' ? readPayload(line, rawEnd + 1) : null;
  if (payload) return message(line.slice(open + 1, rawEnd), payload);
  const end = closingQuote(line, open + 1);
  const bytes = readEscapes(line.slice(open + 1, end));
  return bytes?.length === length ? message(bytes, readPayload(line, end + 1)) : null;
}

/** @param topic its bytes, or text that has a character for each of them */
function message(topic: Buffer | string, payload: Buffer | null): Urc | null {
  if (payload === null) return null;
  if (typeof topic === 'string' && ASCII.test(topic)) return { type: 'message', topic, payload };
  const bytes = typeof topic === 'string' ? Buffer.from(topic, 'latin1') : topic;
  return { type: 'message', topic: bytes.toString('utf8'), payload };
}

/** Reads `,<length>,<payload>`, which ends the line; raw when it has just its length, else escaped: always longer. */
function readPayload(line: string, start: number): Buffer | null {
  const counted = line[start] === ',' ? readLength(line, start + 1) : null;
  if (!counted) return null;
  const { length, open } = counted;
  const last = line.length - 1;
  if (line[open] === '[') return open + 1 + 2 * length === last ? readHex(line, open, length) : null;
  if (line[open] !== '"' || line[last] !== '"' || last === open) return null;
  const text = line.slice(open + 1, last);
  if (text.length === length) return Buffer.from(text, 'latin1');
  const bytes = readEscapes(text);
  return bytes?.length === length ? bytes : null;
}

/** Reads `<length>,`; `open` is where the string begins that has it. */
function readLength(line: string, start: number): { length: number; open: number } | null {
  let length = 0;
  let at = start;
  for (; at < start + MAX_DIGITS; at++) {
    const digit = line.charCodeAt(at) - ZERO;
    if (!(digit >= 0 && digit <= 9)) break;
    length = 10 * length + digit;
  }
  return at > start && line[at] === ',' ? { length, open: at + 1 } : null;
}

function closingQuote(line: string, start: number): number {
  for (let at = start; at < line.length; at++) {
    if (line[at] === '\\') at++;
    else if (line[at] === '"') return at;
  }
  return start;
}
