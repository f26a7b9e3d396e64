import type { JsonObject } from '../events.ts';
import { asciiJson } from './json.ts';

/**
 * Distributes members over as few reported PATCHes as possible, in order; a PATCH may say anything between one member
 * and all of them (Azure 3.2).
 * @param fits whether a PATCH with this JSON can be sent; where it says no it must do so for anything longer, too
 * @returns `tooLarge`: the names of members that do not fit even alone
 */
export function packMembers(
  members: JsonObject,
  fits: (json: string) => boolean,
): { patches: JsonObject[]; tooLarge: string[] } {
  const patches: JsonObject[] = [];
  const tooLarge: string[] = [];
  let open: JsonObject | undefined;
  for (const [name, value] of Object.entries(members)) {
    const extended = { ...open, [name]: value };
    const alone = { [name]: value };
    if (open && fits(asciiJson(extended))) {
      patches[patches.length - 1] = open = extended;
    } else if (fits(asciiJson(alone))) {
      patches.push(alone);
      open = alone;
    } else {
      tooLarge.push(name);
    }
  }
  return { patches, tooLarge };
}
