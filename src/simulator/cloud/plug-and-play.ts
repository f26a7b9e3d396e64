import type { DeviceRecord } from './device-record.ts';
import { isJsonObject, type Json, type JsonObject, own } from './json.ts';
import { findModel } from './models.ts';
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
  /** When a property was changed last; those of a component share the component's. */
  change: (name: string) => Change | undefined;
}

const halfOfComponent = (value: Json | undefined, change: Change | undefined): Half => ({
  properties: isComponent(value) ? value : {},
  change: () => change,
});

function describe(desired: Half, reported: Half, isModelled: (name: string) => boolean): JsonObject {
  const names = [...new Set([...Object.keys(reported.properties), ...Object.keys(desired.properties)])];
  const values: [string, Json][] = [];
  const metadata: [string, Json][] = [];
  for (const name of names.filter((candidate) => candidate !== '__t')) {
    const wanted = own(desired.properties, name);
    const actual = own(reported.properties, name);
    const wantedChange = desired.change(name);
    const actualChange = reported.change(name);
    if (isComponent(wanted) || isComponent(actual)) {
      const halves = [halfOfComponent(wanted, wantedChange), halfOfComponent(actual, actualChange)] as const;
      values.push([name, describe(...halves, () => true)]);
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
        ...(isModelled(name) ? {} : { unmodelled: true }),
      },
    ]);
  }
  return { ...Object.fromEntries(values), $metadata: Object.fromEntries(metadata) };
}

/**
 * A device's properties as IoT Central shows them: the values in force, and under `$metadata`, by name, what is desired and
 * what the device has answered. `state` and `unmodelled` are additions of this cloud.
 */
export function describeProperties({ twin, modelId }: DeviceRecord): JsonObject {
  const { desired, reported } = twin;
  const model = findModel(modelId);
  const lookUp = (changes: Record<string, Change>) => (name: string) =>
    Object.hasOwn(changes, name) ? changes[name] : undefined;
  return describe(
    { properties: desired.properties, change: lookUp(desired.changes) },
    { properties: reported.properties, change: lookUp(reported.changes) },
    (name) => !model || model.properties.has(name),
  );
}
