import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import { AnyCloudModem } from './anycloud/modem.ts';
import type { Modem } from './modem.ts';
import { RnwfModem } from './rnwf/modem.ts';
import { RNWF02, RNWF11 } from './rnwf/product.ts';
import { strangerError } from './stranger.ts';
import type { Families } from './undetermined.ts';

/** The kinds of modules that are known, as settings name them. */
export const FAMILIES = ['anycloud', 'rnwf02', 'rnwf11'] as const;
export type Family = (typeof FAMILIES)[number];

/** The answer to `AT+GMM` of each; the chip of two of them is the same, and only the sign before it tells them apart. */
const MODELS: readonly [RegExp, Family][] = [
  [/^\+GMM="PIC32MZW1"$/, 'anycloud'],
  [RNWF02.model, 'rnwf02'],
  [RNWF11.model, 'rnwf11'],
];

const MAKE: Readonly<Record<Family, (stream: Duplex, clock: Clock) => Modem>> = {
  anycloud: (stream, clock) => new AnyCloudModem(stream, clock),
  rnwf02: (stream, clock) => new RnwfModem(stream, clock, RNWF02),
  rnwf11: (stream, clock) => new RnwfModem(stream, clock, RNWF11),
};

/** The module of a family at the other end of `stream`, whatever that calls itself. */
export function createOfFamily(family: Family, stream: Duplex, clock: Clock): Modem {
  return MAKE[family](stream, clock);
}

function familyIn(lines: readonly string[]): Family | null {
  for (const line of lines) {
    const found = MODELS.find(([form]) => form.test(line));
    if (found) return found[1];
  }
  return null;
}

/** All families, by what their modules call themselves. */
export const ALL_FAMILIES: Families = {
  areKnown: (lines) => familyIn(lines) !== null,
  create(lines, stream, clock) {
    const family = familyIn(lines);
    if (family === null) throw strangerError(null, lines);
    return createOfFamily(family, stream, clock);
  },
};
