import { isJsonObject, type Json, type JsonObject, own } from '../../../json.ts';
import type { Comparison, Condition, FunctionName, Operand, Selection } from './query.ts';

function at(twin: JsonObject, path: readonly string[]): Json | undefined {
  let value: Json | undefined = twin;
  for (const name of path) value = isJsonObject(value) ? own(value, name) : undefined;
  return value;
}

const resolved = (twin: JsonObject, operand: Operand): Json | undefined =>
  'value' in operand ? operand.value : at(twin, operand.path);

const isSame = (one: Json, other: Json): boolean => JSON.stringify(one) === JSON.stringify(other);

/** What is not there compares as nothing, and what has an order compares only with its like. */
function compare(by: Comparison, left: Json | undefined, right: Json | undefined): boolean {
  if (left === undefined || right === undefined) return false;
  if (by === '=') return isSame(left, right);
  if (by === '!=') return !isSame(left, right);
  const hasOrder =
    (typeof left === 'number' && typeof right === 'number') || (typeof left === 'string' && typeof right === 'string');
  if (!hasOrder) return false;
  if (by === '<') return left < right;
  if (by === '<=') return left <= right;
  return by === '>' ? left > right : left >= right;
}

function call(name: FunctionName, [one, other]: (Json | undefined)[]): boolean {
  const isText = typeof one === 'string' && typeof other === 'string';
  switch (name) {
    case 'is_defined':
      return one !== undefined;
    case 'is_null':
      return one === null;
    case 'is_bool':
      return typeof one === 'boolean';
    case 'is_number':
      return typeof one === 'number';
    case 'is_string':
      return typeof one === 'string';
    case 'is_object':
      return isJsonObject(one);
    case 'is_array':
      return Array.isArray(one);
    case 'is_primitive':
      return one !== undefined && (one === null || typeof one !== 'object');
    case 'startswith':
      return isText && one.startsWith(other);
    case 'endswith':
      return isText && one.endsWith(other);
    case 'contains':
      return isText && one.includes(other);
  }
}

/** Whether a twin is meant. */
export function meets(twin: JsonObject, condition: Condition): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.all.every((each) => meets(twin, each));
    case 'or':
      return condition.all.some((each) => meets(twin, each));
    case 'not':
      return !meets(twin, condition.condition);
    case 'compare':
      return compare(condition.by, resolved(twin, condition.left), resolved(twin, condition.right));
    case 'in': {
      const value = resolved(twin, condition.operand);
      return value !== undefined && condition.values.some((each) => isSame(each, value));
    }
    case 'call':
      return call(
        condition.name,
        condition.operands.map((operand) => resolved(twin, operand)),
      );
  }
}

/** What is given of a twin; what it does not have is left out. */
export function select(twin: JsonObject, selection: Selection): JsonObject {
  if (selection.kind !== 'members') return twin;
  return Object.fromEntries(
    selection.members.flatMap(({ path, name }): [string, Json][] => {
      const value = at(twin, path);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
