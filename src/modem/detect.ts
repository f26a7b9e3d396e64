import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import { MAX_LOADED } from './anycloud/certificates.ts';
import { LIMITS } from './anycloud/limits.ts';
import { TRAITS } from './anycloud/traits.ts';
import { ALL_FAMILIES, type Family, loadFamily } from './families.ts';
import type { Modem, ModemLimits, OpenQuestion } from './modem.ts';
import { Probe } from './probe.ts';
import { LONGEST_ROOT as LONGEST_RNWF_ROOT } from './rnwf/certificates.ts';
import { LARGEST_RNWF } from './rnwf/product.ts';
import { UndeterminedModem } from './undetermined.ts';

export { FAMILIES, type Family } from './families.ts';

/** What a module of each family can hold or send at most; the one that is found may take less. */
const LIMITS_OF: Readonly<Record<Family, ModemLimits>> = {
  anycloud: LIMITS,
  rnwf02: LARGEST_RNWF,
  rnwf11: LARGEST_RNWF,
};

/** What a module can hold or send at most. @param family null: of any family */
export function largestLimits(family: Family | null): ModemLimits {
  if (family !== null) return LIMITS_OF[family];
  const names = Object.keys(LIMITS) as (keyof ModemLimits)[];
  const all = Object.values(LIMITS_OF);
  const largest = { ...LIMITS };
  for (const name of names) Object.assign(largest, { [name]: Math.max(...all.map((limits) => limits[name])) });
  return largest;
}

/** What a module of any family can hold or send at most. */
export const LARGEST: ModemLimits = largestLimits(null);

/** What is open where it is not known which module it is. */
export const USUAL_QUESTIONS: readonly OpenQuestion[] = TRAITS.openQuestions;

/** The longest root certificate, as PEM, that a module takes; in bytes. @param family null: whichever it is */
export function longestRoot(family: Family | null): number {
  return family === null || family === 'anycloud' ? MAX_LOADED : LONGEST_RNWF_ROOT;
}

/**
 * The module at the other end of `stream`.
 * @param family of the module; null: it is found when the module is synchronized
 */
export async function createModem(stream: Duplex, clock: Clock, family: Family | null = null): Promise<Modem> {
  if (family === null) return new UndeterminedModem(stream, clock, ALL_FAMILIES);
  const make = await loadFamily(family);
  return make(stream, clock);
}

/**
 * Brings what is at the other end of `stream` into order, and makes sure that it is a module.
 * @param family null: any
 * @param onModem is called with it before anything is asked
 * @throws AppError that tells silence, a wrong baud rate and another device apart; the stream is closed then
 */
export async function identifyModem(
  stream: Duplex,
  clock: Clock,
  signal: AbortSignal,
  family: Family | null = null,
  onModem: (modem: Modem) => void = () => undefined,
): Promise<Modem> {
  const modem = await createModem(stream, clock, family);
  onModem(modem);
  try {
    await modem.sync(signal);
    // One whose family was found has said so.
    if (family !== null) await modem.identify(signal);
    return modem;
  } catch (error) {
    await closeLink(modem, stream);
    throw error;
  }
}

/** Ends a module's link, and waits until its port is free again. */
export async function closeLink(link: { close(): void }, stream: Duplex): Promise<void> {
  const closed = stream.destroyed ? null : once(stream, 'close');
  link.close();
  await closed;
}

/** What was sent at a wrong rate may still stand in the module's line, and fall together with the first command. */
const ATTEMPTS = 2;

/** Whether something at the other end of `stream` answers AT commands. The stream is closed afterwards. */
export async function answersAt(stream: Duplex, clock: Clock, signal: AbortSignal): Promise<boolean> {
  const probe = new Probe(stream, clock);
  try {
    return await probe.answers(ATTEMPTS, signal);
  } finally {
    await closeLink(probe, stream);
  }
}
