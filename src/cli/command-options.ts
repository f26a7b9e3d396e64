import type { PlainCheck } from '../config/checks.ts';
import { AppError } from '../errors.ts';

/** The options that only one command has, as commander gives them: texts, lists of texts, or true for a bare flag. */
export class CommandOptions {
  readonly #flags: Record<string, unknown>;

  constructor(flags: Record<string, unknown>) {
    this.#flags = flags;
  }

  has(name: string): boolean {
    return this.#flags[name] !== undefined;
  }

  /** Null when it was not given. */
  text(name: string): string | null {
    const value = this.#flags[name];
    return typeof value === 'string' && value !== '' ? value : null;
  }

  /** Everything that a repeatable option was given. */
  texts(name: string): string[] {
    const values = this.#flags[name];
    return Array.isArray(values) ? values.map(String) : [];
  }

  /** @throws AppError E_CONFIG when the text is not what `check` accepts */
  checked<Value, Absent>(name: string, check: PlainCheck<Value>, absent: Absent): Value | Absent {
    const text = this.text(name);
    if (text === null) return absent;
    const checked = check(text);
    if ('value' in checked) return checked.value;
    const flag = `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    throw wrongOption(flag, text, checked.must);
  }
}

export function wrongOption(flag: string, text: string, must: string): AppError {
  return new AppError('E_CONFIG', `${flag} is wrong: ${JSON.stringify(text.slice(0, 80))} must ${must}`, '');
}
