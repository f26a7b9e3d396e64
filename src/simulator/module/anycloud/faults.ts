import {
  ACKNOWLEDGEMENTS,
  type Acknowledgement,
  DIAL_FAILURES,
  type DialFailure,
  type Environment,
} from '../environment.ts';
import type { Uart } from '../uart.ts';
import type { Firmware } from './firmware.ts';

/** Everything that can be made to go wrong. Faults of the world around the module outlive its reset. */
export interface ModuleFaults {
  /** The access point disappears for a moment. */
  wifiDrop(): void;
  /** `fail`: every association fails, as with a wrong passphrase. */
  wifiMode(mode: 'ok' | 'fail'): void;
  /** The DHCP lease is renewed (T47). */
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
  /** At this percentage of the UART writes another task takes over, if it has work (T39). */
  preempt(percent: number): void;
  /** The reset pin. */
  reset(): void;
  /** A CPU exception: nothing is answered until a reset. */
  crash(): void;
}

export interface FaultTargets {
  environment: Environment;
  uart: Uart;
  random: () => number;
  firmware: () => Firmware | undefined;
  reset: () => void;
}

export function createFaults({ environment, uart, random, firmware, reset }: FaultTargets): ModuleFaults {
  return {
    wifiDrop: () => firmware()?.station.lose(),
    wifiMode: (mode) => {
      environment.wifiFails = mode === 'fail';
    },
    dhcpRenew: () => firmware()?.station.bind(),
    sntp: (answers) => {
      environment.sntp = answers;
    },
    dial: (failure) => {
      environment.dialFailure = failure;
    },
    mqttDrop: () => firmware()?.mqtt.cut('fin'),
    mqttReset: () => firmware()?.mqtt.cut('rst'),
    omit: (acknowledgement) => {
      environment.omitted = acknowledgement;
    },
    delay: (ms) => {
      environment.acknowledgementDelay = ms;
    },
    urc: (line) => {
      const { console } = firmware() ?? {};
      console?.turn('tcpip', () => console.print(Buffer.from(`${line}\r\n`)));
    },
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

/** A control line's words, each with what it does with its argument; undefined: the argument is wrong. */
const WORDS: Record<string, (faults: ModuleFaults, argument: string) => true | undefined> = {
  'wifi-drop': (faults, argument) => plain(argument, () => faults.wifiDrop()),
  'wifi-mode': (faults, argument) => choice(argument, ['ok', 'fail'], (mode) => faults.wifiMode(mode)),
  'dhcp-renew': (faults, argument) => plain(argument, () => faults.dhcpRenew()),
  sntp: (faults, argument) => choice(argument, ['on', 'off'], (mode) => faults.sntp(mode === 'on')),
  dial: (faults, argument) =>
    choice(argument, ['ok', ...DIAL_FAILURES], (mode) => faults.dial(mode === 'ok' ? undefined : mode)),
  'mqtt-drop': (faults, argument) => plain(argument, () => faults.mqttDrop()),
  'mqtt-rst': (faults, argument) => plain(argument, () => faults.mqttReset()),
  omit: (faults, argument) =>
    choice(argument, ['none', ...ACKNOWLEDGEMENTS], (name) => faults.omit(name === 'none' ? undefined : name)),
  delay: (faults, argument) => count(argument, 600_000, (ms) => faults.delay(ms)),
  urc: (faults, argument) => text(argument, () => faults.urc(argument)),
  raw: (faults, argument) => text(argument, () => faults.raw(decodeEscapes(argument))),
  noise: (faults, argument) => count(argument, 4095, (bytes) => faults.noise(bytes)),
  'drop-rx': (faults, argument) => count(argument, 1_000_000, (bytes) => faults.dropReceived(bytes)),
  'drop-tx': (faults, argument) => count(argument, 1_000_000, (bytes) => faults.dropTransmitted(bytes)),
  stall: (faults, argument) => count(argument, 600_000, (ms) => faults.stall(ms)),
  preempt: (faults, argument) => count(argument, 100, (percent) => faults.preempt(percent)),
  reset: (faults, argument) => plain(argument, () => faults.reset()),
  crash: (faults, argument) => plain(argument, () => faults.crash()),
};

/** Carries out one control line, in the words of the recordings. @returns `ok`, or `error: ` and what is wrong. */
export function controlFaults(faults: ModuleFaults, line: string): string {
  const [word = '', ...rest] = line.trim().split(' ');
  const control = Object.hasOwn(WORDS, word) ? WORDS[word] : undefined;
  if (!control) return `error: no such word: ${word} (there are: ${Object.keys(WORDS).join(', ')}, status)`;
  return control(faults, rest.join(' ').trim()) ? 'ok' : `error: ${word} does not take: ${rest.join(' ')}`;
}

function plain(argument: string, act: () => void): true | undefined {
  if (argument !== '') return undefined;
  act();
  return true;
}

function text(argument: string, act: () => void): true | undefined {
  if (argument === '') return undefined;
  act();
  return true;
}

function choice<T extends string>(argument: string, choices: readonly T[], act: (chosen: T) => void): true | undefined {
  const chosen = choices.find((each) => each === argument);
  if (chosen === undefined) return undefined;
  act(chosen);
  return true;
}

function count(argument: string, max: number, act: (value: number) => void): true | undefined {
  if (!/^[0-9]{1,7}$/.test(argument) || Number(argument) > max) return undefined;
  act(Number(argument));
  return true;
}

/** Bytes written as in the recordings: `\r`, `\n`, `\\` and `\xNN`. */
function decodeEscapes(text: string): Buffer {
  const named: Record<string, string> = { '\\r': '\r', '\\n': '\n', '\\\\': '\\' };
  const plainText = text.replace(/\\x([0-9a-fA-F]{2})|\\[rn\\]/g, (match, hex?: string) =>
    hex ? String.fromCharCode(Number.parseInt(hex, 16)) : (named[match] ?? match),
  );
  return Buffer.from(plainText, 'latin1');
}
