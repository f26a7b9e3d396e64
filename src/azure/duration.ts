/** Of years and months only none are read, so their length does not matter. */
const SECONDS = { weeks: 604_800, years: 0, months: 0, days: 86_400, hours: 3_600, minutes: 60, seconds: 1 } as const;
const LONGEST = 7 * SECONDS.days;
const NANO = 1_000_000_000;
const NUMBER = String.raw`\d+(?:[.,]\d{1,9})?`;
const DURATION = new RegExp(
  `^P(?=[\\dT])(?:(?<weeks>${NUMBER})W|(?:(?<years>${NUMBER})Y)?(?:(?<months>${NUMBER})M)?(?:(?<days>${NUMBER})D)?` +
    `(?:T(?=\\d)(?:(?<hours>${NUMBER})H)?(?:(?<minutes>${NUMBER})M)?(?:(?<seconds>${NUMBER})S)?)?)$`,
);

/**
 * Reads an ISO 8601 duration such as `PT5S`, `PT1M30S`, `P1DT2H`, `PT0.5S` or `P1W`: from none to 7 days, exact to the
 * nanosecond, a fraction in the last part only.
 * Years and months have no fixed length; some libraries write them all the same, as in `P0Y0M0DT0H0M5S`, so none of them is
 * taken.
 * @returns what is wrong with it, as a sentence, for everything else
 */
export function parseDuration(text: string): { seconds: number } | { invalid: string } {
  const groups = DURATION.exec(text)?.groups;
  if (!groups) return { invalid: 'it is not an ISO 8601 duration such as PT5S' };
  const { years = '0', months = '0' } = groups;
  if (toNano(years) + toNano(months) > 0) return { invalid: 'years and months are not supported' };
  const parts = Object.entries(SECONDS).flatMap(([unit, seconds]) => {
    const amount = groups[unit];
    return amount === undefined ? [] : [{ amount, seconds }];
  });
  if (parts.slice(0, -1).some(({ amount }) => /[.,]/.test(amount))) {
    return { invalid: 'only its last part may have a fraction' };
  }
  // Whole nanoseconds, so that 0.07 hours are 252 seconds and not a little more; up to 7 days they are exact.
  const nanoseconds = parts.reduce((sum, { amount, seconds }) => sum + seconds * toNano(amount), 0);
  return nanoseconds > LONGEST * NANO ? { invalid: 'it is longer than 7 days' } : { seconds: nanoseconds / NANO };
}

function toNano(amount: string): number {
  const [whole = '', fraction = ''] = amount.split(/[.,]/);
  return Number(whole) * NANO + Number(fraction.padEnd(9, '0'));
}
