import { parse } from 'dotenv';
import { envExample } from '../../config/env-example.ts';
import { isReadAsWritten } from '../../config/env-file.ts';
import { SETTINGS, type Setting, type SettingName } from '../../config/settings.ts';

/** What needs no quotes, and looks better without. */
const PLAIN = /^[\w.:;/@+-]*$/;
/** dotenv unescapes nothing in the first two, so they hold whatever they do not end at. */
const QUOTES = ["'", '`', '"'];

/**
 * The text of a settings file with one value changed, or added with its explanation; all else stays as it is.
 * @returns null when no way of writing the value reads back as the same
 */
export function withValue(text: string, name: SettingName, value: string): string | null {
  const setting: Setting<unknown> = SETTINGS[name];
  const { env, secret } = setting;
  if (env === undefined) return null;
  const forms = [...(PLAIN.test(value) ? [value] : []), ...QUOTES.map((quote) => quote + value + quote)];
  for (const form of forms) {
    const changed = replaceLast(text, env, form) ?? append(text, env, form);
    if (onlyChanges(text, changed, env, value) && isReadAsWritten(changed, env, value, secret === true)) return changed;
  }
  return null;
}

/** True when dotenv finds `value` for `name` after the change, and for every other name what it found before. */
function onlyChanges(before: string, after: string, name: string, value: string): boolean {
  const values = (text: string) => new Map(Object.entries(parse(text)));
  const [expected, found] = [values(before).set(name, value), values(after)];
  return found.size === expected.size && [...expected].every(([key, each]) => found.get(key) === each);
}

/** Of several lines for a name the last one counts. */
function replaceLast(text: string, name: string, form: string): string | null {
  const pattern = new RegExp(`^([^\\S\\r\\n]*(?:export\\s+)?${name}(?:[^\\S\\r\\n]*=|:\\s))(.*)$`, 'gm');
  const last = [...text.matchAll(pattern)].at(-1);
  if (!last) return null;
  const [line, head = ''] = last;
  return text.slice(0, last.index) + head + form + text.slice(last.index + line.length);
}

function append(text: string, name: string, form: string): string {
  const paragraph = envExample()
    .split('\n\n')
    .find((each) => each.split('\n').some((line) => line.startsWith(`${name}=`)));
  const added = replaceLast((paragraph ?? `${name}=`).trimEnd(), name, form) ?? '';
  const end = text === '' ? '' : text.endsWith('\n') ? '\n' : '\n\n';
  return `${text}${end}${added}\n`;
}
