import { createInterface } from 'node:readline';
import type { Duplex } from 'node:stream';
import type { SerialPort } from 'serialport';
import { serialLink } from '../../serial/link.ts';
import { createPki } from '../../simulator/cloud/pki.ts';
import { RECEPTION } from '../../simulator/module/access-point.ts';
import { tlsDial } from '../../simulator/module/dial.ts';
import {
  createVirtualModule,
  type ModuleFamily,
  type ModuleIdentity,
  type Rnwf02Firmware,
} from '../../simulator/module/virtual-module.ts';
import type { ServiceContext } from '../command.ts';
import type { ProcessEnvironment } from '../process-environment.ts';
import type { Address } from './broker-address.ts';
import { WireLines } from './wire-lines.ts';

const NAMES = { anycloud: 'AnyCloud', rnwf02: 'RNWF02', rnwf11: 'RNWF11' } as const satisfies Record<
  ModuleFamily,
  string
>;

/** What a virtual module on a serial port is made from. */
export interface BoardPlan {
  port: string;
  family: ModuleFamily;
  /** Of an RNWF02; the newest by default. */
  firmware?: Rnwf02Firmware;
  /** Whether the flash of an RNWF02 holds no identity yet. */
  blank: boolean;
  /** What the port is opened with; the module's own rate is 230400 after each of its resets. */
  baud: number;
  pace: 'real' | 'instant';
  random: () => number;
  /** The only network in its reach. */
  network: { ssid: string; passphrase: string; security: 'open' | 'wpa' | 'wpa2' | 'wpa3' };
  /** Who it is; null: somebody named `deviceId`, for this run only. */
  identity: { commonName: string; credentials: ModuleIdentity } | null;
  deviceId: string;
  /** PEM roots, beside those that the host loads. */
  trusted: string[];
  /** Where brokers are really found. */
  resolve: (host: string) => Address | undefined;
  tls: 'TLSv1.2' | 'TLSv1.3';
  expiredRoot: boolean;
}

/** Is the module until the signal is aborted; the port may go away and come back meanwhile, the module goes on. */
export async function serveBoard(
  plan: BoardPlan,
  { report, signal }: ServiceContext,
  environment: ProcessEnvironment,
): Promise<void> {
  const note = (message: string) => report({ type: 'event', level: 'note', message });
  const warn = (message: string) => report({ type: 'event', level: 'warning', message });
  const link = await serialLink(plan, environment.clock, report);
  const identity = plan.identity ?? (await throwAwayIdentity(plan.deviceId, environment));
  let port = await link.open(signal);
  let baud = plan.baud;
  let changing = false;

  /** One change at a time: the driver would do them side by side. */
  function followRate(): void {
    if (changing || !port.isOpen || port.baudRate === baud) return;
    changing = true;
    port.update({ baudRate: baud }, (error) => {
      changing = false;
      if (error) warn(`${plan.port} cannot have ${baud} baud: ${error.message}`);
      else followRate();
    });
  }

  const module = createVirtualModule({
    family: plan.family,
    firmware: plan.firmware,
    blank: plan.blank,
    clock: environment.clock,
    random: plan.random,
    pace: plan.pace,
    dial: tlsDial(plan.resolve, plan.tls),
    identity: identity.credentials,
    trusted: plan.trusted,
    accessPoints: [{ ...plan.network, ...RECEPTION }],
    expiredRoot: plan.expiredRoot,
    log: warn,
    onBaud: (rate) => {
      baud = rate;
      followRate();
    },
  });
  const control = createInterface({ input: environment.stdin, terminal: false });
  control.on('line', (line) => {
    const asked = line.trim();
    if (asked === '') return;
    const answers = module.control(asked).split('\n');
    for (const answer of answers) note(answers.length > 1 ? answer : `${asked}: ${answer}`);
  });
  try {
    note(
      `A virtual ${NAMES[plan.family]} module is on ${plan.port} at ${baud} baud; control lines are read from standard input, help lists them`,
    );
    note(`Its certificate is for ${identity.commonName}${plan.identity ? '' : ', made for this run only'}`);
    note(`It sees the Wi-Fi network ${JSON.stringify(plan.network.ssid)}`);
    module.powerOn();
    for (;;) {
      await connect(port, module.connect(), { report, signal });
      if (signal.aborted) return;
      port = await link.open(signal);
      followRate();
    }
  } finally {
    control.close();
    module.close();
    port.destroy();
  }
}

/** An identity that nobody knows but a cloud that is told of it. */
async function throwAwayIdentity(commonName: string, { clock }: ProcessEnvironment) {
  const pki = await createPki({ hosts: [], now: clock.wall() });
  return { commonName, credentials: await pki.device(commonName) };
}

/** Carries bytes both ways until the port is gone or the signal is aborted, and reports them as lines. */
function connect(
  port: SerialPort,
  wire: Duplex,
  { report, signal }: Pick<ServiceContext, 'report' | 'signal'>,
): Promise<void> {
  const fromHost = new WireLines((line) => report({ type: 'at', dir: 'tx', line }));
  const toHost = new WireLines((line) => report({ type: 'at', dir: 'rx', line, kind: 'text' }));
  port.on('data', (chunk: Buffer) => fromHost.push(chunk));
  wire.on('data', (chunk: Buffer) => toHost.push(chunk));
  port.pipe(wire);
  wire.pipe(port);
  return new Promise((resolve) => {
    const end = () => {
      signal.removeEventListener('abort', end);
      fromHost.flush();
      toHost.flush();
      wire.destroy();
      port.destroy();
      resolve();
    };
    // A port that breaks is closed as well.
    port.on('error', end);
    port.once('end', end);
    port.once('close', end);
    signal.addEventListener('abort', end, { once: true });
  });
}
