/** `digits` random hexadecimal digits, in lower case. */
export function hex(random: () => number, digits: number): string {
  return Array.from({ length: digits }, () => Math.floor(random() * 16).toString(16)).join('');
}

/** A random identifier in the form of a GUID. */
export function guid(random: () => number): string {
  return [8, 4, 4, 4, 12].map((digits) => hex(random, digits)).join('-');
}

/** A number that no other device has: the time in .NET's ticks, whose last digits are random. */
export const ticks = (ms: number, random: () => number): string =>
  String(BigInt(Math.round(ms)) * 10_000n + 621_355_968_000_000_000n + BigInt(Math.floor(random() * 10_000)));

/** A time as Azure writes it: ISO 8601 in UTC with seven decimals. */
export function azureTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '0000Z');
}
