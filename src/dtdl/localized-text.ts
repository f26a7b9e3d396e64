import type { Element } from './element.ts';
import type { LocalizedText } from './model.ts';

/**
 * A text that may be in several languages: a string, an object of strings by language, or a list of `@value` with
 * `@language` (DTDL 3, "Localizable string"). Texts are decoration, so what is none of these is left out.
 */
export function readText(element: Element | undefined): LocalizedText {
  const texts: Record<string, string> = {};
  if (element === undefined) return texts;
  for (const item of element.list()) {
    const { value } = item;
    if (typeof value === 'string') texts['en'] = value;
    if (!item.isObject()) continue;
    const tagged = item.member('@value')?.value;
    const language = item.member('@language')?.value ?? 'en';
    if (typeof tagged === 'string' && typeof language === 'string') set(texts, language, tagged);
    for (const [name, text] of Object.entries(item.value)) if (typeof text === 'string') set(texts, name, text);
  }
  return texts;
}

function set(texts: Record<string, string>, language: string, text: string): void {
  if (/^[A-Za-z]{2,4}(?:-[A-Za-z0-9]{2,8})*$/.test(language)) texts[language] = text;
}
