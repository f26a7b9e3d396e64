import { type Clock, systemClock } from '../clock.ts';
import { LOOPBACK } from '../web/loopback.ts';
import { RECEPTION } from './module/access-point.ts';
import { type Resolve, tlsDial } from './module/dial.ts';
import type { Dial } from './module/dial-request.ts';
import {
  createVirtualModule as createModule,
  type VirtualModule as Module,
  type ModuleFamily,
  type ModuleIdentity,
  type Rnwf02Firmware,
} from './module/virtual-module.ts';
import type { LocalCloud } from './start-local-cloud.ts';

/** The Wi-Fi network that a virtual module finds. */
export interface SimulatedNetwork {
  readonly ssid: string;
  /** Empty on an open network. */
  readonly passphrase: string;
  /** An AnyCloud module does not find one with `wpa3`. */
  readonly security: 'open' | 'wpa' | 'wpa2' | 'wpa3';
}

/** What a virtual module is made from: a cloud, or an identity. */
export interface VirtualModuleOptions {
  /** `anycloud`, the default, `rnwf02` or `rnwf11`. */
  family?: ModuleFamily | undefined;
  /** Where every broker's name leads; the module trusts its CA, and is one of its devices. */
  cloud?: LocalCloud | undefined;
  /** Which device of `cloud` the module is, enrolled when it is not yet; the first by default. */
  deviceId?: string | undefined;
  /** Who the module is, PEM texts; instead of `deviceId`. */
  identity?: ModuleIdentity | undefined;
  /** Root certificates that are built into the firmware, PEM; those of `cloud` come on top. */
  trusted?: readonly string[] | undefined;
  /** Where brokers are found without `cloud`; undefined, also for a single name: where the name leads. */
  resolve?: Resolve | undefined;
  /** `AnyCloud-Demo` by default. */
  wifi?: SimulatedNetwork | undefined;
  /** `instant`, the default: as fast as its protocol allows. `real`: the recorded timing, bytes at 230400 baud. */
  pace?: 'real' | 'instant' | undefined;
  /** The address that it gets in its network; `192.168.1.50` by default. */
  ipAddress?: string | undefined;
  /** Upper-case hex with colons. */
  mac?: string | undefined;
  /** Whether it is firmware whose built-in root has expired: no TLS after 2025-05-12. */
  expiredRoot?: boolean | undefined;
  /** Whether the flash of an RNWF02 holds no identity yet; false by default. */
  blank?: boolean | undefined;
  /** Of an RNWF02: `3.2`, the default, or `2.0`, which takes files by XMODEM only. */
  firmware?: Rnwf02Firmware | undefined;
  /** Takes what the simulator itself has to say, such as a crash of the module; silent by default. */
  log?: ((line: string) => void) | undefined;
  /** The computer's own by default. */
  clock?: Clock | undefined;
  /** Evenly distributed in [0, 1); `Math.random` by default. */
  random?: (() => number) | undefined;
}

/** A module, seen from its serial port: AnyCloud with firmware 0.3.2, RNWF02 with 3.2.0 or 2.0.0, or RNWF11 with 1.0. */
export interface VirtualModule extends Module {
  /** The network that it finds, as the `wifi` of a session. */
  readonly wifi: SimulatedNetwork;
}

const NETWORK: SimulatedNetwork = { ssid: 'AnyCloud-Demo', passphrase: 'simulated-passphrase', security: 'wpa2' };
const SECURITIES: readonly string[] = ['open', 'wpa', 'wpa2', 'wpa3'];
const EVERY_ADDRESS = ['0.0.0.0', '::'];

/**
 * Makes a module and applies power to it.
 * @returns when it has booted: about a second with the pace `real`
 * @throws TypeError when it is not said who the module is, or an option is wrong; AzureError 400004 for a device id that cannot be one
 */
export async function createVirtualModule(options: VirtualModuleOptions): Promise<VirtualModule> {
  const { cloud, wifi = NETWORK, trusted = [], resolve = () => undefined } = options;
  const {
    family,
    ipAddress,
    mac,
    expiredRoot,
    log,
    clock = systemClock,
    random = Math.random,
    pace = 'instant',
  } = options;
  if (!SECURITIES.includes(wifi.security)) throw new TypeError('wifi.security must be open, wpa, wpa2 or wpa3');
  const module = createModule({
    family,
    clock,
    random,
    dial: cloud ? dialOf(cloud) : tlsDial(resolve),
    identity: options.identity ?? (await identityIn(options)),
    trusted: cloud ? [...trusted, cloud.ca] : [...trusted],
    accessPoints: [{ ssid: wifi.ssid, passphrase: wifi.passphrase, security: wifi.security, ...RECEPTION }],
    pace,
    ipAddress,
    mac,
    log,
    expiredRoot,
    blank: options.blank,
    firmware: options.firmware,
  });
  await boot(module);
  return Object.assign(module, { wifi });
}

async function identityIn({ cloud, deviceId }: VirtualModuleOptions): Promise<ModuleIdentity> {
  const known = cloud?.identities.find((identity) => deviceId === undefined || identity.deviceId === deviceId);
  if (known) return known;
  if (cloud && deviceId !== undefined) return cloud.enroll(deviceId);
  throw new TypeError('a virtual module needs a cloud with a device, or an identity');
}

/** Every name leads to the cloud, whatever the port. */
function dialOf({ host, mqttPort, plainPort }: LocalCloud): Dial {
  const address = EVERY_ADDRESS.includes(host) ? LOOPBACK : host;
  const secured = tlsDial(() => ({ host: address, port: mqttPort }));
  const plain = tlsDial(() => ({ host: address, port: plainPort ?? mqttPort }));
  return (name, port, tls, signal) => (tls ? secured : plain)(name, port, tls, signal);
}

/** Turns the module on and waits for its banner: a board that is found was started before. */
function boot(module: Module): Promise<void> {
  return new Promise((resolve) => {
    const wire = module.connect();
    wire.on('data', (chunk: Buffer) => {
      if (!chunk.includes('>')) return;
      wire.destroy();
      resolve();
    });
    module.powerOn();
  });
}
