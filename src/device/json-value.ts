import type { Json } from '../events.ts';

/** More is no property, answer or reading; and what refers to itself ends here. */
const DEEPEST = 32;
const MOST_VALUES = 100_000;

/**
 * A copy, in plain JSON, of what a person's code has given. As in JSON.stringify, members without a value are left out
 * and `toJSON` is respected; what that would drop or change without a word is refused.
 * @throws TypeError that says what JSON cannot hold, and where
 */
export function toJson(value: unknown): Json {
  let left = MOST_VALUES;

  function copy(given: unknown, path: string, depth: number): Json {
    if (--left < 0) throw new TypeError('it holds too many values');
    if (given === null || typeof given === 'string' || typeof given === 'boolean') return given;
    if (typeof given === 'number') {
      // JSON has one zero.
      if (Number.isFinite(given)) return given === 0 ? 0 : given;
      throw cannotHold(String(given), path);
    }
    if (typeof given !== 'object') throw cannotHold(typeof given, path);
    if (depth === 0) throw new TypeError('it is nested too deeply, or holds itself');
    if ('toJSON' in given && typeof given.toJSON === 'function') return copy(given.toJSON(), path, depth - 1);
    if (Array.isArray(given))
      return Array.from(given, (element, index) => copy(element, `${path}[${index}]`, depth - 1));
    const kind = Object.prototype.toString.call(given).slice('[object '.length, -1);
    if (kind !== 'Object') throw cannotHold(kind, path);
    const members = Object.entries(given).filter(([, member]) => member !== undefined);
    return Object.fromEntries(members.map(([name, member]) => [name, copy(member, `${path}.${name}`, depth - 1)]));
  }

  return copy(value, '', DEEPEST);
}

function cannotHold(what: string, path: string): TypeError {
  return new TypeError(`JSON cannot hold ${what}${path === '' ? '' : ` (at ${path.replace(/^\./, '')})`}`);
}
