import type { InterfaceSource } from './document.ts';
import { isDtmi, termOf } from './dtmi.ts';
import { type Element, shown } from './element.ts';
import { readText } from './localized-text.ts';
import type { EnumValue, Field, Schema } from './model.ts';
import { standardSchema } from './standard-schemas.ts';

const NAME = /^[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?$/;
const LONGEST_NAME = { 2: 64, 3: 512 };
/** Of objects, arrays and maps within each other (DTDL 2 and 3, "Limits and exclusions"). */
const DEEPEST = 5;
/** DTDL's own limit. References make a small file describe a large model. */
const MOST_ELEMENTS = 100_000;
const COMPLEX = ['Array', 'Enum', 'Map', 'Object'];
/** What `@type` may say about a named value that is no semantic type. */
const MATERIAL = [
  'Telemetry',
  'Property',
  'Field',
  'MapKey',
  'MapValue',
  'CommandPayload',
  'CommandRequest',
  'CommandResponse',
];

/** How many elements a model may still have; one is shared by everything that a model is read with. */
export class ElementBudget {
  #left = MOST_ELEMENTS;

  /** @throws ModelError when the model is too large */
  spend(element: Element): void {
    this.#left -= 1;
    if (this.#left < 0) element.fail(`the model has more than ${MOST_ELEMENTS} elements`);
  }
}

/** Reads what stands in one interface: elements, by reference or in place, with their schemas. */
export class SchemaReader {
  readonly source: InterfaceSource;
  readonly #budget: ElementBudget;

  constructor(source: InterfaceSource, budget: ElementBudget) {
    this.source = source;
    this.#budget = budget;
  }

  /** The element itself, where a reference to it may stand. @throws ModelError when there is no such element */
  resolve(place: Element): Element {
    const item = place.single();
    if (typeof item.value !== 'string') return item;
    return this.source.elements.get(item.value) ?? item.fail(`${shown(item.value)} is not defined in the interface`);
  }

  /** @throws ModelError for a name that DTDL does not permit */
  name(element: Element): string {
    const place = element.required('name');
    const name = place.string();
    const longest = LONGEST_NAME[this.source.version];
    if (name.length > longest) place.fail(`a name has at most ${longest} characters, this one has ${name.length}`);
    return NAME.test(name) ? name : place.fail(`${shown(name)} is no name: letters, digits and inner underscores`);
  }

  /**
   * A named value with its schema: telemetry, a property, a field, a request, …
   * @param depth of the complex schemas around it
   */
  field(element: Element, depth = 0): Field {
    this.#budget.spend(element);
    const unit = element.member('unit')?.literal();
    const min = element.member('minValue')?.literal();
    const max = element.member('maxValue')?.literal();
    return {
      name: this.name(element),
      ...described(element),
      semanticTypes: element.types().filter((type) => !MATERIAL.includes(type)),
      ...(typeof unit === 'string' && { unit: termOf(unit) }),
      ...(typeof min === 'number' && { min }),
      ...(typeof max === 'number' && { max }),
      schema: this.schema(element.required('schema'), depth),
    };
  }

  /** @throws ModelError for what is no schema */
  schema(place: Element, depth = 0): Schema {
    const item = place.single();
    const known = typeof item.value === 'string' ? standardSchema(item.value) : undefined;
    if (known) return known;
    if (typeof item.value === 'string' && !isDtmi(item.value)) item.fail(`${shown(item.value)} is no schema of DTDL`);
    const element = this.resolve(item);
    this.#budget.spend(element);
    const kinds = element.types().filter((type) => COMPLEX.includes(type));
    if (kinds.length !== 1) element.fail('@type must be Array, Enum, Map or Object');
    // A schema that refers to itself ends here too.
    if (kinds[0] !== 'Enum' && depth >= DEEPEST) item.fail(`schemas are nested more than ${DEEPEST} levels deep`);
    switch (kinds[0]) {
      case 'Array':
        return { kind: 'array', element: this.schema(element.required('elementSchema'), depth + 1) };
      case 'Map':
        return this.#map(element, depth);
      case 'Object':
        return { kind: 'object', fields: this.#fields(element, depth) };
      default:
        return this.#enum(element);
    }
  }

  #map(element: Element, depth: number): Schema {
    const key = this.resolve(element.required('mapKey'));
    const keySchema = this.schema(key.required('schema'));
    if (keySchema.kind !== 'string') key.required('schema').fail('the keys of a map are strings');
    const value = this.field(this.resolve(element.required('mapValue')), depth + 1);
    return { kind: 'map', keyName: this.name(key), value };
  }

  #fields(element: Element, depth: number): Field[] {
    const places = element.member('fields')?.list() ?? [];
    const fields = places.map((place) => this.field(this.resolve(place), depth + 1));
    unique(places, fields, 'name');
    return fields;
  }

  #enum(element: Element): Schema {
    const place = element.required('valueSchema');
    const schema = this.schema(place);
    if (schema.kind !== 'integer' && schema.kind !== 'string') return place.fail('must be integer or string');
    const valueKind = schema.kind;
    const places = element.member('enumValues')?.list() ?? [];
    if (places.length === 0) element.fail('the enum has no values');
    const values = places.map((item) => this.#enumValue(this.resolve(item), valueKind));
    unique(places, values, 'name');
    unique(places, values, 'value');
    return { kind: 'enum', valueKind, values };
  }

  #enumValue(element: Element, kind: 'integer' | 'string'): EnumValue {
    this.#budget.spend(element);
    const place = element.required('enumValue');
    const value = place.literal();
    const fits = kind === 'string' ? typeof value === 'string' : Number.isInteger(value);
    if (!fits || (typeof value !== 'string' && typeof value !== 'number')) {
      return place.fail(`${shown(value)} does not have the type of the enum, ${kind}`);
    }
    return { name: this.name(element), value, ...described(element) };
  }
}

/** The names and the description for people that an element carries. */
export function described(element: Element) {
  return {
    displayName: readText(element.member('displayName')),
    description: readText(element.member('description')),
  };
}

/** @throws ModelError at the second of two items that have the same `name` or the same `value` */
function unique(places: Element[], items: { name: string; value?: unknown }[], what: 'name' | 'value'): void {
  const seen = new Set<unknown>();
  for (const [index, item] of items.entries()) {
    if (seen.has(item[what])) places[index]?.fail(`the ${what} ${String(item[what])} occurs twice`);
    seen.add(item[what]);
  }
}
