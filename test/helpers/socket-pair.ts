import { type Duplex, duplexPair } from 'node:stream';

/** Two ends of which one is gone when the other is, as those of a connection are. */
export function socketPair(): [Duplex, Duplex] {
  const [ours, theirs] = duplexPair();
  for (const [end, other] of [
    [ours, theirs],
    [theirs, ours],
  ] as const) {
    end.once('close', () => setImmediate(() => other.destroy()));
    end.on('error', () => undefined);
  }
  return [ours, theirs];
}
