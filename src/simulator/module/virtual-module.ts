import type { Duplex } from 'node:stream';
import type { Clock } from '../../clock.ts';
import type { AccessPoint } from './access-point.ts';
import { anycloudBoard } from './anycloud/board.ts';
import type { Board, BoardOptions, Rnwf02Firmware } from './board.ts';
import { type ControlLines, carryOut } from './control-lines.ts';
import type { Dial } from './dial-request.ts';
import type { Environment } from './environment.ts';
import { faultLines, faultsInForce } from './fault-lines.ts';
import { createFaults, type ModuleFaults, type RunningFirmware } from './faults.ts';
import type { ModuleIdentity } from './identity.ts';
import { type ModuleState, stateLine } from './module-state.ts';
import { PACES, type PaceName } from './pace.ts';
import { PowerCycle } from './power-cycle.ts';
import { rnwfBoard } from './rnwf/board.ts';
import { RNWF02, RNWF02_2, RNWF11 } from './rnwf/product.ts';
import { Uart } from './uart.ts';

export type { AccessPoint } from './access-point.ts';
export type { Rnwf02Firmware } from './board.ts';
export type { Dial, TlsRequest } from './dial-request.ts';
export type { ModuleFaults } from './faults.ts';
export type { ModuleIdentity } from './identity.ts';
export type { ModuleState } from './module-state.ts';

const OFF: ModuleState = { power: 'off', synchronised: false, time: 0, mqtt: 'idle' };

/** The boards that can be had, by the family of their module. */
const BOARDS = {
  anycloud: anycloudBoard,
  rnwf02: (options) => rnwfBoard(options.firmware === '2.0' ? RNWF02_2 : RNWF02, options),
  rnwf11: (options) => rnwfBoard(RNWF11, options),
} as const satisfies Record<string, (options: BoardOptions) => Board>;

export type ModuleFamily = keyof typeof BOARDS;

export interface VirtualModuleOptions {
  /** AnyCloud by default. */
  family?: ModuleFamily | undefined;
  clock: Clock;
  /** 0 up to, not including, 1. */
  random: () => number;
  dial: Dial;
  identity: ModuleIdentity;
  /** The roots built into the firmware, PEM. */
  trusted?: string[];
  accessPoints: AccessPoint[];
  /** `real`: the recorded timing, bytes at the baud rate. `instant`: as fast as its protocol timers allow. */
  pace: PaceName;
  /** What the DHCP server gives the module. */
  ipAddress?: string | undefined;
  /** Upper-case hex with colons. */
  mac?: string | undefined;
  /** What the simulator itself has to say, such as a crash of the module. */
  log?: ((line: string) => void) | undefined;
  /** Called when the module changes its rate, so that a real port can follow. */
  onBaud?: (baud: number) => void;
  /** Behave as firmware whose built-in root has expired: no TLS after 2025-05-12 (T4). */
  expiredRoot?: boolean | undefined;
  /** A module that keeps its identity in flash begins without one. */
  blank?: boolean | undefined;
  /** Of an RNWF02: the newest, or the one before it that takes files by XMODEM only. */
  firmware?: Rnwf02Firmware | undefined;
}

/** A module, seen from its UART. */
export interface VirtualModule {
  /** A new host's end of the wire; the previous one is unplugged, the module goes on. */
  connect(): Duplex;
  readonly faults: ModuleFaults;
  readonly state: ModuleState;
  /** Carries out a control line. @returns `ok`, what there is to say, or `error: ` and what is wrong. */
  control(line: string): string;
  /** Applies power, or takes it away for a moment and applies it again: the banner follows after the boot. */
  powerOn(): void;
  /** Takes the power away, and ends all connections. */
  close(): void;
}

/** Builds a module; it does nothing until `powerOn`. */
export function createVirtualModule(options: VirtualModuleOptions): VirtualModule {
  const { family = 'anycloud', clock, random, trusted = [], expiredRoot = false, blank = false, log, onBaud } = options;
  const environment: Environment = {
    accessPoints: options.accessPoints,
    ipAddress: options.ipAddress ?? '192.168.1.50',
    wifiFails: false,
    sntp: true,
    omitted: undefined,
    acknowledgementDelay: 0,
    dialFailure: undefined,
    preempt: 0,
  };
  const { dial, identity, pace, mac = '00:04:A3:12:34:56', firmware: version = '3.2' } = options;
  const board = BOARDS[family]({
    random,
    dial,
    identity,
    trusted,
    pace,
    mac,
    expiredRoot,
    blank,
    firmware: version,
    environment,
  });
  const power = new PowerCycle(clock);
  const { limitedWire } = PACES[pace];
  const uart = new Uart({ clock: power, ...board.uart, limited: limitedWire, onBaud: (baud) => onBaud?.(baud) });
  let firmware: RunningFirmware | undefined;

  function powerOn(): void {
    firmware?.end();
    firmware = board.start({
      clock: power,
      uart,
      onRestart: powerOn,
      onCrash: (reason) => log?.(`the module has crashed: ${reason}; it does not answer until it is reset`),
    });
  }

  const faults = createFaults({ environment, uart, random, firmware: () => firmware, reset: powerOn });
  const lines: ControlLines = {
    ...faultLines(faults),
    ...board.lines,
    status: {
      argument: '',
      about: 'says how the module is doing, and which faults are in force',
      carryOut: (argument) =>
        argument === ''
          ? stateLine(firmware?.state ?? OFF, [...faultsInForce(environment), ...board.inForce()])
          : undefined,
    },
  };
  return {
    connect: () => uart.connect(),
    faults,
    get state() {
      return firmware?.state ?? OFF;
    },
    control: (line) => carryOut(lines, line),
    powerOn,
    close() {
      firmware?.end();
      firmware = undefined;
      power.end();
      uart.disconnect();
    },
  };
}
