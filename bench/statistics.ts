/** What many measurements of one thing come down to. */
export interface Summary {
  median: number;
  /** Half of the measurements lie between these two. */
  low: number;
  high: number;
}

/** The value below which the part `p` (0 to 1) of the values lies. */
export function percentile(values: readonly number[], p: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN;
}

export function summarise(values: readonly number[]): Summary {
  return { median: percentile(values, 0.5), low: percentile(values, 0.25), high: percentile(values, 0.75) };
}

/** Two things measured in turn, and how they compare. */
export interface Comparison {
  ours: Summary;
  theirs: Summary;
  /** Ours by theirs, pair by pair: a machine whose speed drifts leaves it alone. */
  ratio: Summary;
}

/**
 * Measures two things in turn, `rounds` times; every second round in reverse order, so that coming second favours
 * none. One round before is not counted.
 */
export async function compare(
  rounds: number,
  ours: () => Promise<number>,
  theirs: () => Promise<number>,
): Promise<Comparison> {
  const pairs: [number, number][] = [];
  for (let round = 0; round <= rounds; round++) {
    const first = round % 2 === 0 ? await ours() : await theirs();
    const second = round % 2 === 0 ? await theirs() : await ours();
    if (round > 0) pairs.push(round % 2 === 0 ? [first, second] : [second, first]);
  }
  return paired(pairs);
}

/** Sums up pairs that were measured together. */
export function paired(pairs: readonly [ours: number, theirs: number][]): Comparison {
  return {
    ours: summarise(pairs.map(([a]) => a)),
    theirs: summarise(pairs.map(([, b]) => b)),
    ratio: summarise(pairs.map(([a, b]) => a / b)),
  };
}
