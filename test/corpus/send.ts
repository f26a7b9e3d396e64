import assert from 'node:assert/strict';
import { seeded } from '../../src/cli/seeded.ts';
import { schemaOfModel } from '../../src/device/model-schema.ts';
import { playerOf } from '../../src/device/player/player.ts';
import { createDevice } from '../../src/device/runtime.ts';
import type { ModelRepository } from '../../src/dtdl/repository.ts';
import { loadModel } from '../../src/dtdl/resolve.ts';
import type { Json, JsonObject } from '../../src/events.ts';
import { DEVICE, Rig } from '../helpers/rig.ts';
import { complaint } from './checker.ts';
import { exampleOf } from './example.ts';
import { type Content, isObject } from './interfaces.ts';

const MINUTE = 60_000;
const TELEMETRY = `devices/${DEVICE}/messages/events/`;
const REPORTED = '$iothub/twin/PATCH/properties/reported/';

/** What has gone to the hub. */
interface Message {
  topic: string;
  body: Json;
}

/**
 * Plays a model through a whole session, with a modem that has the limits of a module. Throws where a message is over
 * a limit, where one is not as the model says, and where something is missing that no warning has named.
 */
export async function sendModel(id: string, contents: readonly Content[], repository: ModelRepository): Promise<void> {
  const model = loadModel(id, repository);
  const published: Message[] = [];
  let rig: Rig | null = null;
  const wall = () => rig?.clock.wall() ?? 0;
  const device = createDevice(playerOf(model, { random: seeded(1), wall }), { schema: schemaOfModel(model) });
  rig = new Rig({}, device);
  const { modem, clock, events } = rig;
  const answer = modem.script['mqtt.publish'];
  modem.script['mqtt.publish'] = (topic, payload) => {
    assert.equal(modem.mqtt.excess(topic, payload, 0), null, `${topic} ${payload} is within the limits`);
    if (payload.trim() !== '') published.push({ topic, body: JSON.parse(payload) });
    return answer(topic, payload);
  };
  const warnings = () =>
    events.flatMap((event) => (event.type === 'event' && event.level === 'warning' ? event.message : []));
  const told = (name: string) => warnings().some((message) => message.includes(name));
  const of = (kind: Content['kind']) => contents.filter((content) => content.kind === kind);

  void rig.run();
  await clock.advance(2 * MINUTE);
  checkTelemetry(of('Telemetry'), published, told);
  for (const property of of('Property')) {
    const value = reportedValue(published, property);
    if (value === undefined) assert.ok(told(pathOf(property)), `${pathOf(property)} is reported`);
    else check(property, isWritable(property) && isObject(value) ? value['value'] : value);
  }

  let version = 1;
  for (const property of of('Property').filter(isWritable)) {
    const good = exampleOf(property.element['schema'], property.references);
    published.length = 0;
    rig.send(`$iothub/twin/PATCH/properties/desired/?$version=${++version}`, {
      ...patchOf(property, good),
      $version: version,
    });
    await clock.advance(500);
    const value = reportedValue(published, property);
    const acknowledged = isObject(value) ? [value['ac'], withoutNulls(value['value']), value['av']] : value;
    if (value !== undefined) assert.deepEqual(acknowledged, [200, good, version], property.name);
    else assert.ok(told(pathOf(property)), `${pathOf(property)} is acknowledged`);
  }

  for (const { component, name, element, references } of of('Command')) {
    const schema = payloadOf(element['request'], references);
    const method = component === undefined ? name : `${component}*${name}`;
    published.length = 0;
    rig.send(`$iothub/methods/POST/${method}/?$rid=1`, schema === undefined ? '' : exampleOf(schema, references));
    await clock.advance(500);
    const sent = published.find(({ topic }) => topic.startsWith('$iothub/methods/res/'));
    const response = payloadOf(element['response'], references);
    const tooLong =
      sent?.topic.startsWith('$iothub/methods/res/500/') && JSON.stringify(sent.body).includes('too long');
    if (tooLong) continue;
    assert.match(sent?.topic ?? '', /^\$iothub\/methods\/res\/200\//, method);
    assert.equal(
      response === undefined ? sent?.body : complaint(response, sent?.body ?? null, references),
      null,
      method,
    );
  }
  await rig.stop();
}

function checkTelemetry(
  telemetry: readonly Content[],
  published: readonly Message[],
  told: (name: string) => boolean,
): void {
  const seen = new Set<Content>();
  for (const { topic, body } of published) {
    if (!topic.startsWith(TELEMETRY)) continue;
    const component = new URLSearchParams(topic.slice(TELEMETRY.length)).get('$.sub') ?? undefined;
    for (const [name, value] of Object.entries(isObject(body) ? body : {})) {
      const content = telemetry.find((one) => one.name === name && one.component === component);
      if (!content) throw new Error(`${component ?? ''} ${name} is no telemetry`);
      check(content, value);
      seen.add(content);
    }
  }
  for (const content of telemetry) assert.ok(seen.has(content) || told(content.name), `${content.name} is sent`);
}

/** The value that was reported last. */
function reportedValue(published: readonly Message[], { component, name }: Content): Json | undefined {
  const values = published.flatMap(({ topic, body }) => {
    if (!topic.startsWith(REPORTED) || !isObject(body)) return [];
    const holder = component === undefined ? body : body[component];
    if (!isObject(holder) || !Object.hasOwn(holder, name)) return [];
    assert.equal(component === undefined || holder['__t'] === 'c', true, `${component} is marked`);
    return [holder[name]];
  });
  return values.at(-1);
}

function payloadOf(place: Json | undefined, references: Content['references']): Json | undefined {
  if (typeof place === 'string') return references.get(place)?.['schema'];
  return isObject(place) ? place['schema'] : undefined;
}

function pathOf({ component, name }: Content): string {
  return component === undefined ? name : `${component}.${name}`;
}

function check(content: Content, value: Json | undefined): void {
  const { element, references } = content;
  assert.equal(complaint(element['schema'], value ?? null, references), null, pathOf(content));
}

/** What a reported value comes to in the twin: null takes a member away. */
function withoutNulls(value: Json | undefined): Json | undefined {
  if (Array.isArray(value)) return value.map((item) => withoutNulls(item) ?? null);
  if (!isObject(value)) return value;
  const members = Object.entries(value).flatMap(([name, member]) => (member === null ? [] : [{ name, member }]));
  return Object.fromEntries(members.map(({ name, member }) => [name, withoutNulls(member) ?? null]));
}

function isWritable({ element }: Content): boolean {
  return element['writable'] === true;
}

function patchOf({ component, name }: Content, value: Json): JsonObject {
  return component === undefined ? { [name]: value } : { [component]: { __t: 'c', [name]: value } };
}
