/** What a key press means here; keys that mean nothing (arrows, function keys, Alt) give none. */
export type Key =
  | { kind: 'character'; character: string }
  | { kind: 'enter' | 'backspace' | 'interrupt' | 'suspend' | 'escape' };

const ESC = '\u001b';
const INTERRUPT = '\u0003';
const SUSPEND = '\u001a';
/** The parameters of a key's sequence are a few digits; what is longer is none. */
const LONGEST_SEQUENCE = 32;

/**
 * Reads keys from the characters of a terminal in raw mode. A lone ESC is the key of that name only when nothing
 * follows it: arrows begin with one too, and may arrive in two parts.
 */
export class KeyDecoder {
  /** What has come of an escape sequence, from its ESC on. */
  #sequence = '';
  #afterReturn = false;

  /** An ESC has come, and what follows decides what it was. */
  get waiting(): boolean {
    return this.#sequence !== '';
  }

  /** Nothing has followed for a while. */
  silence(): Key[] {
    const wasAlone = this.#sequence === ESC;
    this.#sequence = '';
    return wasAlone ? [{ kind: 'escape' }] : [];
  }

  decode(text: string): Key[] {
    const keys: Key[] = [];
    for (const character of text) {
      const key = this.#next(character);
      if (key) keys.push(key);
    }
    return keys;
  }

  #next(character: string): Key | null {
    const isSecondHalf = this.#afterReturn && character === '\n';
    this.#afterReturn = character === '\r';
    if (character === INTERRUPT || character === SUSPEND) {
      this.#sequence = '';
      return { kind: character === INTERRUPT ? 'interrupt' : 'suspend' };
    }
    if (character === ESC) {
      this.#sequence = ESC;
      return null;
    }
    if (this.#sequence !== '') {
      this.#continue(character);
      return null;
    }
    if (character === '\r' || character === '\n') return isSecondHalf ? null : { kind: 'enter' };
    if (character === '\u007f' || character === '\b') return { kind: 'backspace' };
    return /\p{Cc}/u.test(character) ? null : { kind: 'character', character };
  }

  /** ESC [ parameters final, ESC O final, or ESC and the key that Alt was held with. */
  #continue(character: string): void {
    const isIntroducer = this.#sequence === ESC && (character === '[' || character === 'O');
    const isLinuxFunctionKey = this.#sequence === `${ESC}[` && character === '[';
    const isParameter = this.#sequence.startsWith(`${ESC}[`) && character >= ' ' && character <= '?';
    const goesOn = isIntroducer || isLinuxFunctionKey || isParameter;
    this.#sequence = goesOn && this.#sequence.length < LONGEST_SEQUENCE ? this.#sequence + character : '';
  }
}
