// This computer as a device: its load, its free memory, and its temperature where Linux tells it.
//
//     npx anycloud-iotc --simulate --device examples/computer.mjs

import { readFile } from 'node:fs/promises';
import { freemem, hostname, loadavg, totalmem } from 'node:os';
import { defineDevice } from 'anycloud-iotc';

const THERMOMETER = '/sys/class/thermal/thermal_zone0/temp';

const telemetry = {
  load: () => loadavg()[0],
  freeMemory: () => Math.round(freemem() / 2 ** 20),
};

try {
  await readFile(THERMOMETER);
  telemetry.temperature = async () => Number(await readFile(THERMOMETER, 'utf8')) / 1000;
} catch {
  // Not every computer has one.
}

export default defineDevice({
  interval: 5,
  telemetry,
  properties: {
    hostName: { initial: hostname() },
    totalMemory: { initial: Math.round(totalmem() / 2 ** 20) },
    interval: {
      initial: ({ interval }) => interval,
      minimum: 1,
      maximum: 86_400,
      set: (seconds, { setInterval }) => setInterval(seconds),
    },
  },
});
