import { resolveCname } from 'node:dns/promises';

/** A chain of aliases that is longer goes round in a circle. */
const MAX_ALIASES = 8;

/**
 * The names that `host` is an alias of, one after the other; none where there are none, or the network does not tell.
 * @param resolve the aliases of one name; it fails where there are none
 */
export async function aliasesOf(host: string, resolve: typeof resolveCname = resolveCname): Promise<string[]> {
  const aliases: string[] = [];
  let name: string | undefined = host;
  while (name !== undefined && aliases.length < MAX_ALIASES) {
    [name] = await resolve(name).catch(() => []);
    if (name !== undefined) aliases.push(name);
  }
  return aliases;
}
