import { printString } from '../strings.ts';

interface Waiting {
  readonly topic: string;
  readonly id: number;
  readonly payload: Buffer;
}

/** Messages that are too long to be printed at once; how many wait is not published. */
const MAX_WAITING = 16;

export interface Incoming {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: number;
  readonly retain: boolean;
  readonly dup: boolean;
  readonly id: number;
}

/** Received messages: printed, or announced and kept until they are read (RNWF 8). */
export class Messages {
  #waiting: Waiting[] = [];

  /** The event of a message. */
  receive({ topic, payload, qos, retain, dup, id }: Incoming, threshold: number): string {
    const head = `+MQTTSUBRX:${dup ? 1 : 0},${qos},${retain ? 1 : 0},${printString(Buffer.from(topic))}`;
    if (payload.length <= threshold) return `${head},${printString(payload)}`;
    this.#waiting.push({ topic, id, payload });
    if (this.#waiting.length > MAX_WAITING) this.#waiting.shift();
    return `${head},${id},${payload.length}`;
  }

  /** Takes a message that was announced. */
  read(topic: string, id: number, length: number): Buffer | undefined {
    const index = this.#waiting.findIndex((each) => each.topic === topic && each.id === id);
    const found = this.#waiting[index];
    if (!found || length > found.payload.length) return undefined;
    this.#waiting.splice(index, 1);
    return found.payload.subarray(0, length);
  }

  clear(): void {
    this.#waiting = [];
  }
}
