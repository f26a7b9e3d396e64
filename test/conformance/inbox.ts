/** Keeps what arrives, for a test that waits for so much of it. */
export class Inbox<T> {
  readonly all: T[] = [];
  readonly #waiting = new Set<() => void>();

  readonly take = (item: T): void => {
    this.all.push(item);
    for (const look of this.#waiting) look();
  };

  /** Resolves with everything as soon as there are `count`. */
  arrived(count: number): Promise<T[]> {
    return new Promise((resolve) => {
      const look = () => {
        if (this.all.length < count) return;
        this.#waiting.delete(look);
        resolve(this.all);
      };
      this.#waiting.add(look);
      look();
    });
  }
}
