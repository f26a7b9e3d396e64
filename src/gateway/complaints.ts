import type { Clock } from '../clock.ts';

/** The same is told again after so many milliseconds. */
const AGAIN_AFTER = 60_000;
/** Different ones that are told in that time. */
const MOST = 16;

/** What strangers bring about is told, and not as often as they like. */
export class Complaints {
  readonly #clock: Clock;
  /** When each was told, and how often it was not since. */
  readonly #told = new Map<string, { at: number; unsaid: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns the text to tell now, with how often it was left out; null when it was told just now */
  count(text: string): string | null {
    const now = this.#clock.monotonic();
    const before = this.#told.get(text);
    if (before && now - before.at < AGAIN_AFTER) {
      before.unsaid++;
      return null;
    }
    for (const [old, { at }] of this.#told) if (now - at >= AGAIN_AFTER) this.#told.delete(old);
    if (this.#told.size >= MOST) return null;
    this.#told.set(text, { at: now, unsaid: 0 });
    return before && before.unsaid > 0 ? `${text} (${before.unsaid} more times since)` : text;
  }
}
