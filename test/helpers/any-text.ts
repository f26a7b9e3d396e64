import fc from 'fast-check';

const SURROGATES = [0xd800, 0xdfff] as const;
const LAST = 0x10ffff;

/** A character. What fast-check has for it (`binary`, `grapheme`) takes more than a second to get ready. */
export const anyCharacter = fc
  .oneof(
    fc.integer({ min: 0, max: 0x7f }),
    fc.integer({ min: 0, max: SURROGATES[0] - 1 }),
    fc.integer({ min: SURROGATES[1] + 1, max: LAST }),
  )
  .map((code) => String.fromCodePoint(code));

/** Text of any characters. */
export function anyText(constraints: { minLength?: number; maxLength?: number } = {}): fc.Arbitrary<string> {
  return fc.string({ unit: anyCharacter, ...constraints });
}
