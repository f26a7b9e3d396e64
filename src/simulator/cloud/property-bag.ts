import { percentDecode } from './topics.ts';

/** The properties that travel in a topic: a name without `=` is null, one with nothing after it is empty (Azure 2.2). */
export type PropertyBag = Map<string, string | null>;

/** Decodes `k=v&k=v`; undefined when an escape in it is malformed, which Azure answers by closing (Azure 2.3). */
export function parsePropertyBag(text: string): PropertyBag | undefined {
  const bag: PropertyBag = new Map();
  // Devices may begin the bag like a URL's query.
  const pairs = text.replace(/^\?/, '');
  if (pairs === '') return bag;
  for (const pair of pairs.split('&')) {
    const equals = pair.indexOf('=');
    const name = percentDecode(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? null : percentDecode(pair.slice(equals + 1));
    if (name === undefined || value === undefined) return undefined;
    bag.set(name, value);
  }
  return bag;
}

/** Lone surrogates, which have no encoding, become U+FFFD. */
const encode = (text: string) => encodeURIComponent(Buffer.from(text).toString());

export function formatPropertyBag(bag: PropertyBag): string {
  return [...bag].map(([name, value]) => encode(name) + (value === null ? '' : `=${encode(value)}`)).join('&');
}
