import { createHmac, randomBytes } from 'node:crypto';
import { objectOf, type Reader, ShapeError } from './shape.ts';

/** The two symmetric keys of a device, an enrollment or a policy, base64: with either a token may be signed. */
export type SymmetricKey = { primaryKey: string; secondaryKey: string };

const KEY_BYTES = 32;
/** What Azure takes as a key, in bytes. */
const [LEAST_BYTES, MOST_BYTES] = [16, 64];
const BASE64 = /^(?:[A-Za-z0-9+/]{4})+(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Whether a text is base64 of 16 to 64 bytes, as Azure asks of a symmetric key. */
export function isKey(text: string): boolean {
  if (typeof text !== 'string' || text.length > 2 * MOST_BYTES || !BASE64.test(text)) return false;
  const { length } = Buffer.from(text, 'base64');
  return length >= LEAST_BYTES && length <= MOST_BYTES;
}

/** A new key of 256 bits. */
export const newKey = (): string => randomBytes(KEY_BYTES).toString('base64');

/** Keys of which some may be given. */
export type GivenKey = { [Name in keyof SymmetricKey]?: string | undefined };

/** New keys; those that are given are taken. */
export const newSymmetricKey = ({ primaryKey, secondaryKey }: GivenKey = {}): SymmetricKey => ({
  primaryKey: primaryKey ?? newKey(),
  secondaryKey: secondaryKey ?? newKey(),
});

/** What is wrong with a key is said without it. */
const key: Reader<string> = (value, name) => {
  if (typeof value === 'string' && isKey(value)) return value;
  throw new ShapeError(`'${name}' must be a key: base64 of 16 to 64 bytes.`);
};

export const readSymmetricKey: Reader<SymmetricKey> = objectOf({ primaryKey: key, secondaryKey: key });

/** HMAC-SHA256 of a text, base64, as tokens and derived keys are made. @param secret base64 */
export const hmac = (secret: string, text: string): string =>
  createHmac('sha256', Buffer.from(secret, 'base64')).update(text).digest('base64');

/** The keys of one device of an enrollment group: each is the HMAC of the registration id. */
export function derivedKey({ primaryKey, secondaryKey }: SymmetricKey, registrationId: string): SymmetricKey {
  return { primaryKey: hmac(primaryKey, registrationId), secondaryKey: hmac(secondaryKey, registrationId) };
}
