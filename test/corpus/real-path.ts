import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Json } from '../../src/events.ts';
import { complaint } from './checker.ts';
import { type Content, isObject } from './interfaces.ts';

/** Models that are odd, each in its way: many readings, components, extends, maps, objects in objects, no case folding. */
export const ODD = [
  'dtmi:com:Microchip:AVR128DB48_CNANO;1',
  'dtmi:com:Microchip:WFI32_IoT_WM;3',
  'dtmi:com:Microchip:SAM_IoT_Wx_v2;2',
  'dtmi:azurertos:devkit:gsgmicrochipsame54;1',
  'dtmi:com:example:TemperatureController;4',
  'dtmi:azure:PhoneAsIoTDevice:Application;3',
  'dtmi:azureiot:PhoneSensors;1',
  'dtmi:com:example:climatemonitor;1',
  'dtmi:tartabit:Generic;1',
  'dtmi:impinj:R700;134',
];

const CLI = fileURLToPath(new URL('../../src/cli.ts', import.meta.url));
const MESSAGES = 4;
const run = promisify(execFile);

/** Plays a model with the program itself, against its virtual module and local cloud, in real time. */
export async function simulateModel(id: string, folder: string, contents: readonly Content[]): Promise<void> {
  const args = [
    '--simulate',
    '--pace',
    'instant',
    '--http-port',
    '0',
    '--interval',
    '1',
    '--count',
    `${MESSAGES}`,
    '--json',
  ];
  const node = ['--import', 'tsx', CLI, ...args, '--models', folder, '--model-id', id];
  const { stdout } = await run(process.execPath, node, { timeout: 60_000, maxBuffer: 2 ** 24 });
  const events = stdout
    .trimEnd()
    .split('\n')
    .map((line): Json => JSON.parse(line))
    .filter(isObject);
  const sent = events.filter(({ type }) => type === 'telemetry');
  assert.equal(sent.length, MESSAGES);
  for (const { body = null, component } of sent) {
    for (const [name, value] of Object.entries(isObject(body) ? body : {})) {
      const content = contents.find(
        (one) => one.kind === 'Telemetry' && one.name === name && one.component === component,
      );
      assert.ok(content, `${name} is telemetry`);
      assert.equal(complaint(content.element['schema'], value, content.references), null, name);
    }
  }
}
