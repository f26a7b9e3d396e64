import type { Range } from './ranges.ts';

/** Numbers in [0, 1). */
export type Random = () => number;

/** The most decimals that are worth sending. */
const MOST_DECIMALS = 7;
/** The part of its range that a value moves by at most, from one reading to the next. */
const STEP = 0.05;

/** A value that moves slowly, back and forth in its range. */
export function wander([low, high]: Range, random: Random): () => number {
  const span = high - low;
  let value = low + random() * span;
  return () => {
    const now = value;
    const next = value + (random() * 2 - 1) * STEP * span;
    value = next < low ? low + (low - next) : next > high ? high - (next - high) : next;
    return now;
  };
}

/** The same in whole numbers. */
export function wanderInteger([low, high]: Range, random: Random): () => number {
  const lowest = Math.ceil(low);
  const highest = Math.floor(high);
  if (lowest > highest) return () => Math.round((low + high) / 2);
  const next = wander([lowest - 0.5, highest + 0.5], random);
  return () => Math.min(highest, Math.max(lowest, Math.round(next()))) + 0;
}

/**
 * The same with as many decimals as the range is worth. It is never a whole number, where the range permits: whoever takes
 * types from messages would take 20 for an integer, and the next value for a fault.
 */
export function wanderDouble([low, high]: Range, random: Random): () => number {
  const next = wander([low, high], random);
  const span = high - low;
  const decimals = span > 0 ? Math.min(MOST_DECIMALS, Math.max(1, 3 - Math.floor(Math.log10(span)))) : MOST_DECIMALS;
  const unit = 10 ** -decimals;
  const round = (value: number) => Number(value.toFixed(decimals));
  return () => {
    const value = Math.min(high, Math.max(low, round(next())));
    if (!Number.isInteger(value) || span < 2 * unit) return value;
    return round(value + unit > high ? value - unit : value + unit);
  };
}

/** Whole numbers that count up, and begin again after the highest. */
export function count(highest: number): () => number {
  let value = 0;
  return () => {
    value = value < highest ? value + 1 : 1;
    return value;
  };
}
