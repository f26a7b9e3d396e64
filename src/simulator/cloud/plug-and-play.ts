import { isJsonObject, type Json, type JsonObject, own } from '../../json.ts';
import type { DeviceRecord } from './device-record.ts';
import type { Model } from './models.ts';
import type { Change } from './twin.ts';

/** What has become of a desired value (Azure 3.1). */
export type PropertyState = 'pending' | 'accepted' | 'rejected';

interface Acknowledgement {
  value: Json;
  ac: number;
  av: number;
  ad: Json | undefined;
}

/** A reported value in the form of an acknowledgement, `{"ac","av","ad","value"}`. */
function parseAcknowledgement(reported: Json | undefined): Acknowledgement | undefined {
  if (!isJsonObject(reported)) return undefined;
  const ac = own(reported, 'ac');
  const av = own(reported, 'av');
  const value = own(reported, 'value');
  if (typeof ac !== 'number' || typeof av !== 'number' || value === undefined) return undefined;
  return { ac, av, value, ad: own(reported, 'ad') };
}

const IN_PROGRESS = 202;

function stateOf(version: number, acknowledgement: Acknowledgement | undefined): PropertyState {
  if (!acknowledgement || acknowledgement.av < version || acknowledgement.ac === IN_PROGRESS) return 'pending';
  return acknowledgement.ac >= 200 && acknowledgement.ac < 300 ? 'accepted' : 'rejected';
}

const isComponent = (value: Json | undefined): value is JsonObject => isJsonObject(value) && own(value, '__t') === 'c';

interface Half {
  properties: JsonObject;
  /** When a property was changed last. */
  changes: Record<string, Change>;
}

const halfOfComponent = (value: Json | undefined, change: Change | undefined): Half => ({
  properties: isComponent(value) ? value : {},
  changes: change?.members ?? {},
});

const changeOf = ({ changes }: Half, name: string): Change | undefined =>
  Object.hasOwn(changes, name) ? changes[name] : undefined;

/** @param model what has these properties; undefined where it is not known */
function describe(
  desired: Half,
  reported: Half,
  model: Pick<Model, 'properties' | 'components'> | undefined,
): JsonObject {
  const names = [...new Set([...Object.keys(reported.properties), ...Object.keys(desired.properties)])];
  const values: [string, Json][] = [];
  const metadata: [string, Json][] = [];
  for (const name of names.filter((candidate) => candidate !== '__t')) {
    const wanted = own(desired.properties, name);
    const actual = own(reported.properties, name);
    const wantedChange = changeOf(desired, name);
    const actualChange = changeOf(reported, name);
    if (isComponent(wanted) || isComponent(actual)) {
      const halves = [halfOfComponent(wanted, wantedChange), halfOfComponent(actual, actualChange)] as const;
      values.push([name, describe(...halves, model && componentOf(model, name))]);
      continue;
    }
    const acknowledgement = parseAcknowledgement(actual);
    const value = acknowledgement ? acknowledgement.value : actual;
    if (value !== undefined) values.push([name, value]);
    const lastUpdateTime = actualChange?.at ?? wantedChange?.at ?? null;
    metadata.push([
      name,
      {
        ...(wanted === undefined ? {} : { desiredValue: wanted, desiredVersion: wantedChange?.version ?? 0 }),
        ...(acknowledgement ? { ackVersion: acknowledgement.av, ackCode: acknowledgement.ac } : {}),
        ...(acknowledgement?.ad === undefined ? {} : { ackDescription: acknowledgement.ad }),
        lastUpdateTime,
        ...(wanted === undefined ? {} : { state: stateOf(wantedChange?.version ?? 0, acknowledgement) }),
        ...(model?.properties.has(name) === false ? { unmodelled: true } : {}),
      },
    ]);
  }
  return { ...Object.fromEntries(values), $metadata: Object.fromEntries(metadata) };
}

/**
 * A device's properties as IoT Central shows them: the values in force, and under `$metadata`, by name, what is desired and
 * what the device has answered. `state` and `unmodelled` are additions of this cloud.
 */
export function describeProperties({ twin }: Pick<DeviceRecord, 'twin'>, model: Model | undefined): JsonObject {
  const { desired, reported } = twin;
  return describe(desired, reported, model);
}

/** What a model has at the place of a component; nothing where it has no such component. */
function componentOf(
  { components }: Pick<Model, 'components'>,
  name: string,
): Pick<Model, 'properties' | 'components'> {
  return { properties: components.get(name) ?? new Set(), components: new Map() };
}

/** Properties as a back end gives them, with the mark that components have on the wire where it was left out (Azure 3.3). */
export function withComponents(
  properties: JsonObject,
  { twin }: Pick<DeviceRecord, 'twin'>,
  model: Model | undefined,
): JsonObject {
  const known = [twin.desired.properties, twin.reported.properties];
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]): [string, Json] => {
      const isPart = model?.components.has(name) || known.some((half) => isComponent(own(half, name)));
      return [name, isPart && isJsonObject(value) ? { __t: 'c', ...value } : value];
    }),
  );
}
