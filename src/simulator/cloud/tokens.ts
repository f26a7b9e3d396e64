/** `digits` random hexadecimal digits, in lower case. */
export function hex(random: () => number, digits: number): string {
  return Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
}

/** A random identifier in the form of a GUID. */
export function guid(random: () => number): string {
  return [8, 4, 4, 4, 12].map((digits) => hex(random, digits)).join('-');
}

/** A time as Azure writes it: ISO 8601 in UTC with seven decimals. */
export function azureTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '0000Z');
}
