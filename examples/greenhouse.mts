// A greenhouse in TypeScript, with a model of its own: two vents, each a component, under one roof.
//
//     npx anycloud-iotc --simulate --device examples/greenhouse.mts        (Node.js 22.18 or newer)

import { CommandError, type DeviceContext, defineDevice, type Json } from 'anycloud-iotc';

type VentName = 'north' | 'south';

/** How far each vent is open, in percent. */
const opening: Record<VentName, number> = { north: 0, south: 0 };

function temperature(): number {
  const open = opening.north + opening.south;
  return Math.round(10 * (32 - open / 20 + Math.random())) / 10;
}

function isPercentage(value: Json): value is number {
  return typeof value === 'number' && value >= 0 && value <= 100;
}

function vent(name: VentName) {
  return {
    initial: 0,
    async set(value: Json, { log }: DeviceContext) {
      if (!isPercentage(value)) throw new Error('a vent opens from 0 to 100 percent');
      opening[name] = value;
      log(`The ${name} vent is open to ${value} %`);
    },
  };
}

function close(name: VentName) {
  return (_request: Json, { report }: DeviceContext) => {
    if (opening[name] === 0) throw new CommandError(409, 'It is closed already');
    opening[name] = 0;
    report('closedAt', new Date().toISOString(), name);
    return { closed: name };
  };
}

export default defineDevice({
  model: [
    {
      '@context': 'dtmi:dtdl:context;2',
      '@id': 'dtmi:com:example:Greenhouse;1',
      '@type': 'Interface',
      contents: [
        { '@type': ['Telemetry', 'Temperature'], name: 'temperature', schema: 'double', unit: 'degreeCelsius' },
        { '@type': 'Component', name: 'north', schema: 'dtmi:com:example:Vent;1' },
        { '@type': 'Component', name: 'south', schema: 'dtmi:com:example:Vent;1' },
      ],
    },
    {
      '@context': 'dtmi:dtdl:context;2',
      '@id': 'dtmi:com:example:Vent;1',
      '@type': 'Interface',
      contents: [
        { '@type': 'Telemetry', name: 'opening', schema: 'double' },
        { '@type': 'Property', name: 'target', schema: 'double', writable: true },
        { '@type': 'Property', name: 'closedAt', schema: 'dateTime' },
        { '@type': 'Command', name: 'close' },
      ],
    },
  ],
  interval: 5,
  telemetry: {
    temperature,
    'north.opening': () => opening.north,
    'south.opening': () => opening.south,
  },
  properties: {
    'north.target': vent('north'),
    'south.target': vent('south'),
  },
  commands: {
    'north*close': close('north'),
    'south*close': close('south'),
  },
});
