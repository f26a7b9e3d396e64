// A program in TypeScript as somebody else writes it; compiled against the packed tarball, with every check that there is.

import {
  AppError,
  CommandError,
  type DeviceDefinition,
  defineDevice,
  listSerialPorts,
  openModem,
  openSerialPort,
  type ReportedEvent,
  runSession,
} from 'anycloud-iotc';
import { AzureError, createVirtualModule, type LocalCloud, startLocalCloud } from 'anycloud-iotc/simulator';

const device: DeviceDefinition = defineDevice({
  telemetry: { temperature: () => 20 },
  commands: {
    fail: () => {
      throw new CommandError(409, 'not now');
    },
  },
});

export async function scan(path: string): Promise<string[]> {
  const ports = await listSerialPorts();
  const stream = await openSerialPort(ports.find(({ likely }) => likely)?.path ?? path, { baud: 115_200 });
  const modem = await openModem(stream, { signal: AbortSignal.timeout(5_000) });
  const networks = await modem.wifi.scan(AbortSignal.timeout(20_000));
  modem.close();
  return networks.map(({ ssid, rssi }) => `${ssid} ${rssi}`);
}

const cloud: LocalCloud = await startLocalCloud({ assigningAnswers: 0 });
const board = await createVirtualModule({ cloud });
const events: ReportedEvent[] = [];
try {
  await runSession({
    port: () => board.connect(),
    wifi: board.wifi,
    idScope: cloud.idScope,
    deviceId: process.env['DEVICE_ID'],
    device,
    count: 1,
    onEvent: (event) => events.push(event),
  });
} catch (error) {
  if (error instanceof AppError || error instanceof AzureError) process.stderr.write(`${error.code}\n`);
  throw error;
}
board.close();
await cloud.close();
process.stdout.write(`${events.filter(({ type }) => type === 'telemetry').length} message\n`);
