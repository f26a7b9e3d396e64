import assert from 'node:assert/strict';
import { seeded } from '../../src/cli/seeded.ts';
import type { Device, PropertyAnswer } from '../../src/device/device.ts';
import { schemaOfModel } from '../../src/device/model-schema.ts';
import { playerOf } from '../../src/device/player/player.ts';
import { createDevice } from '../../src/device/runtime.ts';
import type { ModelRepository } from '../../src/dtdl/repository.ts';
import { loadModel } from '../../src/dtdl/resolve.ts';
import type { Json, JsonObject } from '../../src/events.ts';
import { ScriptedHost } from '../helpers/device-host.ts';
import { complaint } from './checker.ts';
import { exampleOf } from './example.ts';
import { type Content, isObject } from './interfaces.ts';

const MESSAGES = 100;
/** Events come once a minute. */
const LONG_ENOUGH = 90_000;
const UTF8 = new TextEncoder();

/** One of these is no value of a schema. */
const WRONG: Json[] = ['no such value', -0.5, { 'no such member': [] }];

/**
 * Loads a model and plays it: so many messages, every property and every command. Throws where something that it sends,
 * reports or answers is not as its text says (`contents`), which another reading judges.
 */
export async function playModel(id: string, contents: readonly Content[], repository: ModelRepository): Promise<void> {
  const model = loadModel(id, repository);
  const host = new ScriptedHost();
  const definition = playerOf(model, { random: seeded(1), wall: () => host.clock.wall() });
  const device = createDevice(definition, { schema: schemaOfModel(model) });
  const of = (kind: Content['kind']) => contents.filter((content) => content.kind === kind);

  await device.start(host);
  const { unknown } = await device.reconcile({ desired: {}, desiredVersion: 1, reported: {} });
  await device.connected('192.168.1.7');
  const reported = device.missing();
  checkReported(of('Property'), reported, host);
  await checkTelemetry(of('Telemetry'), device, host, definition.interval ?? 10);
  await checkDesired(of('Property'), device);
  for (const command of of('Command')) await checkCommand(command, device);
  await device.stop();
  assert.deepEqual([unknown, host.warnings], [[], []]);
}

/** Each property is reported once, the writable ones with an acknowledgement. */
function checkReported(properties: readonly Content[], members: JsonObject, { reports }: ScriptedHost): void {
  for (const property of properties) {
    const value = [...reports, members].map((one) => valueAt(one, property)).find((one) => one !== undefined);
    if (!isWritable(property)) check(property, value);
    else check(property, isObject(value) ? value['value'] : undefined);
  }
  const marks = Object.values(members).filter((value) => isObject(value) && value['__t'] === 'c').length;
  assert.equal(marks, new Set(properties.flatMap(({ component }) => component ?? [])).size, 'components are marked');
}

async function checkTelemetry(
  telemetry: readonly Content[],
  device: Device,
  { clock, samples }: ScriptedHost,
  interval: number,
): Promise<void> {
  device.beginTelemetry();
  await clock.advance(LONG_ENOUGH);
  while (telemetry.length > 0 && samples.length < MESSAGES) await clock.advance(10_000 * interval);
  const seen = new Set<Content>();
  for (const { body, component } of samples) {
    assert.ok(isObject(body), 'a message is an object');
    for (const [name, value] of Object.entries(body)) {
      const content = telemetry.find((one) => one.name === name && one.component === component);
      if (!content) throw new Error(`${component ?? ''} ${name} is no telemetry`);
      check(content, value);
      seen.add(content);
    }
  }
  assert.equal(seen.size, telemetry.length, 'all telemetry is sent');
}

/** A valid value is taken and acknowledged, another is refused with the one in force; others are not the cloud's. */
async function checkDesired(properties: readonly Content[], device: Device): Promise<void> {
  let version = 1;
  for (const property of properties) {
    const { element, references } = property;
    const good = exampleOf(element['schema'], references);
    const bad = WRONG.find((value) => complaint(element['schema'], value, references) !== null) ?? null;
    const answers = async (value: Json) => (await device.apply(patchOf(property, value), ++version)).answers;
    if (!isWritable(property)) {
      assert.deepEqual(await answers(good), [], `${property.name} is not the cloud's`);
      continue;
    }
    checkAnswer(await answers(good), 200, good);
    checkAnswer(await answers(bad), 400, good);
  }
}

function checkAnswer([answer, ...others]: readonly PropertyAnswer[], ac: number, value: Json): void {
  assert.deepEqual([answer?.ack.ac, answer?.ack.value, others], [ac, value, []], JSON.stringify(answer));
}

async function checkCommand(command: Content, device: Device): Promise<void> {
  const { component, name, element, references } = command;
  const request = payload(element['request'], command);
  const good = request ? exampleOf(request, references) : null;
  const method = component === undefined ? name : `${component}*${name}`;
  const { status, response } = await device.command(method, UTF8.encode(request ? JSON.stringify(good) : ''));
  assert.equal(status, 200, `${method} is answered with ${status} ${JSON.stringify(response)}`);
  const expected = payload(element['response'], command);
  assert.equal(expected ? complaint(expected, response, references) : response, null, method);
  if (!request) return;
  const bad = WRONG.find((value) => complaint(request, value, references) !== null) ?? null;
  assert.equal((await device.command(method, UTF8.encode(JSON.stringify(bad)))).status, 400, `${method} refuses`);
}

/** The schema of a request or a response, which may be referred to. */
function payload(place: Json | undefined, { references }: Content): Json | undefined {
  if (typeof place === 'string') return references.get(place)?.['schema'];
  return isObject(place) ? place['schema'] : undefined;
}

function check({ component, name, element, references }: Content, value: Json | undefined): void {
  const path = component === undefined ? name : `${component}.${name}`;
  assert.notEqual(value, undefined, `${path} is missing`);
  assert.equal(complaint(element['schema'], value ?? null, references), null, path);
}

function isWritable({ element }: Content): boolean {
  return element['writable'] === true;
}

function patchOf({ component, name }: Content, value: Json): JsonObject {
  return component === undefined ? { [name]: value } : { [component]: { __t: 'c', [name]: value } };
}

function valueAt(members: JsonObject, { component, name }: Content): Json | undefined {
  const holder = component === undefined ? members : members[component];
  return isObject(holder) ? holder[name] : undefined;
}
