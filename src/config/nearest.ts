/** So many letters may be wrong, missing or too many for two words to be taken for the same. */
const MAX_DISTANCE = 2;

/** The one of `names` that `word` is likely meant to be, whatever its case; null when none is near. */
export function nearest(word: string, names: readonly string[]): string | null {
  const typed = word.toLowerCase();
  let [best, least]: [string | null, number] = [null, MAX_DISTANCE + 1];
  for (const name of names) {
    const distance = distanceOf(typed, name.toLowerCase());
    // Of a short word two letters are all of it.
    if (distance < least && distance * 2 < name.length) [best, least] = [name, distance];
  }
  return best;
}

/** How many letters must be put in, taken out, replaced, or swapped with the next one. */
function distanceOf(a: string, b: string): number {
  let [before, last]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (last[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwapped ? (before[j - 2] ?? 0) + 1 : replaced;
      row[j] = Math.min(replaced, swapped, (last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1);
    }
    [before, last] = [last, row];
  }
  return last[b.length] ?? 0;
}
