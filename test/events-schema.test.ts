import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { main } from '../src/cli/main.ts';
import { emptyFolder } from './helpers/cli.ts';
import { surroundings } from './helpers/in-process.ts';
import { assertEvent } from './helpers/json-schema.ts';

interface Described {
  properties: Record<string, { const?: string }>;
  required: string[];
}
const FILE = new URL('../docs/events.schema.json', import.meta.url);
const schema: { $defs: Record<'sessionEvent' | 'cloudEvent', { oneOf: Described[] }> } = JSON.parse(
  readFileSync(FILE, 'utf8'),
);
const output = readFileSync(new URL('../docs/output.md', import.meta.url), 'utf8');
/** What every event can have, which is told once. */
const COMMON = ['v', 'ts', 'type', 'deviceId'];

type Event = { type: string } & Record<string, unknown>;
const parsed = (json: string): Event => JSON.parse(json);

/** A simulated session to which everything is done that a cloud can do, with the lines of --json and the cloud's events. */
async function playSession(): Promise<{ lines: Event[]; streamed: Event[] }> {
  const { environment, signals, ended } = surroundings(
    ['--simulate', '--pace', 'instant', '--http-port', '0', '--interval', '1', '--qos', '1', '--json'],
    emptyFolder(),
  );
  const lines: Event[] = [];
  const waiting = new Set<() => void>();
  let rest = '';
  environment.stdout.on('data', (text: string) => {
    const parts = (rest + text).split('\n');
    rest = parts.pop() ?? '';
    lines.push(...parts.map(parsed));
    for (const look of waiting) look();
  });
  const seen = (type: string, fits: (event: Event) => boolean = () => true) =>
    new Promise<Event>((resolve) => {
      const look = () => {
        const found = lines.find((event) => event.type === type && fits(event));
        if (found === undefined) return;
        waiting.delete(look);
        resolve(found);
      };
      waiting.add(look);
      look();
    });
  const running = main(environment);
  const { url, deviceId } = await seen('local-cloud');
  const reader = new AbortController();
  const streamed = readStream(`${url}/api/events?lastEventId=0`, reader.signal);
  const request = async (method: string, path: string, body: unknown) => {
    const headers = { 'Content-Type': 'application/json' };
    const response = await fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body) });
    assert.ok(response.ok, `${method} ${path}: ${response.status}`);
    await response.arrayBuffer();
  };
  await seen('telemetry');
  await request('PATCH', `/api/devices/${deviceId}/properties`, { telemetryInterval: 2, led_user: 99 });
  await seen('property', ({ ac }) => ac === 400);
  await request('POST', `/api/devices/${deviceId}/commands/reboot`, { request: { delay: 'PT5S' } });
  await seen('command');
  reader.abort();
  signals.emit('SIGTERM', 'SIGTERM');
  const { stderr } = ended(await running);
  assert.equal(stderr, '');
  return { lines, streamed: await streamed };
}

/** The events of a stream until `signal` is aborted. */
async function readStream(url: string, signal: AbortSignal): Promise<Event[]> {
  let text = '';
  const { body } = await fetch(url, { signal });
  assert.ok(body);
  try {
    for await (const chunk of body.pipeThrough(new TextDecoderStream())) text += chunk;
  } catch {
    // Whoever reads has had enough.
  }
  return [...text.matchAll(/^data: (.*)$/gm)].map(([, json = '']) => parsed(json));
}

describe('docs/events.schema.json', () => {
  test('holds for every event of a simulated session, and for none of them with less or more', {
    timeout: 30_000,
  }, async () => {
    const { lines, streamed } = await playSession();
    for (const event of lines) assertEvent('sessionEvent', event);
    // The page of a simulation is also told what its session tells.
    const ofCloud = new Set(schema.$defs.cloudEvent.oneOf.map(({ properties }) => properties['type']?.const));
    const cloudEvents = streamed.filter(({ type }) => ofCloud.has(type));
    for (const event of streamed) assertEvent(ofCloud.has(event.type) ? 'cloudEvent' : 'sessionEvent', event);
    assert.deepEqual([...new Set(lines.map(({ type }) => type))].sort(), [
      ...[
        'assigned',
        'at',
        'certificate',
        'command',
        'event',
        'exit',
        'local-cloud',
        'message',
        'property',
        'reported',
        'state',
      ],
      ...['telemetry', 'twin', 'waiting'],
    ]);
    for (const type of ['connect', 'provisioning', 'telemetry', 'property', 'command', 'mqtt']) {
      assert.ok(
        cloudEvents.some((event) => event.type === type),
        type,
      );
    }
    for (const event of new Map(lines.map((event) => [event.type, event])).values()) {
      assert.throws(() => assertEvent('sessionEvent', { ...event, more: 1 }), event.type);
      assert.throws(() => assertEvent('sessionEvent', { ...event, v: 2 }), event.type);
      for (const name of Object.keys(event).filter((name) => name !== 'deviceId' && isRequired(event, name))) {
        const { [name]: _, ...less } = event;
        assert.throws(() => assertEvent('sessionEvent', less), `${event.type} without ${name}`);
      }
    }
  });

  test('has no type of event, and no member, that its page does not tell', () => {
    for (const { properties } of schema.$defs.sessionEvent.oneOf) {
      const type = properties['type']?.const ?? '';
      const row = output.split('\n').find((line) => line.startsWith(`| \`${type}\` | `)) ?? '';
      for (const name of Object.keys(properties).filter((name) => !COMMON.includes(name))) {
        assert.ok(row.includes(`\`${name}\``), `${type}.${name}`);
      }
    }
  });

  test('is found under a name of the package, and is in it', () => {
    const manifest: { exports: Record<string, unknown>; files: string[] } = JSON.parse(
      readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
    );
    assert.ok(manifest.files.includes('docs'));
    const resolved = createRequire(import.meta.url).resolve('anycloud-iotc/events.schema.json');
    assert.equal(resolved, fileURLToPath(FILE));
  });
});

/** Where a type has several forms, one that has less can be another of them. */
function isRequired({ type }: Event, name: string): boolean {
  const forms = schema.$defs.sessionEvent.oneOf.filter(({ properties }) => properties['type']?.const === type);
  return forms.every(({ required }) => required.includes(name));
}
