import type { Acknowledgement, DialFailure, Environment } from './environment.ts';
import type { ModuleState } from './module-state.ts';
import type { Uart } from './uart.ts';

/** Everything that can be made to go wrong. Faults of the world around the module outlive its reset. */
export interface ModuleFaults {
  /** The access point disappears for a moment. */
  wifiDrop(): void;
  /** `fail`: every association fails, as with a wrong passphrase. */
  wifiMode(mode: 'ok' | 'fail'): void;
  /** The DHCP lease is renewed. */
  dhcpRenew(): void;
  /** Whether the NTP server answers. */
  sntp(answers: boolean): void;
  /** How connections to the broker fail; undefined: they do not. */
  dial(failure: DialFailure | undefined): void;
  /** The broker ends the connection. */
  mqttDrop(): void;
  /** The broker resets the connection. */
  mqttReset(): void;
  /** Acknowledgements of this kind never reach the module; undefined: all do. */
  omit(acknowledgement: Acknowledgement | undefined): void;
  /** Acknowledgements come later by this many milliseconds. */
  delay(ms: number): void;
  /** Prints a line as an event. */
  urc(line: string): void;
  /** Sends bytes to the host as they are. */
  raw(bytes: Uint8Array): void;
  /** Sends random bytes to the host. */
  noise(count: number): void;
  /** The next bytes from the host are lost. */
  dropReceived(count: number): void;
  /** The next bytes to the host are lost. */
  dropTransmitted(count: number): void;
  /** Nothing leaves the module for this many milliseconds. */
  stall(ms: number): void;
  /** At this percentage of what is printed something else breaks into it, if there is something. */
  preempt(percent: number): void;
  /** The reset pin. */
  reset(): void;
  /** A CPU exception: nothing is answered until a reset. */
  crash(): void;
}

/** The firmware of any family, from one power-up to the next reset, as faults and people see it. */
export interface RunningFirmware {
  readonly state: ModuleState;
  /** The access point is gone. */
  loseNetwork(): void;
  renewLease(): void;
  /** The connection to the broker ends as if the broker had closed it (`fin`) or reset it (`rst`). */
  cutBroker(how: 'fin' | 'rst'): void;
  /** Prints a line as an event. */
  printEvent(line: string): void;
  crash(reason: string): void;
  /** The end of this power cycle: timers, connections and everything that was not yet sent. */
  end(): void;
}

export interface FaultTargets {
  environment: Environment;
  uart: Uart;
  random: () => number;
  firmware: () => RunningFirmware | undefined;
  reset: () => void;
}

export function createFaults({ environment, uart, random, firmware, reset }: FaultTargets): ModuleFaults {
  return {
    wifiDrop: () => firmware()?.loseNetwork(),
    wifiMode: (mode) => {
      environment.wifiFails = mode === 'fail';
    },
    dhcpRenew: () => firmware()?.renewLease(),
    sntp: (answers) => {
      environment.sntp = answers;
    },
    dial: (failure) => {
      environment.dialFailure = failure;
    },
    mqttDrop: () => firmware()?.cutBroker('fin'),
    mqttReset: () => firmware()?.cutBroker('rst'),
    omit: (acknowledgement) => {
      environment.omitted = acknowledgement;
    },
    delay: (ms) => {
      environment.acknowledgementDelay = ms;
    },
    urc: (line) => firmware()?.printEvent(line),
    raw: (bytes) => uart.transmit(bytes),
    noise: (count) => uart.transmit(Uint8Array.from({ length: count }, () => Math.floor(random() * 256))),
    dropReceived: (count) => uart.dropFromHost(count),
    dropTransmitted: (count) => uart.dropToHost(count),
    stall: (ms) => uart.stall(ms),
    preempt: (percent) => {
      environment.preempt = percent;
    },
    reset,
    crash: () => firmware()?.crash('asked for'),
  };
}
