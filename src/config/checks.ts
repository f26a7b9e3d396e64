/** What a text means as a setting, or a phrase that says what it must be instead. */
export type Checked<Value> = { value: Value } | { must: string };

/** What a module can hold, in characters: settings are ASCII where it counts. */
export interface Limits {
  readonly deviceId: number;
  /** Names of hosts. */
  readonly host: number;
}

export type Check<Value> = ((text: string, limits: Limits) => Checked<Value>) & Choices;
/** A check that has nothing to do with modules. */
export type PlainCheck<Value> = ((text: string) => Checked<Value>) & Choices;

interface Choices {
  /** All values that are taken, where they can be listed. */
  readonly values?: readonly (string | number)[];
}

// `set NAME=COM5 && ...` on Windows leaves a blank at the end, so whatever has no blanks of its own is trimmed.

/** A whole number from `min` to `max`, in decimal digits. */
export function integer(min: number, max: number): PlainCheck<number> {
  return (text) => {
    const number = /^\d{1,15}$/.test(text.trim()) ? Number(text) : Number.NaN;
    return number >= min && number <= max ? { value: number } : { must: `be a whole number from ${min} to ${max}` };
  };
}

/** One of `values`; upper and lower case are the same. */
export function choice<const Value extends string | number>(values: readonly Value[]): PlainCheck<Value> {
  const check = (text: string): Checked<Value> => {
    const value = values.find((candidate) => String(candidate) === text.trim().toLowerCase());
    return value === undefined ? { must: `be one of ${values.join(', ')}` } : { value };
  };
  return Object.assign(check, { values });
}

/** A text that `pattern` accepts whole; `must` describes it. */
export function matching(pattern: RegExp, must: string): PlainCheck<string> {
  return (text) => (pattern.test(text.trim()) ? { value: text.trim() } : { must });
}

/** A text of `min` to `max` bytes in UTF-8, blanks included. */
export function bytes(min: number, max: number): PlainCheck<string> {
  return (text) => {
    const length = Buffer.byteLength(text);
    return length >= min && length <= max ? { value: text } : { must: `have ${min} to ${max} bytes` };
  };
}

const DNS_NAME = /^[0-9A-Za-z](?:[0-9A-Za-z-]*[0-9A-Za-z])?(?:\.[0-9A-Za-z](?:[0-9A-Za-z-]*[0-9A-Za-z])?)*$/;

/** A DNS name or an IPv4 address. */
export const host: Check<string> = (text, limits) => {
  const name = text.trim();
  const valid = /^[\d.]+$/.test(name) ? isIPv4(name) : DNS_NAME.test(name);
  if (valid && name.length <= limits.host) return { value: name };
  return { must: `be a plain DNS name or an IPv4 address of at most ${limits.host} characters` };
};

/** The same, of whatever length DNS allows: one that no module has to hold. */
export const plainHost: PlainCheck<string> = (text) => host(text, { host: LONGEST_NAME, deviceId: 0 });

const LONGEST_NAME = 253;

/** Several texts, with commas between them. */
export function listOf(check: PlainCheck<string>): PlainCheck<string[]> {
  return (text) => {
    if (text === '') return { value: [] };
    const checked = text.split(',').map(check);
    const wrong = checked.find((each) => 'must' in each);
    if (wrong && 'must' in wrong) return { must: `each ${wrong.must}` };
    return { value: checked.flatMap((each) => ('value' in each ? [each.value] : [])) };
  };
}

const MAPPED = /^::ffff:(?=\d+\.)/i;
const NOWHERE = '0.0.0.0';

/** One IPv4 address to listen on, or `auto`; a flag without a value is given as `true`. */
export const ownAddress: PlainCheck<string> = (text) => {
  const address = text.trim().replace(MAPPED, '');
  if (/^(?:true|auto)$/i.test(address)) return { value: 'auto' };
  return isIPv4(address) && address !== NOWHERE
    ? { value: address }
    : { must: 'be auto, or one IPv4 address of this computer: boards know no other' };
};

/** Where something listens: an IPv4 address and, behind a colon, its port; 1883 unless told. */
export const hostAndPort: PlainCheck<string> = (text) => {
  const [address = '', port = '1883', ...rest] = text.trim().split(':');
  const isPort = /^\d{1,5}$/.test(port) && Number(port) >= 1 && Number(port) <= 65_535;
  return isIPv4(address) && address !== NOWHERE && isPort && rest.length === 0
    ? { value: `${address}:${Number(port)}` }
    : { must: 'be an IPv4 address such as 192.168.1.10, with a port behind a colon where it is not 1883' };
};

/** A symmetric key as Azure's portal shows it. */
export const accessKey: PlainCheck<string> = (text) => {
  const key = text.trim();
  const length = Buffer.from(key, 'base64').length;
  const isKey = /^[0-9A-Za-z+/]+={0,2}$/.test(key) && key.length % 4 === 0 && length >= 16 && length <= 64;
  return isKey ? { value: key } : { must: 'be a key as the portal shows it: base 64, of 16 to 64 bytes' };
};

/** A registration id of DPS. */
export const deviceId: Check<string> = (text, limits) => {
  const id = text.trim();
  if (/^[0-9A-Za-z._:-]*[0-9A-Za-z-]$/.test(id) && id.length <= limits.deviceId) return { value: id };
  return {
    must: `have 1 to ${limits.deviceId} letters, digits or any of - . _ : and end in a letter, a digit or -`,
  };
};

/** What WPA takes: a passphrase of 8 to 63 printable ASCII characters, or the key itself in 64 hex digits. */
export const wpaPassphrase: PlainCheck<string> = (text) =>
  /^(?:[ -~]{8,63}|[0-9A-Fa-f]{64})$/.test(text)
    ? { value: text }
    : { must: 'have 8 to 63 printable ASCII characters, or be a key of 64 hex digits' };

/** A flag without an argument: given means true. */
export const given: PlainCheck<boolean> = (text) => ({ value: text === 'true' });

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);

/** The same as Node's, whose module costs more time than all of these checks. */
function isIPv4(text: string): boolean {
  return IPV4.test(text);
}
