import { headers } from './api.js';
import { parseEvent } from './json.js';

const SHORTEST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;
/** The server sends something at least every 15 seconds; a stream that is silent for longer is dead. */
const SILENCE = 40_000;

/** Cuts a stream of server-sent events into { id, type, data }. */
export class EventParser {
  #rest = '';

  push(text) {
    const blocks = (this.#rest + text).split('\n\n');
    this.#rest = blocks.pop();
    return blocks.flatMap((block) => {
      const event = { id: null, type: 'message', data: '' };
      for (const line of block.split('\n')) {
        const colon = line.indexOf(': ');
        if (colon <= 0) continue;
        const [name, value] = [line.slice(0, colon), line.slice(colon + 2)];
        if (name === 'id') event.id = value;
        if (name === 'event') event.type = value;
        if (name === 'data') event.data += value;
      }
      return event.data === '' ? [] : [event];
    });
  }
}

/**
 * Follows the events from the first that is kept; comes back by itself with the last id that it has seen.
 * @param handlers onEvent(event, size), onState('connecting' | 'live' | 'waiting' | 'refused', detail), onOpen()
 * @returns a function that ends it
 */
export function follow({ onEvent, onState, onOpen }) {
  const ended = new AbortController();
  let lastId = '0';
  let pause = SHORTEST_PAUSE;

  async function once() {
    const attempt = new AbortController();
    const stop = () => attempt.abort();
    ended.signal.addEventListener('abort', stop);
    let silence = setTimeout(stop, SILENCE);
    try {
      const response = await fetch('/api/events', {
        headers: { ...headers(), 'Last-Event-ID': lastId },
        signal: attempt.signal,
      });
      if (response.status === 401 || response.status === 403) return 'refused';
      if (!response.ok) return 'lost';
      onOpen();
      onState('live');
      pause = SHORTEST_PAUSE;
      const parser = new EventParser();
      const decoder = new TextDecoder();
      const reader = response.body.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return 'lost';
        clearTimeout(silence);
        silence = setTimeout(stop, SILENCE);
        for (const { id, data } of parser.push(decoder.decode(value, { stream: true }))) {
          if (id !== null) lastId = id;
          onEvent(parseEvent(data), data.length);
        }
      }
    } catch {
      return 'lost';
    } finally {
      clearTimeout(silence);
      ended.signal.removeEventListener('abort', stop);
    }
  }

  async function run() {
    onState('connecting');
    while (!ended.signal.aborted) {
      const outcome = await once();
      if (ended.signal.aborted) return;
      if (outcome === 'refused') {
        onState('refused');
        return;
      }
      onState('waiting', pause);
      await new Promise((resolve) => {
        const timer = setTimeout(resolve, pause);
        ended.signal.addEventListener(
          'abort',
          () => {
            clearTimeout(timer);
            resolve();
          },
          { once: true },
        );
      });
      pause = Math.min(LONGEST_PAUSE, pause * 2);
    }
  }

  void run();
  return () => ended.abort();
}
