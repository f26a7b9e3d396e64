import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ModelRepository, PACKAGED_MODELS } from '../../src/dtdl/repository.ts';
import { loadModel } from '../../src/dtdl/resolve.ts';
import { dtdl } from '../dtdl/interfaces.ts';
import { emptyFolder, type JsonEvent, parseEvent } from '../helpers/cli.ts';
import { runMain } from '../helpers/in-process.ts';

const AVR = 'dtmi:com:Microchip:AVR128DB48_CNANO;1';

const HOUSE = dtdl('dtmi:test:House;1', {
  displayName: { en: 'House', de: 'Haus' },
  description: 'Two floors',
  contents: [
    {
      '@type': ['Telemetry', 'Temperature'],
      name: 'warmth',
      displayName: 'Warmth',
      schema: { '@type': 'Array', elementSchema: 'double' },
      unit: 'degreeCelsius',
    },
    { '@type': 'Property', name: 'where', schema: 'geopoint' },
    {
      '@type': 'Property',
      name: 'mode',
      writable: true,
      initialValue: 'on',
      schema: { '@type': 'Enum', valueSchema: 'string', enumValues: [{ name: 'on', enumValue: 'on' }] },
    },
    {
      '@type': 'Command',
      name: 'heat',
      displayName: 'Heat',
      request: {
        name: 'rooms',
        schema: {
          '@type': 'Map',
          mapKey: { name: 'room', schema: 'string' },
          mapValue: { name: 'to', schema: 'double', unit: 'degreeCelsius' },
        },
      },
    },
    { '@type': 'Component', name: 'hall', schema: AVR },
  ],
});

test('the models that come with the program are listed', async () => {
  const { code, stdout, stderr } = await runMain(['models'], emptyFolder());
  assert.deepEqual([code, stderr], [0, '']);
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines.length, 15);
  assert.ok(lines.includes(`${AVR}  AVR128DB48 Curiosity Nano Development Board`));
});

test("a person's own models are listed with them, and what cannot be read beside them", async () => {
  const cwd = emptyFolder();
  mkdirSync(join(cwd, 'mine', 'dtmi', 'test'), { recursive: true });
  writeFileSync(join(cwd, 'mine', 'dtmi', 'test', 'house-1.json'), JSON.stringify(HOUSE));
  writeFileSync(join(cwd, 'mine', 'dtmi', 'test', 'broken-1.json'), '{}');
  const { code, stdout, stderr } = await runMain(['models', '--models', 'mine', '--json'], cwd);
  assert.equal(code, 0);
  const last: unknown = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
  const file = join(cwd, 'mine', 'dtmi', 'test', 'house-1.json');
  assert.deepEqual(last, { id: 'dtmi:test:House;1', displayName: { en: 'House', de: 'Haus' }, file });
  assert.match(stderr, /broken-1\.json is wrong at \$: a DTDL interface must stand here\n$/);
});

test('one model is shown with its schemas, units and components', async () => {
  const cwd = emptyFolder();
  writeFileSync(join(cwd, 'house.json'), JSON.stringify(HOUSE));
  const { code, stdout, stderr } = await runMain(['models', 'dtmi:test:House;1', '--models', 'house.json'], cwd);
  assert.deepEqual([code, stderr], [0, '']);
  assert.equal(
    stdout,
    `dtmi:test:House;1  House
DTDL 2  Two floors

Telemetry
  warmth  double[] degreeCelsius  Warmth

Properties
  where  geopoint

Writable properties
  mode  on, initially "on"

Commands
  heat  { [room]: double degreeCelsius } → nothing  Heat

Component hall, a dtmi:com:Microchip:AVR128DB48_CNANO;1

  Telemetry
    counter      integer                                        Counter
    buttonEvent  { button_name: string, press_count: integer }  Button Press

  Properties
    ipAddress  string  IP Address

  Writable properties
    LED0        On=1 | Off=2 | Blink=3, initially 3  LED0
    reportRate  integer second, initially 1          Telemetry Reporting Rate

  Commands
    reboot  { delay: duration } → { status: string, delay: integer }  Reboot
    echo    { echoString: string } → { echoString: string }           Echo Message
`,
  );
});

test('one model as JSON is the resolved model', async () => {
  const { code, stdout } = await runMain(['models', AVR, '--json'], emptyFolder());
  assert.equal(code, 0);
  assert.deepEqual(JSON.parse(stdout), loadModel(AVR, new ModelRepository([PACKAGED_MODELS])));
});

test('what cannot be found or read ends with 3, what is no id with 2', async () => {
  const cwd = emptyFolder();
  writeFileSync(join(cwd, 'house.json'), '{"@type": "Interface"');
  const cases: [string[], number, RegExp][] = [
    [['dtmi:test:Boat;1'], 3, /The model dtmi:test:Boat;1 is not found: tried .*boat-1\.json.*The command models/s],
    [['--models', 'nowhere'], 3, /nowhere does not exist.*--models \(MODELS\) takes/s],
    [['--models', 'house.json'], 3, /house\.json is not JSON/],
    [[AVR.toLowerCase()], 3, new RegExp(`is not in this file, but ${AVR} is`)],
    [['avr'], 2, /"avr" is not the id of a model/],
  ];
  for (const [args, code, says] of cases) {
    const result = await runMain(['models', ...args], cwd);
    assert.deepEqual([result.code, result.stdout], [code, ''], args.join(' '));
    assert.match(result.stderr, says);
  }
});

const SIMULATE = ['--simulate', '--pace', 'instant', '--http-port', '0', '--json'];

/** The NDJSON of a session that plays a model. */
async function play(id: string, ...args: string[]) {
  const { code, stdout } = await runMain([...SIMULATE, '--model-id', id, ...args], emptyFolder());
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line): JsonEvent => parseEvent(line));
  return { code, events, of: (type: string) => events.filter((event) => event.type === type) };
}

test("a session plays another board, at the pace of that board's model", async () => {
  const { code, of } = await play(AVR, '--count', '3');
  assert.equal(code, 0);
  assert.deepEqual(
    of('telemetry').map((event) => event['body']),
    [{ counter: 1 }, { buttonEvent: { button_name: 'SW1', press_count: 1 } }, { counter: 2 }],
  );
  assert.deepEqual(
    of('event').filter((event) => event['level'] === 'warning'),
    [],
  );
});

test('a session with a model that there is not ends with 3 before anything is sent', async () => {
  const { code, events, of } = await play('dtmi:com:example:Boat;1');
  assert.equal(code, 3);
  assert.deepEqual(
    events.map(({ type }) => type),
    ['error', 'exit'],
  );
  assert.match(String(of('error')[0]?.['message']), /^The model dtmi:com:example:Boat;1 is not found: tried /);
});
