const DATE = /^(\d{4})-(\d{2})-(\d{2})$/;
const TIME = /^(\d{2}):(\d{2}):(\d{2})(?:\.\d+)?(?:Z|[+-](\d{2}):(\d{2}))$/;
/** Weeks and signs are not in it (ISO 8601, as DTDL uses it); only the last part may have a fraction. */
const DURATION =
  /^P(?=.)(?:\d+(?:\.\d+(?=Y$))?Y)?(?:\d+(?:\.\d+(?=M$))?M)?(?:\d+(?:\.\d+(?=D$))?D)?(?:T(?=.)(?:\d+(?:\.\d+(?=H$))?H)?(?:\d+(?:\.\d+(?=M$))?M)?(?:\d+(?:\.\d+)?S)?)?$/;

/** Whether a text is a day that exists, such as `2024-02-29` (RFC 3339, full-date). */
export function isDate(text: string): boolean {
  const [, year, month, day] = (DATE.exec(text) ?? []).map(Number);
  if (year === undefined || month === undefined || day === undefined) return false;
  // The Gregorian calendar repeats after 400 years; Date.UTC takes years below 100 for those of the last century.
  const last = new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate();
  return month >= 1 && month <= 12 && day >= 1 && day <= last;
}

/** Whether a text is a time of day with its offset, such as `23:59:59.5Z` (RFC 3339, full-time). */
export function isTime(text: string): boolean {
  const match = TIME.exec(text);
  if (!match) return false;
  const [, hour, minute, second, offsetHour = 0, offsetMinute = 0] = match.map((part) => Number(part ?? 0));
  const within = (value: number | undefined, limit: number) => value !== undefined && value < limit;
  return (
    within(hour, 24) && within(minute, 60) && within(second, 60) && within(offsetHour, 24) && within(offsetMinute, 60)
  );
}

/** Whether a text is a moment with its offset, such as `2024-02-29T12:00:00+01:00` (RFC 3339, date-time). */
export function isDateTime(text: string): boolean {
  return text.charAt(10) === 'T' && isDate(text.slice(0, 10)) && isTime(text.slice(11));
}

/** Whether a text is a duration such as `PT5S`, `P1DT2H` or `PT0.5S`. */
export function isDuration(text: string): boolean {
  return DURATION.test(text);
}
