import type { ControlLines } from './control-lines.ts';
import type { Dial } from './dial-request.ts';
import type { Environment } from './environment.ts';
import type { RunningFirmware } from './faults.ts';
import type { ModuleIdentity } from './identity.ts';
import type { PaceName } from './pace.ts';
import type { PowerCycle } from './power-cycle.ts';
import type { Uart } from './uart.ts';

/** The firmware of an RNWF02 that can be played. */
export type Rnwf02Firmware = '2.0' | '3.2';

/** What a board of any family is built from. */
export interface BoardOptions {
  random: () => number;
  dial: Dial;
  identity: ModuleIdentity;
  /** The roots built into the firmware, PEM. */
  trusted: string[];
  pace: PaceName;
  /** The module's own address, upper-case hex with colons. */
  mac: string;
  /** Behave as firmware whose built-in root has expired. */
  expiredRoot: boolean;
  /** A board whose flash holds no identity yet, where it is kept there. */
  blank: boolean;
  firmware: Rnwf02Firmware;
  environment: Environment;
}

/** What the firmware runs on. */
export interface BoardParts {
  clock: PowerCycle;
  uart: Uart;
  /** The firmware restarts itself. */
  onRestart: () => void;
  onCrash: (reason: string) => void;
}

/** The part of a virtual module that is a family's own; what it keeps outlives resets. */
export interface Board {
  /** The UART after each start, and the usable bytes of its rings. */
  readonly uart: { readonly baud: number; readonly ring: number };
  /** Applies power. */
  start(parts: BoardParts): RunningFirmware;
  /** Faults that only this family has. */
  readonly lines: ControlLines;
  /** Those of them that are in force, as control lines. */
  inForce(): string[];
}
