/** The last items of a stream, bounded in number and size. */
export class Ring {
  #items = [];
  #start = 0;
  #size = 0;

  /** @param mostSize in the unit of the items' `size` */
  constructor(most, mostSize = Number.POSITIVE_INFINITY) {
    this.most = most;
    this.mostSize = mostSize;
  }

  get length() {
    return this.#items.length - this.#start;
  }

  push(item) {
    this.#items.push(item);
    this.#size += item.size ?? 0;
    while (this.length > this.most || (this.#size > this.mostSize && this.length > 1)) {
      this.#size -= this.#items[this.#start].size ?? 0;
      this.#items[this.#start++] = undefined;
    }
    // Moved seldom, so that an item costs the same however many there are.
    if (this.#start > 1024 && this.#start > this.#items.length / 2) {
      this.#items = this.#items.slice(this.#start);
      this.#start = 0;
    }
  }

  /** Oldest first. */
  *[Symbol.iterator]() {
    for (let index = this.#start; index < this.#items.length; index++) yield this.#items[index];
  }

  /** The newest `most` that `wanted` accepts, newest first. */
  newest(most, wanted = () => true) {
    const found = [];
    for (let index = this.#items.length - 1; index >= this.#start && found.length < most; index--) {
      if (wanted(this.#items[index])) found.push(this.#items[index]);
    }
    return found;
  }

  clear() {
    this.#items = [];
    this.#start = 0;
    this.#size = 0;
  }
}
