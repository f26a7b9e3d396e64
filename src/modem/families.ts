import { type Product, RNWF02, RNWF11 } from './rnwf/product.ts';
import { strangerError } from './stranger.ts';
import type { Families, MakeModem } from './undetermined.ts';

/** The kinds of modules that are known, as settings name them. */
export const FAMILIES = ['anycloud', 'rnwf02', 'rnwf11'] as const;
export type Family = (typeof FAMILIES)[number];

/** The answer to `AT+GMM` of each; the chip of two of them is the same, and only the sign before it tells them apart. */
const MODELS: readonly [RegExp, Family][] = [
  [/^\+GMM="PIC32MZW1"$/, 'anycloud'],
  [RNWF02.model, 'rnwf02'],
  [RNWF11.model, 'rnwf11'],
];

/** How a modem of each is made. The families are the largest part of a session, so that only the one that is there is loaded. */
const LOAD: Readonly<Record<Family, () => Promise<MakeModem>>> = {
  async anycloud() {
    const { AnyCloudModem } = await import('./anycloud/modem.ts');
    return (stream, clock) => new AnyCloudModem(stream, clock);
  },
  rnwf02: () => loadRnwf(RNWF02),
  rnwf11: () => loadRnwf(RNWF11),
};

async function loadRnwf(product: Product): Promise<MakeModem> {
  const { RnwfModem } = await import('./rnwf/modem.ts');
  return (stream, clock) => new RnwfModem(stream, clock, product);
}

const loaded = new Map<Family, Promise<MakeModem>>();

/** How the modem of a family is made, whatever the module calls itself. */
export function loadFamily(family: Family): Promise<MakeModem> {
  const make = loaded.get(family) ?? LOAD[family]();
  loaded.set(family, make);
  return make;
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
  async load(lines) {
    const family = familyIn(lines);
    if (family === null) throw strangerError(null, lines);
    return loadFamily(family);
  },
};
