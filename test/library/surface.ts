// What `anycloud-iotc` and `anycloud-iotc/simulator` give to programs: compiled by `npm run typecheck`, run by nobody. A
// change that breaks a program breaks a line here.

import type { Duplex } from 'node:stream';
import * as library from 'anycloud-iotc';
import * as simulator from 'anycloud-iotc/simulator';

/** Compiles only for `true`. */
type Expect<Holds extends true> = Holds;
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;

export type Values = [
  Expect<
    Equal<
      keyof typeof library,
      'AppError' | 'CommandError' | 'defineDevice' | 'listSerialPorts' | 'openModem' | 'openSerialPort' | 'runSession'
    >
  >,
  Expect<Equal<keyof typeof simulator, 'AzureError' | 'createVirtualModule' | 'startLocalCloud'>>,
];

export type Functions = [
  Expect<Equal<typeof library.runSession, (options: library.SessionOptions) => Promise<void>>>,
  Expect<Equal<typeof library.openSerialPort, (path: string, options?: { baud?: number }) => Promise<Duplex>>>,
  Expect<Equal<typeof library.listSerialPorts, () => Promise<library.RankedPort[]>>>,
  Expect<
    Equal<typeof library.openModem, (stream: Duplex, options?: { signal?: AbortSignal }) => Promise<library.Modem>>
  >,
  Expect<Equal<typeof library.defineDevice, (definition: library.DeviceDefinition) => library.DeviceDefinition>>,
  Expect<
    Equal<typeof simulator.startLocalCloud, (options?: simulator.LocalCloudOptions) => Promise<simulator.LocalCloud>>
  >,
  Expect<
    Equal<
      typeof simulator.createVirtualModule,
      (options: simulator.VirtualModuleOptions) => Promise<simulator.VirtualModule>
    >
  >,
];

/** Members by name; types that no program can name are not here. */
export type Members = [
  Expect<
    Equal<
      keyof library.SessionOptions,
      | 'port'
      | 'baud'
      | 'modem'
      | 'reconnect'
      | 'wifi'
      | 'idScope'
      | 'deviceId'
      | 'device'
      | 'models'
      | 'interval'
      | 'dpsHost'
      | 'mqttPort'
      | 'tls'
      | 'rootCert'
      | 'ntpServer'
      | 'count'
      | 'qos'
      | 'onReboot'
      | 'signal'
      | 'onEvent'
      | 'clock'
      | 'random'
    >
  >,
  Expect<
    Equal<
      library.ReportedEvent['type'],
      | 'state'
      | 'at'
      | 'event'
      | 'waiting'
      | 'message'
      | 'certificate'
      | 'assigned'
      | 'twin'
      | 'telemetry'
      | 'property'
      | 'reported'
      | 'command'
    >
  >,
  Expect<
    Equal<
      keyof library.DeviceDefinition,
      'model' | 'interval' | 'telemetry' | 'properties' | 'commands' | 'onMessage' | 'start' | 'connected' | 'stop'
    >
  >,
  Expect<
    Equal<
      keyof library.DeviceContext,
      'signal' | 'deviceId' | 'address' | 'interval' | 'log' | 'send' | 'report' | 'setInterval' | 'restart'
    >
  >,
  Expect<Equal<keyof library.PropertyContext, keyof library.DeviceContext | 'source'>>,
  Expect<Equal<keyof library.PropertyDefinition, 'writable' | 'initial' | 'minimum' | 'maximum' | 'set'>>,
  Expect<
    Equal<
      keyof simulator.LocalCloud,
      | 'ca'
      | 'host'
      | 'mqttPort'
      | 'plainPort'
      | 'httpsPort'
      | 'connectionStrings'
      | 'url'
      | 'idScope'
      | 'identities'
      | 'symmetricKeyIdentities'
      | 'pki'
      | 'enrollments'
      | 'enroll'
      | 'enrollKey'
      | 'faults'
      | 'devices'
      | 'device'
      | 'twin'
      | 'properties'
      | 'patchDesired'
      | 'replaceDesired'
      | 'invokeMethod'
      | 'telemetry'
      | 'lastTelemetry'
      | 'telemetryHistory'
      | 'sendMessage'
      | 'onEvent'
      | 'nextEvent'
      | 'close'
    >
  >,
  Expect<
    Equal<keyof simulator.VirtualModule, 'connect' | 'faults' | 'state' | 'control' | 'powerOn' | 'close' | 'wifi'>
  >,
  Expect<
    Equal<
      simulator.CloudEventType,
      'connect' | 'disconnect' | 'refusal' | 'provisioning' | 'telemetry' | 'property' | 'command' | 'message' | 'mqtt'
    >
  >,
];

/** A program as it may be written, with what strict checks make of it. */
export async function program(path: string | undefined): Promise<void> {
  const cloud = await simulator.startLocalCloud();
  const board = await simulator.createVirtualModule({ cloud, deviceId: 'device-1', pace: 'real' });
  const device = library.defineDevice({
    telemetry: { temperature: () => 20, fast: { every: 0.5, read: async () => ({ x: 1 }) } },
    properties: { target: { initial: 20, set: (value, { source }) => (source === 'twin' ? value : undefined) } },
    commands: {
      boost(request, { deviceId }): library.Json {
        if (request === null) throw new library.CommandError(400, `What is ${deviceId} to do?`);
        return { request };
      },
    },
  });
  try {
    await library.runSession({
      port: path ?? (() => board.connect()),
      wifi: board.wifi,
      idScope: cloud.idScope,
      // What is not set may come from the environment.
      deviceId: process.env['DEVICE_ID'],
      device,
      onEvent(event) {
        if (event.type === 'at' && event.dir === 'rx') event.kind satisfies library.LineKind;
        // @ts-expect-error: only what a telemetry event has
        event.body;
      },
      signal: AbortSignal.timeout(1000),
    });
  } catch (error) {
    if (!(error instanceof library.AppError)) throw error;
    error satisfies { code: library.ErrorCode; facts: library.Facts; hint: string };
  }
  const { body, deviceId } = await cloud.nextEvent('telemetry', { match: (event) => event.deviceId !== '' });
  [body, deviceId] satisfies [library.Json, string];
  cloud.onEvent((event) => event.ts satisfies string);
  await cloud.enrollments.put({ kind: 'group', id: 'mine', ca: cloud.ca });
  await simulator.startLocalCloud({ pki: cloud.pki, devices: [] });

  // @ts-expect-error: a session needs a device
  await library.runSession({ port: 'COM5', wifi: { ssid: 'Workshop' }, idScope: '0ne0' });
  // @ts-expect-error: there is no such security
  await library.runSession({ port: 'COM5', wifi: { ssid: 'Workshop', security: 'wep' }, idScope: '0ne0', device });
  // @ts-expect-error: a text is no number of seconds
  library.defineDevice({ interval: '5' });
  // @ts-expect-error: the cloud has no such event
  await cloud.nextEvent('reboot');
}
