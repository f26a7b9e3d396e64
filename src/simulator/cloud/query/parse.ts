import type { Json } from '../../../json.ts';
import {
  type Comparison,
  type Condition,
  FUNCTIONS,
  type FunctionName,
  type Operand,
  type Query,
  type Selection,
} from './query.ts';
import { notUnderstood, type Token, tokensOf } from './tokens.ts';

const COMPARISONS: Record<string, Comparison> = {
  '=': '=',
  '!=': '!=',
  '<>': '!=',
  '<': '<',
  '<=': '<=',
  '>': '>',
  '>=': '>=',
};
const CONSTANTS: Record<string, Json> = { true: true, false: false, null: null };
const MAX_DEPTH = 50;

const isFunction = (name: string): name is FunctionName => Object.hasOwn(FUNCTIONS, name);

/** Reads the query language of IoT Hub, as far as it asks for devices. @throws AzureError 400004, which says what is not understood */
export function parseQuery(text: string): Query {
  return new Parser(tokensOf(text)).query();
}

class Parser {
  readonly #tokens: Token[];
  #next = 0;
  #depth = 0;
  /** What the devices are called in this query; a path may begin with it. */
  #alias: string | null = null;

  constructor(tokens: Token[]) {
    this.#tokens = tokens;
  }

  query(): Query {
    this.#expect('select');
    const top = this.#has('top') ? this.#count() : null;
    const selection = this.#selection();
    this.#expect('from');
    if (!this.#has('devices')) throw this.#error("only 'devices' can be asked for");
    if (this.#peek()?.text === '.') throw this.#error('there are no modules and no jobs');
    if (this.#has('as') || (this.#peek()?.kind === 'word' && !this.#is('where'))) this.#alias = this.#word();
    const where = this.#has('where') ? this.#or() : null;
    if (this.#peek()) throw this.#error('nothing more is expected');
    return { selection: this.#withoutAlias(selection), top, where };
  }

  #selection(): Selection {
    if (this.#has('*')) return { kind: 'all' };
    if (this.#is('count') && this.#tokens[this.#next + 1]?.text === '(') {
      this.#next += 2;
      this.#expect(')');
      return { kind: 'count', name: this.#has('as') ? this.#word() : 'count' };
    }
    const members: { path: string[]; name: string }[] = [];
    do {
      const path = this.#path();
      members.push({ path, name: this.#has('as') ? this.#word() : (path.at(-1) ?? '') });
    } while (this.#has(','));
    return { kind: 'members', members };
  }

  /** The alias comes after what is selected with it. */
  #withoutAlias(selection: Selection): Selection {
    if (selection.kind !== 'members') return selection;
    const members = selection.members.map(({ path, name }) => ({ path: this.#plain(path), name }));
    return { kind: 'members', members };
  }

  #plain(path: string[]): string[] {
    return path.length > 1 && path[0] === this.#alias ? path.slice(1) : path;
  }

  #or(): Condition {
    const all = [this.#and()];
    while (this.#has('or')) all.push(this.#and());
    return all.length === 1 && all[0] ? all[0] : { kind: 'or', all };
  }

  #and(): Condition {
    const all = [this.#not()];
    while (this.#has('and')) all.push(this.#not());
    return all.length === 1 && all[0] ? all[0] : { kind: 'and', all };
  }

  #not(): Condition {
    if (++this.#depth > MAX_DEPTH) throw this.#error('it nests too deep');
    const condition: Condition = this.#has('not') ? { kind: 'not', condition: this.#not() } : this.#primary();
    this.#depth--;
    return condition;
  }

  #primary(): Condition {
    if (this.#has('(')) {
      const condition = this.#or();
      this.#expect(')');
      return condition;
    }
    const name = this.#peek()?.text.toLowerCase() ?? '';
    if (this.#tokens[this.#next + 1]?.text === '(') return this.#call(name);
    const left = this.#operand();
    const isNot = this.#has('not');
    if (this.#has('in')) return negated(isNot, { kind: 'in', operand: left, values: this.#list() });
    if (isNot) throw this.#error('IN is expected');
    if (this.#has('nin')) return negated(true, { kind: 'in', operand: left, values: this.#list() });
    const by = COMPARISONS[this.#peek()?.text ?? ''];
    if (!by) throw this.#error('a comparison is expected');
    this.#next++;
    return { kind: 'compare', by, left, right: this.#operand() };
  }

  #call(name: string): Condition {
    if (!isFunction(name)) throw this.#error('there is no such function');
    this.#next += 2;
    const operands = [this.#operand()];
    while (this.#has(',')) operands.push(this.#operand());
    this.#expect(')');
    if (operands.length !== FUNCTIONS[name]) throw this.#error(`${name} takes ${FUNCTIONS[name]}`);
    return { kind: 'call', name, operands };
  }

  #operand(): Operand {
    const constant = this.#constant();
    return constant === undefined ? { path: this.#plain(this.#path()) } : { value: constant };
  }

  #constant(): Json | undefined {
    const token = this.#peek();
    if (!token) throw this.#error('a value is expected');
    const name = token.text.toLowerCase();
    if (token.kind === 'word' && !Object.hasOwn(CONSTANTS, name)) return undefined;
    if (token.kind === 'symbol') throw this.#error('a value is expected');
    this.#next++;
    return token.kind === 'word' ? CONSTANTS[name] : token.value;
  }

  #list(): Json[] {
    this.#expect('[');
    const values: Json[] = [];
    while (!this.#has(']')) {
      if (values.length > 0) this.#expect(',');
      const value = this.#constant();
      if (value === undefined) throw this.#error('a constant is expected');
      values.push(value);
    }
    return values;
  }

  /** Names with points between them; one that is no word stands in brackets and quotation marks. */
  #path(): string[] {
    const path = [this.#word()];
    for (;;) {
      if (this.#has('.')) path.push(this.#word());
      else if (this.#has('[')) {
        const token = this.#peek();
        if (token?.kind !== 'text') throw this.#error('a name in quotation marks is expected');
        this.#next++;
        path.push(token.value);
        this.#expect(']');
      } else return path;
    }
  }

  #word(): string {
    const token = this.#peek();
    if (token?.kind !== 'word') throw this.#error('a name is expected');
    this.#next++;
    return token.text;
  }

  #count(): number {
    const token = this.#peek();
    if (token?.kind !== 'number' || !Number.isInteger(token.value) || token.value < 1)
      throw this.#error('a number from 1 on is expected');
    this.#next++;
    return token.value;
  }

  #peek(): Token | undefined {
    return this.#tokens[this.#next];
  }

  #is(text: string): boolean {
    const token = this.#peek();
    return token !== undefined && token.kind !== 'text' && token.text.toLowerCase() === text;
  }

  #has(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#next++;
    return true;
  }

  #expect(text: string): void {
    if (!this.#has(text)) throw this.#error(`${text.toUpperCase()} is expected`);
  }

  #error(what: string) {
    const rest = this.#tokens.slice(this.#next).map(({ text }) => text);
    return notUnderstood(rest.join(' '), what);
  }
}

const negated = (isNegated: boolean, condition: Condition): Condition =>
  isNegated ? { kind: 'not', condition } : condition;
