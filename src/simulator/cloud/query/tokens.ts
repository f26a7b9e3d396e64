import { AzureError } from '../azure-error.ts';

export type Token =
  | { kind: 'word'; text: string }
  | { kind: 'symbol'; text: string }
  | { kind: 'text'; text: string; value: string }
  | { kind: 'number'; text: string; value: number };

const MAX_QUERY = 8192;
const MAX_SHOWN = 40;
const BLANK = /\s+/y;
const NUMBER = /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w$])/iy;
const WORD = /[A-Za-z_$][\w$]*/y;
const SYMBOL = /!=|<>|<=|>=|[=<>(),.[\]*]/y;
/** A quotation mark within a text is doubled, or has a backslash before it. */
const TEXT = /'((?:[^'\\]|\\.|'')*)'|"((?:[^"\\]|\\.|"")*)"/sy;

/** A query that is not understood, with the place where. */
export function notUnderstood(text: string, what: string): AzureError {
  const place = text === '' ? 'its end' : JSON.stringify(text.slice(0, MAX_SHOWN));
  return new AzureError(
    400004,
    `The query is not understood at ${place}: ${what}. The local cloud knows SELECT *, COUNT() or properties, FROM devices, WHERE ` +
      'with comparisons, IN, NIN, AND, OR, NOT and functions such as is_defined.',
  );
}

/** The words of a query. @throws AzureError 400004 */
export function tokensOf(query: string): Token[] {
  if (query.length > MAX_QUERY) throw new AzureError(400004, `The query is longer than ${MAX_QUERY} characters.`);
  const tokens: Token[] = [];
  let position = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = position;
    const found = pattern.exec(query);
    if (found) position = pattern.lastIndex;
    return found;
  };
  while (position < query.length) {
    if (take(BLANK)) continue;
    const text = take(TEXT);
    if (text) {
      const [whole, single, double = ''] = text;
      const quoted = single === undefined ? double.replaceAll('""', '"') : single.replaceAll("''", "'");
      tokens.push({ kind: 'text', text: whole, value: quoted.replace(/\\(.)/gs, '$1') });
      continue;
    }
    const number = take(NUMBER);
    const plain = number ?? take(WORD) ?? take(SYMBOL);
    if (!plain) throw notUnderstood(query.slice(position), 'this is no word of a query');
    if (number) tokens.push({ kind: 'number', text: number[0], value: Number(number[0]) });
    else if (/^[\w$]/.test(plain[0])) tokens.push({ kind: 'word', text: plain[0] });
    else tokens.push({ kind: 'symbol', text: plain[0] });
  }
  return tokens;
}
