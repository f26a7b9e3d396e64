import { AtError } from '../../at/error.ts';
import type { RnwfLink } from './link.ts';
import type { Signal } from './signals.ts';
import { answerTo, quote, stringOf, valuesOf } from './values.ts';

const READ_TIMEOUT = 10_000;

/**
 * Reads the messages that are too long to be printed at once (RNWF 8): each was announced, and is read with a command
 * of its own, one after the other.
 */
export class Receiver {
  readonly #link: RnwfLink;
  readonly #signal: AbortSignal;
  #work: Promise<void> = Promise.resolve();

  /** @param signal ends it */
  constructor(link: RnwfLink, signal: AbortSignal) {
    this.#link = link;
    this.#signal = signal;
    link.on('signal', (seen) => {
      if (seen.type !== 'announced') return;
      this.#work = this.#work.then(async () => {
        const read = await this.#read(seen);
        if (read) link.emit('signal', read);
      });
    });
  }

  async #read({ topic, id, length }: Signal & { type: 'announced' }): Promise<Signal | null> {
    const command = {
      text: `AT+MQTTSUBRD=${quote(topic)},${id},${length}`,
      response: answerTo('MQTTSUBRD'),
      mayLackStatus: true,
      timeout: READ_TIMEOUT,
    };
    try {
      // What is too long for a line here is read all the same, or it would stay in the module.
      const [line = ''] = await this.#link.executeRaw(command, this.#signal);
      if (length > this.#link.product.limits.receivedPacket) return { type: 'overflow', bytes: length };
      // The numbers before the payload differ between the reference and its example.
      const payload = stringOf(valuesOf(line).at(-1));
      return payload?.length === length ? { type: 'message', topic, payload } : { type: 'lost-message' };
    } catch (error) {
      const isGone = this.#signal.aborted || (error instanceof AtError && error.failure === 'closed');
      return isGone ? null : { type: 'lost-message' };
    }
  }
}
