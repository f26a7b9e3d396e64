/** What a spreadsheet would take for a formula, or strip until one is left. */
const FORMULA = /^[\s\p{C}]*[=+@\-\t\r]/u;

/** A text from outside as a field that a spreadsheet shows and does not reckon out. */
function field(text) {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /["',;\s]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Numbers over time, in the order of time. @param samples [time in milliseconds, name, value]; what is no number is left out */
export function csv(samples) {
  const lines = samples
    .filter(([, , value]) => typeof value === 'number')
    .sort(([one], [other]) => one - other)
    .map(([at, name, value]) => `${new Date(at).toISOString()},${field(name)},${value}\n`);
  return `time,name,value\n${lines.join('')}`;
}
