import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ModelRepository, PACKAGED_MODELS } from '../../src/dtdl/repository.ts';
import { loadModel } from '../../src/dtdl/resolve.ts';

test('the models that come with the program are all read', () => {
  const repository = new ModelRepository([PACKAGED_MODELS]);
  const entries = [...repository.list()];
  const models = entries.map((entry) =>
    entry instanceof Error ? assert.fail(entry) : loadModel(entry.id, repository),
  );
  const facts = models.map(({ id, telemetry, properties, commands }) => {
    const writable = properties.filter((property) => property.writable);
    return `${id} ${telemetry.length} ${properties.length - writable.length} ${writable.length} ${commands.length}`;
  });
  // Telemetry, read-only and writable properties, commands.
  assert.deepEqual(facts, [
    'dtmi:com:Microchip:AVR128DB48_CNANO;1 2 1 2 2',
    'dtmi:com:Microchip:CryptoAuthTrustPlatform_HR9;1 1 1 4 2',
    'dtmi:com:Microchip:PIC18F57Q84_CNANO;1 2 1 2 2',
    'dtmi:com:Microchip:PIC32CMLS60_CURIOSITY;1 2 0 3 2',
    'dtmi:com:Microchip:PIC_IoT_WM;1 3 4 2 2',
    'dtmi:com:Microchip:SAM_IoT_WM;1 3 3 2 1',
    'dtmi:com:Microchip:SAM_IoT_WM;2 17 7 6 2',
    'dtmi:com:Microchip:SAM_IoT_Wx_v2;1 17 7 6 2',
    'dtmi:com:Microchip:SAM_IoT_Wx_v2;2 20 7 6 2',
    'dtmi:com:Microchip:WBZ451_Curiosity;1 2 1 5 2',
    'dtmi:com:Microchip:WBZ451_Curiosity;2 3 2 6 2',
    'dtmi:com:Microchip:WFI32_Curiosity_WM;1 15 2 1 2',
    'dtmi:com:Microchip:WFI32_IoT_WM;1 4 3 2 1',
    'dtmi:com:Microchip:WFI32_IoT_WM;2 8 3 2 2',
    'dtmi:com:Microchip:WFI32_IoT_WM;3 16 3 2 2',
  ]);
});
