import { createServer } from 'node:net';
import { systemClock } from '../src/clock.ts';
import { createLocalCloud } from '../src/simulator/cloud/local-cloud.ts';
import { createPki } from '../src/simulator/cloud/pki.ts';
import { tlsDial } from '../src/simulator/module/dial.ts';
import { createVirtualModule } from '../src/simulator/module/virtual-module.ts';
import { SETTINGS } from './session.ts';

/**
 * A virtual module at real pace with a local cloud that says `retry-after=3`, in a process of its own. Its wire is a
 * socket on loopback, whose port is all that this prints.
 */
const RETRY_AFTER = 3;
const { wifi, idScope, deviceId } = SETTINGS;
if (deviceId === null) throw new Error('a simulation has no device id');

const pki = await createPki({ hosts: [], now: systemClock.wall() });
const identity = await pki.device(deviceId);
const cloud = createLocalCloud({
  clock: systemClock,
  random: () => 0.5,
  pki,
  idScope,
  enrollments: [{ kind: 'individual', registrationId: deviceId, certificate: identity.certificate }],
  retryAfter: RETRY_AFTER,
});
const { mqttPort } = await cloud.listen({ httpPort: 0 });
const module = createVirtualModule({
  clock: systemClock,
  random: () => 0.5,
  dial: tlsDial(() => ({ host: '127.0.0.1', port: mqttPort })),
  identity,
  trusted: [pki.ca],
  accessPoints: [
    {
      ssid: wifi.ssid,
      passphrase: wifi.passphrase,
      security: wifi.security,
      bssid: '5C:76:95:1B:D9:2F',
      channel: 6,
      rssi: -48,
    },
  ],
  pace: 'real',
});
module.powerOn();

const server = createServer({ noDelay: true }, (socket) => {
  const wire = module.connect();
  wire.pipe(socket).pipe(wire);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') process.stdout.write(`${address.port}\n`);
});
