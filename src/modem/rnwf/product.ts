import type { CertificateKind, ModemLimits } from '../modem.ts';

/** What the two products of this family do differently; the rest of the folder is about both. */
export interface Product {
  readonly name: 'RNWF02' | 'RNWF11';
  /** The answer to `AT+GMM`; the chip of the RNWF11 is that of AnyCloud too, which prints `=` (RNWF 4). */
  readonly model: RegExp;
  /** What is safe with any firmware. */
  readonly limits: ModemLimits;
  /** Whether it proves its identity with a secure element of its own, or with files (RNWF 7). */
  readonly identity: 'chip' | 'files';
  readonly certificates: readonly CertificateKind[];
  /** The longest name that it can verify a server by, in bytes. */
  readonly domain: number;
  /** Whether it can do Azure's provisioning itself, which must be off then: the session does it. */
  readonly hasAzureClient: boolean;
}

/**
 * In bytes (RNWF 8). The reference has no limit for a topic, nor for a line: it has examples of lines with 1,045 bytes on
 * RNWF02, and the maker's own program has room for 512 and for 1,024. What is received is bounded by what a line holds here.
 */
const RNWF02_LIMITS: ModemLimits = {
  brokerHost: 64,
  clientId: 48,
  userName: 128,
  topic: 255,
  receivedPacket: 3_500,
  command: 1_024,
};

export const RNWF02: Product = {
  name: 'RNWF02',
  model: /^\+GMM[:=]\s*"(?:PIC32MZW2|RNWF02)[^"]*"\s*$/,
  limits: RNWF02_LIMITS,
  identity: 'files',
  certificates: ['device'],
  domain: 64,
  hasAzureClient: false,
};

export const RNWF11: Product = {
  name: 'RNWF11',
  model: /^\+GMM(?::\s*"PIC32MZW1|[:=]\s*"RNWF11)[^"]*"\s*$/,
  limits: { ...RNWF02_LIMITS, clientId: 64, topic: 127, command: 510 },
  identity: 'chip',
  certificates: ['device', 'signer', 'root'],
  domain: 32,
  hasAzureClient: true,
};

/** The version of RNWF02 firmware from which fields are longer. */
const LONGER_FIELDS = [3, 2];
const LONG_HOST = 256;
const LONG_CLIENT_ID = 64;

/** What a module of this family can hold or send at most. */
export const LARGEST_RNWF: ModemLimits = { ...RNWF02_LIMITS, brokerHost: LONG_HOST, clientId: LONG_CLIENT_ID };

/** The limits of a module with this firmware; null where it does not tell. */
export function limitsOf({ name, limits }: Product, firmware: string | null): ModemLimits {
  if (name !== 'RNWF02' || !isAtLeast(firmware, LONGER_FIELDS)) return limits;
  return { ...limits, brokerHost: LONG_HOST, clientId: LONG_CLIENT_ID };
}

/** Whether a version such as `3.2.0` is a given one or newer; false where it is none. */
export function isAtLeast(firmware: string | null, wanted: readonly number[]): boolean {
  const parts = /^(\d+)\.(\d+)(?:\.(\d+))?/.exec(firmware ?? '')?.slice(1);
  if (!parts) return false;
  for (const [index, least] of wanted.entries()) {
    const part = Number(parts[index] ?? 0);
    if (part !== least) return part > least;
  }
  return true;
}

/**
 * The version of the firmware in the answer to `AT+GMR`, which begins with it on RNWF02; on RNWF11 it is a hash and a date,
 * given whole (RNWF 4).
 */
export function firmwareIn(text: string): string {
  return /^\d+\.\d+\.\d+/.exec(text)?.[0] ?? text;
}
