/** A key that changes the line, or shows another one. */
export type EditKey =
  | 'backspace'
  | 'delete'
  | 'left'
  | 'right'
  | 'home'
  | 'end'
  | 'clear'
  | 'deleteWord'
  | 'previous'
  | 'next';

/** What a key press means here; keys that mean nothing (function keys, Alt) give none. */
export type Key =
  | { kind: 'character'; character: string }
  | { kind: 'edit'; edit: EditKey }
  | { kind: 'enter' | 'interrupt' | 'suspend' | 'escape' };

const ESC = '\u001b';
const INTERRUPT = '\u0003';
const SUSPEND = '\u001a';
const CONTROL_KEYS = new Map<string, EditKey>([
  ['\u007f', 'backspace'],
  ['\b', 'backspace'],
  ['\u0001', 'home'],
  ['\u0005', 'end'],
  ['\u0015', 'clear'],
  ['\u0017', 'deleteWord'],
]);
/** What terminals send after the ESC: xterm, in both of its modes, rxvt and the Linux console. */
const SEQUENCES = new Map<string, EditKey>([
  ['[A', 'previous'],
  ['OA', 'previous'],
  ['[B', 'next'],
  ['OB', 'next'],
  ['[C', 'right'],
  ['OC', 'right'],
  ['[D', 'left'],
  ['OD', 'left'],
  ['[H', 'home'],
  ['OH', 'home'],
  ['[1~', 'home'],
  ['[7~', 'home'],
  ['[F', 'end'],
  ['OF', 'end'],
  ['[4~', 'end'],
  ['[8~', 'end'],
  ['[3~', 'delete'],
]);
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
    if (this.#sequence !== '') return this.#continue(character);
    if (character === '\r' || character === '\n') return isSecondHalf ? null : { kind: 'enter' };
    const edit = CONTROL_KEYS.get(character);
    if (edit) return { kind: 'edit', edit };
    return /\p{Cc}/u.test(character) ? null : { kind: 'character', character };
  }

  /** ESC [ parameters final, ESC O final, or ESC and the key that Alt was held with. */
  #continue(character: string): Key | null {
    const isIntroducer = this.#sequence === ESC && (character === '[' || character === 'O');
    const isLinuxFunctionKey = this.#sequence === `${ESC}[` && character === '[';
    const isParameter = this.#sequence.startsWith(`${ESC}[`) && character >= ' ' && character <= '?';
    const goesOn = isIntroducer || isLinuxFunctionKey || isParameter;
    const sequence = this.#sequence + character;
    this.#sequence = goesOn && this.#sequence.length < LONGEST_SEQUENCE ? sequence : '';
    const edit = goesOn ? undefined : SEQUENCES.get(sequence.slice(ESC.length));
    return edit ? { kind: 'edit', edit } : null;
  }
}
