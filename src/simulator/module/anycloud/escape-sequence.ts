const CAN = 0x18;
const SUB = 0x1a;
const ESC = 0x1b;
const SS3 = 0x4f;
const CSI = 0x5b;
const CURSOR_UP = 0x41;
const CURSOR_DOWN = 0x42;

/** What a byte is, for the line editor: to be treated like any other, a part of a sequence, or the end of a known key. */
export type EscapeVerdict = 'text' | 'swallowed' | 'up' | 'down';

type State = 'ground' | 'escape' | 'entry' | 'parameters' | 'intermediate' | 'ignored' | 'ss3';

const within = (byte: number, first: number, last: number) => byte >= first && byte <= last;

/**
 * Follows ANSI escape sequences as the firmware's decoder does (AT protocol 2.5). Bytes are signed there: from 0x80 on they
 * count as negative. Control characters are worked off in the middle of a sequence, which goes on behind them.
 */
export class EscapeSequence {
  #state: State = 'ground';

  reset(): void {
    this.#state = 'ground';
  }

  /** An ESC outside any sequence. */
  begin(): void {
    this.#state = 'escape';
  }

  /** Where the next byte belongs. */
  take(byte: number): EscapeVerdict {
    if (this.#state === 'ground') return 'text';
    if (byte === ESC) {
      this.#state = 'escape';
      return 'swallowed';
    }
    if (byte < 0x20 && byte !== CAN && byte !== SUB) return 'text';
    if (this.#state === 'escape') return this.#kind(byte);
    if (this.#state === 'ss3') {
      if (within(byte, 0x20, 0x7e)) this.#state = 'ground';
      return 'swallowed';
    }
    return this.#controlSequence(byte);
  }

  #kind(byte: number): EscapeVerdict {
    this.#state = byte === SS3 ? 'ss3' : byte === CSI ? 'entry' : 'ground';
    return this.#state === 'ground' ? 'text' : 'swallowed';
  }

  #controlSequence(byte: number): EscapeVerdict {
    if (within(byte, 0x40, 0x7e)) {
      const known = this.#state !== 'ignored';
      this.#state = 'ground';
      if (known && byte === CURSOR_UP) return 'up';
      return known && byte === CURSOR_DOWN ? 'down' : 'swallowed';
    }
    this.#state = this.#after(byte);
    return 'swallowed';
  }

  #after(byte: number): State {
    if (this.#state === 'ignored' || !within(byte, 0x20, 0x3f)) return this.#state;
    if (byte < 0x30) return 'intermediate';
    // A colon, and a private mark behind the beginning, make the sequence one that means nothing.
    const legal =
      this.#state === 'entry' ? byte !== 0x3a : this.#state === 'parameters' && byte < 0x3c && byte !== 0x3a;
    return legal ? 'parameters' : 'ignored';
  }
}
