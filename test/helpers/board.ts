import { duplexPair } from 'node:stream';
import { createPki } from '../../src/simulator/cloud/pki.ts';
import type { AccessPoint } from '../../src/simulator/module/access-point.ts';
import { createVirtualModule, type VirtualModule } from '../../src/simulator/module/virtual-module.ts';
import { VirtualClock } from './virtual-clock.ts';

export const DEVICE = 'sn0123A1B2C3D4E5F601';
const START = '2026-11-23T12:00:00Z';

export const pki = await createPki({ hosts: [], now: Date.parse(START) });
const identity = await pki.device(DEVICE);

export const NETWORK: AccessPoint = {
  ssid: 'Workshop 2',
  passphrase: 'correct horse',
  security: 'wpa2',
  bssid: '5C:76:95:1B:D9:2F',
  channel: 6,
  rssi: -48,
};

export interface Board {
  clock: VirtualClock;
  module: VirtualModule;
  signal: AbortSignal;
}

/** A virtual module in virtual time, which has booted; it has no broker to reach. */
export async function board(options: Partial<Parameters<typeof createVirtualModule>[0]> = {}): Promise<Board> {
  const clock = new VirtualClock(START);
  const module = createVirtualModule({
    clock,
    random: () => 0.5,
    dial: () => Promise.reject(new Error('there is no broker')),
    identity,
    accessPoints: [NETWORK],
    pace: 'instant',
    ...options,
  });
  module.powerOn();
  await clock.advance(1_000);
  return { clock, module, signal: new AbortController().signal };
}

/** A device that answers each line that it is sent as `reply` says; null is silence. */
export function otherDevice(reply: (line: string) => string | null) {
  const [host, device] = duplexPair();
  device.setEncoding('latin1').on('data', (text: string) => {
    for (const line of text.split('\r\n').slice(0, -1)) {
      const answer = reply(line);
      if (answer !== null) device.write(answer);
    }
  });
  return { host, device };
}
