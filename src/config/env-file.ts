import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { AppError } from '../errors.ts';
import { FileProblem, isUtf16, readUserFile } from '../user-file.ts';

/** A file of settings as it was read; `path` as the person wrote it. */
export interface EnvFile {
  readonly path: string;
  readonly text: string;
}

/** The values in a file. Dotenv is loaded here, so that a start without a file does not pay for it. */
export function parseEnvFile({ text }: EnvFile): Record<string, string> {
  const { parse }: typeof import('dotenv') = createRequire(import.meta.url)('dotenv');
  return parse(text);
}

const BYTE_ORDER_MARK = '\uFEFF';
/** Some hundred times what all settings need. */
const LIMIT = 256 * 1024;

/**
 * Reads `--env-file`, or `.env` in `folder` when none is named; null when there is no `.env`.
 * @throws AppError E_SETTINGS_FILE when the named file is missing, or a file is there and cannot be read as text.
 */
export function readEnvFile(named: string | undefined, folder: string): EnvFile | null {
  const path = named || '.env';
  let content: Buffer;
  try {
    content = readUserFile(resolve(folder, path), LIMIT);
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    const { missing, message } = error;
    if (missing && !named) return null;
    const hint = missing ? 'Check its path.' : 'Check that it is a file, and who may read it.';
    throw new AppError('E_SETTINGS_FILE', `The settings file ${path} ${message}`, hint, error, { missing });
  }
  // What Windows PowerShell writes with `>` is UTF-16, in which no name would be found.
  if (isUtf16(content) || content.includes(0)) {
    const form = isUtf16(content) ? 'UTF-16' : 'not UTF-8';
    throw new AppError('E_SETTINGS_FILE', `The settings file ${path} is ${form} text`, 'Save it as UTF-8.');
  }
  const text = content.toString('utf8');
  return { path, text: text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text };
}

/**
 * True when `value`, which dotenv read for `name`, is what the person wrote. dotenv ends an unquoted value at any `#`,
 * unescapes nothing but line ends in double quotes, and keeps a quote that is not closed. A secret may hold ` #`, so
 * only after other values is that a comment.
 */
export function isReadAsWritten(text: string, name: string, value: string, secret: boolean): boolean {
  const written = lastLine(text, name);
  const quote = written.charAt(0);
  if (quote === "'" || quote === '"' || quote === '`') {
    const quoted = quote + value + quote;
    const notUnescaped = quote === '"' ? '\\' : `\\${quote}`;
    const rest = written.slice(quoted.length);
    const isComment = /^\s+#/.test(rest) && !(secret && rest.includes(quote));
    return written.startsWith(quoted) && !value.includes(notUnescaped) && (rest === '' || isComment);
  }
  if (written === value) return true;
  return !secret && written.startsWith(value) && (value === '' || /^\s/.test(written.slice(value.length)));
}

const QUOTES = { "'": 'single quotes', '`': 'backticks', '"': 'double quotes' } as const;

/** The quotes between which dotenv reads what is written for `name` as it is; null when no kind can hold it. */
export function workingQuotes(text: string, name: string): string | null {
  const value = lastLine(text, name).replace(/^(['"`])(.*)\1$/, '$2');
  for (const [quote, kind] of Object.entries(QUOTES)) {
    const line = `${name}=${quote}${value}${quote}`;
    if (parseEnvFile({ path: '', text: line })[name] === value && isReadAsWritten(line, name, value, true)) return kind;
  }
  return null;
}

/** What stands after `name=` where it stands last, which is the line that counts. */
function lastLine(text: string, name: string): string {
  const lines = text.matchAll(new RegExp(`^[^\\S\\r\\n]*(?:export\\s+)?${name}(?:[^\\S\\r\\n]*=|:\\s)(.*)$`, 'gm'));
  return [...lines].at(-1)?.[1]?.trim() ?? '';
}
