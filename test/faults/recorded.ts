import { readFileSync } from 'node:fs';
import type { State } from '../../src/session/table.ts';
import type { Path } from './cell.ts';
import type { Fate } from './table.ts';

/** What became of a cell when the table was recorded. */
export type Recorded = Path & { fate: Fate };

export const RECORDED_FILE = new URL('./paths.json', import.meta.url);

/** The seeds that are recorded: the first at instant pace, the second at the pace of the module. */
export const RECORDED_SEEDS = [1, 2] as const;

type Recording = Record<string, Partial<Record<State, Partial<Record<number, Recorded>>>>>;

let recording: Recording | null = null;

/** The recorded path of a cell; undefined for one that was not recorded. */
export function recorded(fault: string, state: State, seed: number): Recorded | undefined {
  recording ??= JSON.parse(readFileSync(RECORDED_FILE, 'utf8')) as Recording;
  return recording[fault]?.[state]?.[seed];
}
