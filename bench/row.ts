import type { Comparison, Summary } from './statistics.ts';

/** One line of the table. */
export interface Row {
  name: string;
  unit: string;
  measured: Summary;
  /** What it is measured against; null for a number that stands for itself. */
  against: { name: string; measured: Summary; ratio: Summary } | null;
  /** What is claimed of the ratio, or of the median where there is nothing to compare with. */
  claim: Claim | null;
  /** Whether the claim holds; null where there is none. */
  holds: boolean | null;
}

export type Claim = { atMost: number } | { atLeast: number };

/** A row that stands for itself. */
export function figure(name: string, unit: string, measured: Summary, claim: Claim | null = null): Row {
  return { name, unit, measured, against: null, claim, holds: claim && holds(claim, measured.median) };
}

/** A row with a yardstick. */
export function ratio(
  name: string,
  unit: string,
  yardstick: string,
  { ours, theirs, ratio }: Comparison,
  claim: Claim | null = null,
): Row {
  return {
    name,
    unit,
    measured: ours,
    against: { name: yardstick, measured: theirs, ratio },
    claim,
    holds: claim && holds(claim, ratio.median),
  };
}

function holds(claim: Claim, value: number): boolean {
  return 'atMost' in claim ? value <= claim.atMost : value >= claim.atLeast;
}
