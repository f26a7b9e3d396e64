/** What JSON may hold as it is, and a terminal or a reader of lines takes for something else. */
const UNSAFE = /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}]/gu;

/** `value` as JSON in one line, in which every control and format character is escaped; what is undefined is null. */
export function safeJson(value: Record<string, unknown>): string {
  const json = JSON.stringify(value, (_, each: unknown) => each ?? null);
  return json.replace(UNSAFE, (character) =>
    [...character.split('')].map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`).join(''),
  );
}
