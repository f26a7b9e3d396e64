import type { Json } from '../../../json.ts';

export type Comparison = '=' | '!=' | '<' | '<=' | '>' | '>=';

/** A value in a condition: what stands at a path of the twin, or a constant. */
export type Operand = { path: string[] } | { value: Json };

export type Condition =
  | { kind: 'and' | 'or'; all: Condition[] }
  | { kind: 'not'; condition: Condition }
  | { kind: 'compare'; by: Comparison; left: Operand; right: Operand }
  | { kind: 'in'; operand: Operand; values: Json[] }
  | { kind: 'call'; name: FunctionName; operands: Operand[] };

/** The functions, and how many values each takes. */
export const FUNCTIONS = {
  is_defined: 1,
  is_null: 1,
  is_bool: 1,
  is_number: 1,
  is_string: 1,
  is_object: 1,
  is_array: 1,
  is_primitive: 1,
  startswith: 2,
  endswith: 2,
  contains: 2,
} as const;

export type FunctionName = keyof typeof FUNCTIONS;

/** What each result is made of. */
export type Selection = { kind: 'all' } | { kind: 'count'; name: string } | { kind: 'members'; members: Member[] };
export interface Member {
  path: string[];
  name: string;
}

export interface Query {
  selection: Selection;
  /** How many results there are at most; null for all. */
  top: number | null;
  where: Condition | null;
}
