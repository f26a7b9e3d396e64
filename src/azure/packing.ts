import type { Json, JsonObject } from '../events.ts';
import { asciiJson, isJsonObject } from './json.ts';

const MARK = '__t';

/**
 * Distributes members over as few reported PATCHes as possible, in order; a PATCH may say anything between one member
 * and all of them (Azure 3.2). A component that does not fit is reported in parts, each with its mark (Azure 3.3).
 * @param fits whether a PATCH with this JSON can be sent; where it says no it must do so for anything longer, too
 * @returns `tooLarge`: the names of members that do not fit even alone, those of components as `component.name`
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
    } else if (isComponent(value)) {
      const { [MARK]: mark = null, ...inner } = value;
      const parts = packMembers(inner, (json) => fits(`{${asciiJson(name)}:{"${MARK}":"c",${json.slice(1)}}`));
      patches.push(...parts.patches.map((part) => ({ [name]: { [MARK]: mark, ...part } })));
      tooLarge.push(...parts.tooLarge.map((member) => `${name}.${member}`));
      open = patches.at(-1);
    } else {
      tooLarge.push(name);
    }
  }
  return { patches, tooLarge };
}

function isComponent(value: Json): value is JsonObject {
  return isJsonObject(value) && value[MARK] === 'c';
}
