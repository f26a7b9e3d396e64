import type { Json } from '../events.ts';

/** A text in one or several languages, by language code (`en`, `de`, `zh-Hant`). A text that names none is English. */
export type LocalizedText = Readonly<Record<string, string>>;

/** What an element of a model says about itself beside its name. */
export interface Described {
  readonly displayName: LocalizedText;
  readonly description: LocalizedText;
}

/** The schemas that DTDL 2 and 3 have built in and that hold one value. */
export const PRIMITIVES = [
  'boolean',
  'date',
  'dateTime',
  'double',
  'duration',
  'float',
  'integer',
  'long',
  'string',
  'time',
] as const;

export type Primitive = (typeof PRIMITIVES)[number];

/** A built-in schema that is an object: GeoJSON's shapes, and the two of the IoT Central context. */
export type StandardObject =
  | 'point'
  | 'multiPoint'
  | 'lineString'
  | 'multiLineString'
  | 'polygon'
  | 'multiPolygon'
  | 'geopoint'
  | 'vector';

export interface EnumValue extends Described {
  readonly name: string;
  readonly value: number | string;
}

/** What values an element may have; every reference is resolved. */
export type Schema =
  | { readonly kind: Primitive }
  | { readonly kind: 'enum'; readonly valueKind: 'integer' | 'string'; readonly values: readonly EnumValue[] }
  /** `standard` names the built-in schema that this is. */
  | { readonly kind: 'object'; readonly fields: readonly Field[]; readonly standard?: StandardObject }
  | { readonly kind: 'array'; readonly element: Schema }
  /** Keys are strings; `keyName` tells what they stand for. */
  | { readonly kind: 'map'; readonly keyName: string; readonly value: Field };

/** A named value: a field, a map's value, a command's request or response; and what telemetry and properties have. */
export interface Field extends Described {
  readonly name: string;
  readonly schema: Schema;
  /** Semantic types, such as `Temperature`, also those that DTDL does not define. */
  readonly semanticTypes: readonly string[];
  /** A unit of DTDL's, such as `degreeCelsius`, or any other text. */
  readonly unit?: string;
  /** What a number is expected to be at least, as IoT Central has it (`minValue`). Other numbers are valid too. */
  readonly min?: number;
  /** What a number is expected to be at most (`maxValue`). */
  readonly max?: number;
}

export type Telemetry = Field;

export interface Property extends Field {
  /** Whether the cloud may desire a value. */
  readonly writable: boolean;
  /** The value until another is desired (`initialValue`); one that the schema permits. */
  readonly initial?: Json;
}

export interface Command extends Described {
  readonly name: string;
  readonly request?: Field;
  readonly response?: Field;
}

/** What an interface declares, itself and by what it extends. */
export interface Contents {
  readonly telemetry: readonly Telemetry[];
  readonly properties: readonly Property[];
  readonly commands: readonly Command[];
}

export interface Component extends Described, Contents {
  readonly name: string;
  /** The DTMI of the interface that the component follows. */
  readonly interface: string;
}

/** A device model with every reference resolved. It is frozen, and is the same after a journey as JSON. */
export interface Model extends Described, Contents {
  /** The model's DTMI. */
  readonly id: string;
  /** The version of DTDL that it is written in. */
  readonly version: 2 | 3;
  readonly components: readonly Component[];
}

/**
 * A text in the first of `languages` that it has, then in English, then in any; empty when it has none.
 * A language without a region (`de`) stands for one with a region (`de-AT`), and the other way round.
 */
export function localized(text: LocalizedText, languages: readonly string[] = []): string {
  const known = Object.keys(text);
  const base = (language: string) => language.split('-')[0];
  for (const wanted of [...languages, 'en']) {
    const found = known.find((name) => name === wanted) ?? known.find((name) => base(name) === base(wanted));
    if (found !== undefined) return text[found] ?? '';
  }
  return text[known[0] ?? ''] ?? '';
}
