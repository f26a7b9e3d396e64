import type { Json } from '../../json.ts';
import { AzureError } from './azure-error.ts';
import { readMessages } from './c2d.ts';
import type { CloudContext } from './context.ts';
import { readDevice } from './device-record.ts';
import { readEnrollmentRecord } from './enrollment-record.ts';
import { checkEnrollment } from './enrollments.ts';
import type { Reader } from './shape.ts';
import { readSymmetricKey } from './symmetric-key.ts';

/** Under what each kind of thing is kept: these prefixes, then the id. */
export const KEPT = { device: 'device/', messages: 'messages/', enrollment: 'enrollment/', policy: 'policy/' } as const;

const READERS: Record<(typeof KEPT)[keyof typeof KEPT], Reader<unknown>> = {
  [KEPT.device](value, key) {
    if (KEPT.device + readDevice(value, key).id !== key) throw new Error(`${key} is another device`);
  },
  [KEPT.messages]: readMessages,
  [KEPT.policy]: readSymmetricKey,
  [KEPT.enrollment]: (value, key) => checkEnrollment(readEnrollmentRecord(value, key).enrollment),
};

/** @throws Error for a value that cannot stand under this key. */
export function checkKept(key: string, value: Json): void {
  const [, read] = Object.entries(READERS).find(([prefix]) => key.startsWith(prefix)) ?? [];
  if (!read) throw new Error(`nothing is kept under '${key}'`);
  read(value, key);
}

/** A line of a journal from before Azure's spelling was taken. */
export const upgradeLine = (line: string): string =>
  line.replace(/^\{"key":"enrolment\//, '{"key":"enrollment/').replace('"enrolmentGroup":', '"enrollmentGroup":');

/** The entries of one kind, by id. */
export function keptBy<T>(
  entries: ReadonlyMap<string, Json>,
  prefix: (typeof KEPT)[keyof typeof KEPT],
  read: Reader<T>,
): Map<string, T> {
  const found = [...entries].filter(([key]) => key.startsWith(prefix));
  return new Map(found.map(([key, value]) => [key.slice(prefix.length), read(value, key)]));
}

/** Keeps a value, or forgets it. @throws AzureError 500001 when that could not be written down */
export async function keep({ store, log }: CloudContext, key: string, value: Json | undefined): Promise<void> {
  try {
    await store.save(key, value);
  } catch (error) {
    log(`cannot keep ${key}: ${String(error)}`);
    throw new AzureError(500001, 'The change could not be written down, and is not in force.');
  }
}
