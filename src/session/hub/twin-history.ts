/** What the session remembers of twins beyond one connection. */
export class TwinHistory {
  readonly #oversize = new Set<string>();
  #unanswered = 0;

  /** The twin of `hub` is larger than the module can receive; asking again would break the connection again (T18). */
  addOversize(hub: string): void {
    this.#oversize.add(hub);
  }

  isOversize(hub: string): boolean {
    return this.#oversize.has(hub);
  }

  /** Nobody has answered a request for the twin. @returns how often in a row that was so */
  addUnanswered(): number {
    return ++this.#unanswered;
  }

  /** A request for the twin was answered. */
  addAnswer(): void {
    this.#unanswered = 0;
  }
}
