import { createParser, type ModelDict, ModelParsingOption } from '@azure/dtdl-parser';
import type { Json } from '../../src/events.ts';

/**
 * What the parser reads in the documents, by id.
 * @param find gives the documents of interfaces that these refer to
 */
export async function parse(documents: readonly Json[], find?: (id: string) => Json): Promise<ModelDict> {
  const parser = createParser(ModelParsingOption.PermitAnyTopLevelElement);
  if (find)
    parser.getModels = async (ids: string | string[]) => Object.fromEntries([ids].flat().map((id) => [id, find(id)]));
  return await parser.parse(documents.map((document) => JSON.stringify(document)));
}

/** Whether a schema that the parser has read accepts a value. For null instead of an object it throws. */
export function accepts(schema: object, value: Json): boolean {
  try {
    return Reflect.apply(Reflect.get(schema, 'validateInstanceElement'), schema, [value]) === true;
  } catch (thrown) {
    if (thrown instanceof TypeError) return false;
    throw thrown;
  }
}

/** The parser is a beta: what its checks get wrong, with a value of each kind for which they do. */
export const FAULTS: { schema: Json; value: Json; valid: boolean; why: string }[] = [
  { schema: 'double', value: 20, valid: true, why: 'a double without a fraction is refused' },
  { schema: 'float', value: 20, valid: true, why: 'a float without a fraction is refused' },
  { schema: 'long', value: 5, valid: true, why: 'a long that fits an integer is refused' },
  { schema: 'long', value: 1e300, valid: false, why: 'a long that does not fit 64 bits is accepted' },
  { schema: 'time', value: '10:00:00Z', valid: true, why: 'Date.parse reads no time without a date' },
  { schema: 'date', value: '2023-02-30', valid: false, why: 'Date.parse takes it for the 2nd of March' },
  {
    schema: 'dateTime',
    value: '2023-02-28T24:00:00Z',
    valid: false,
    why: 'Date.parse takes the hour 24; RFC 3339 does not',
  },
  {
    schema: { '@type': 'Enum', valueSchema: 'integer', enumValues: [{ name: 'On', enumValue: 1 }] },
    value: 1,
    valid: true,
    why: 'no value of an enum is accepted at all',
  },
  { schema: 'vector', value: [], valid: false, why: 'an array is taken for an object' },
  {
    schema: {
      '@type': 'Map',
      mapKey: { name: 'key', schema: 'string' },
      mapValue: { name: 'value', schema: 'string' },
    },
    value: ['x'],
    valid: false,
    why: 'an array is taken for a map',
  },
];

type Check = (value: Json, original: () => boolean, entity: object) => boolean;

const isObject = (value: Json) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** By the parser's names of its classes. */
const MENDED: Record<string, Check> = {
  double: (value) => typeof value === 'number' && Number.isFinite(value),
  float: (value) => typeof value === 'number' && Number.isFinite(Math.fround(value)),
  long: (value) => typeof value === 'number' && Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63,
  time: (value) => typeof value === 'string' && isMoment(`2024-01-01T${value}`),
  date: (value, original) => original() && isMoment(`${value}T00:00:00Z`),
  datetime: (value, original) => original() && isMoment(String(value)),
  enumvalue: (value, _, entity) => Reflect.get(entity, 'enumValue') === value,
  object: (value, original) => isObject(value) && original(),
  map: (value, original) => isObject(value) && original(),
};

const mended = new Set<object>();

/** Puts right what `FAULTS` lists, in the parser's own classes; everything else stays as the parser has it. */
export function mend(dict: ModelDict): void {
  for (const entity of Object.values(dict)) {
    const check = MENDED[entity?.entityKind ?? ''];
    const prototype = Object.getPrototypeOf(entity);
    if (!check || mended.has(prototype)) continue;
    mended.add(prototype);
    for (const name of ['validateInstanceV2', 'validateInstanceV3']) {
      const original = prototype[name];
      prototype[name] = function (this: object, value: Json, instanceName?: string) {
        return check(value, () => original.call(this, value, instanceName), this);
      };
    }
  }
}

/** Whether a calendar shows the moment as it is written; it would show another one for the 30th of February. */
function isMoment(text: string): boolean {
  const [, local] = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.exec(text) ?? [];
  if (local === undefined || Number.isNaN(Date.parse(text))) return false;
  return new Date(`${local}Z`).toISOString().startsWith(local);
}
