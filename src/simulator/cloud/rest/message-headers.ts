import type { PropertyBag } from '../property-bag.ts';

/** System properties by their header and by their name in a topic (Azure 2.3). */
const SYSTEM: readonly (readonly [header: string, name: string])[] = [
  ['iothub-messageid', '$.mid'],
  ['iothub-correlationid', '$.cid'],
  ['iothub-userid', '$.uid'],
  ['iothub-expiry', '$.exp'],
  ['iothub-contenttype', '$.ct'],
  ['iothub-contentencoding', '$.ce'],
  ['dt-subject', '$.sub'],
];
const APPLICATION = 'iothub-app-';

/** The properties of a message in the headers of a request, or in the properties of a batch; other headers are none. */
export function propertiesIn(pairs: Iterable<readonly [name: string, value: string]>): PropertyBag {
  const bag: PropertyBag = new Map();
  for (const [name, value] of pairs) {
    const lower = name.toLowerCase();
    const [, system] = SYSTEM.find(([header]) => header === lower) ?? [];
    if (system !== undefined) bag.set(system, value);
    else if (lower.startsWith(APPLICATION)) bag.set(name.slice(APPLICATION.length), value);
  }
  return bag;
}

/** Names and values in turn, as pairs. */
export function pairsOf(rawHeaders: readonly string[]): [string, string][] {
  return rawHeaders.flatMap((name, index): [string, string][] =>
    index % 2 === 0 ? [[name, rawHeaders[index + 1] ?? '']] : [],
  );
}

const PLAIN = /^[ -~]*$/;
/** What a header's name may not hold is escaped. */
const NAME = /[^\w!#$%&'*+.^`|~-]/g;

/** The properties of a message to a device, as headers. */
export function headersOf(bag: PropertyBag): Record<string, string> {
  return Object.fromEntries(
    [...bag].map(([name, value]): [string, string] => {
      const [header] = SYSTEM.find(([, system]) => system === name) ?? [];
      const text = value ?? '';
      const named = header ?? APPLICATION + name.replace(NAME, (character) => encodeURIComponent(character));
      return [named, PLAIN.test(text) ? text : encodeURIComponent(text)];
    }),
  );
}
