import { timingSafeEqual } from 'node:crypto';
import { hmac, type SymmetricKey } from './symmetric-key.ts';
import { percentDecode } from './topics.ts';

/** A shared access signature: `SharedAccessSignature sr=…&sig=…&se=…[&skn=…]`. Nothing in it is proved yet. */
export interface SasToken {
  /** `sr` and `se` as they were signed, in the client's own spelling. */
  audience: string;
  expiry: string;
  /** `sr`, decoded. */
  resource: string;
  /** Base64 of 32 bytes. */
  signature: string;
  /** When it expires, in milliseconds since 1970. */
  expires: number;
  /** The policy whose key has signed it; null: a device's own key. */
  policy: string | null;
}

/** What is wrong with a token, in words that do not repeat its signature. */
export interface TokenProblem {
  problem: string;
}

/** How far a client's clock may be behind, in milliseconds: Azure takes a token for so long after it has expired. */
const CLOCK_SKEW = 300_000;
const MAX_TOKEN = 8192;
const MAX_QUOTED = 160;
const SCHEME = /^SharedAccessSignature ([!-~]+)$/;
const SIGNATURE = /^[A-Za-z0-9+/]{43}=$/;
/** Seconds since 1970; fifteen digits are the year 31,710,000. */
const EXPIRY = /^\d{1,15}(?:\.\d{1,9})?$/;

const quote = (text: string) => JSON.stringify(text.slice(0, MAX_QUOTED));

/** A field as it is decoded in a query, where a plus sign is a blank. */
const decode = (text: string) => percentDecode(text.replaceAll('+', ' '));

/** Reads a token, whose fields may come in any order and be spelt in any case. */
export function parseSasToken(text: string): SasToken | TokenProblem {
  const [, body] = (text.length <= MAX_TOKEN && SCHEME.exec(text.trim())) || [];
  if (body === undefined) return { problem: 'it is not a token: SharedAccessSignature sr=…&sig=…&se=…' };
  const fields = new Map<string, string>();
  for (const field of body.split('&').filter((part) => part !== '')) {
    const [name = '', value = ''] = field.split(/=(.*)/s);
    if (fields.has(name.toLowerCase())) return { problem: `the token has ${quote(name)} twice` };
    fields.set(name.toLowerCase(), value);
  }
  const [audience, encoded, se] = [fields.get('sr') ?? '', fields.get('sig') ?? '', fields.get('se') ?? ''];
  const missing = Object.entries({ sr: audience, sig: encoded, se }).find(([, value]) => value === '');
  if (missing) return { problem: `the token has no ${missing[0]}` };
  const resource = decode(audience);
  if (resource === undefined) return { problem: 'sr of the token is not URL-encoded' };
  const signature = decode(encoded) ?? '';
  if (!SIGNATURE.test(signature)) return { problem: 'sig of the token is not the URL-encoded base64 of 32 bytes' };
  const expiry = decode(se) ?? '';
  if (!EXPIRY.test(expiry)) return { problem: 'se of the token is not a number of seconds since 1970' };
  const policy = decode(fields.get('skn') ?? '') || null;
  return { audience, expiry, resource, signature, expires: Number(expiry) * 1000, policy };
}

/** Whether a token was signed with one of these keys. It takes as long whatever is wrong with the signature. */
export function isSignedWith(
  { audience, expiry, signature }: SasToken,
  { primaryKey, secondaryKey }: SymmetricKey,
): boolean {
  const given = Buffer.from(signature);
  const [primary, secondary] = [primaryKey, secondaryKey].map((key) =>
    timingSafeEqual(Buffer.from(hmac(key, `${audience}\n${expiry}`)), given),
  );
  return primary === true || secondary === true;
}

/** Why a token does not count at this time; null when it does. @param now in milliseconds since 1970 */
export function expiryOfToken({ expires }: SasToken, now: number): string | null {
  if (now < expires + CLOCK_SKEW) return null;
  return `the token has expired on ${isoTime(expires)}`;
}

/**
 * When a connection with this token ends, in milliseconds since 1970: when it expires. One that has expired, and is taken
 * since the client's clock may be behind, is good until that could no longer be.
 */
export function endOfToken({ expires }: SasToken, now: number): number {
  return expires > now ? expires : expires + CLOCK_SKEW;
}

const LAST_DATE = 8.64e15;
const isoTime = (ms: number) => new Date(Math.min(ms, LAST_DATE)).toISOString();

/** A host as it is compared: without its port, and without regard to case. */
const hostOf = (text: string) => text.toLowerCase().replace(/:\d+$/, '');

/**
 * Why a token is for something else; null when it is for the resource, or for what that is a part of.
 * @param hosts the names that the service goes by
 * @param path the segments of the resource's path, not encoded
 */
export function misdirection({ resource }: SasToken, hosts: readonly string[], path: readonly string[]): string | null {
  const [host = '', ...segments] = resource.replace(/\/+$/, '').split('/');
  const isHere = hosts.some((name) => hostOf(name) === hostOf(host));
  if (isHere && segments.length <= path.length && segments.every((part, index) => isSame(part, path[index] ?? '')))
    return null;
  return `the token is for ${quote(resource)}, not for ${quote([hosts[0], ...path].join('/'))}`;
}

/** Ids are encoded once more within `sr` by some clients, and not by others. */
function isSame(segment: string, id: string): boolean {
  const wanted = id.toLowerCase();
  return segment.toLowerCase() === wanted || percentDecode(segment)?.toLowerCase() === wanted;
}
