import type { BoardParts } from '../board.ts';
import type { Dial } from '../dial-request.ts';
import type { RunningFirmware } from '../faults.ts';
import type { ModuleIdentity } from '../identity.ts';
import type { ModuleState } from '../module-state.ts';
import { PowerCycle } from '../power-cycle.ts';
import { ModuleClock } from './clock.ts';
import type { FirmwareApi } from './commands/api.ts';
import { LATER } from './commands/api.ts';
import { execute } from './commands/execute.ts';
import type { RnwfEnvironment } from './environment.ts';
import type { Flash } from './flash.ts';
import { MqttClient } from './mqtt/client.ts';
import type { RnwfPace } from './pace.ts';
import { Printer } from './printer.ts';
import type { Product } from './product.ts';
import { scanSettings, tlsSettings } from './settings.ts';
import { Station } from './station.ts';
import { MAX_VERBOSITY, STATUS, type Status, statusText } from './status.ts';
import { integer, live, Store, text } from './store.ts';
import { printText } from './strings.ts';
import { Terminal } from './terminal.ts';
import { Transfers } from './transfers.ts';
import { XmodemReceiver } from './xmodem.ts';

/** The UART after each start; the size of its buffers is a guess. */
export const UART = { baud: 230_400, ring: 4_096 } as const;

export interface FirmwareOptions extends BoardParts {
  product: Product;
  pace: RnwfPace;
  random: () => number;
  environment: RnwfEnvironment;
  dial: Dial;
  identity: ModuleIdentity;
  flash: Flash;
  mac: string;
}

/** The firmware from one power-up to the next reset. Only the flash survives that. */
export class Firmware implements FirmwareApi, RunningFirmware {
  readonly product: Product;
  readonly pace: RnwfPace;
  readonly printer: Printer;
  readonly station: Station;
  readonly mqtt: MqttClient;
  readonly time: ModuleClock;
  readonly flash: Flash;
  readonly transfers: Transfers;
  readonly tls: readonly Store[];
  readonly scan = scanSettings();
  readonly device: Store;
  readonly identity: ModuleIdentity;
  verbosity = MAX_VERBOSITY;
  readonly #options: FirmwareOptions;
  readonly #clock: PowerCycle;
  readonly #terminal: Terminal;
  #booted = false;
  #isExecuting = false;
  /** It takes what comes, in place of the terminal. */
  #receiver: XmodemReceiver | undefined;
  #dead = false;

  constructor(options: FirmwareOptions) {
    const { product, pace, uart, environment, random, flash } = options;
    this.#options = options;
    this.product = product;
    this.pace = pace;
    this.flash = flash;
    this.identity = options.identity;
    this.#clock = new PowerCycle(options.clock);
    uart.start(() => this.#wake());
    const verbosity = () => this.verbosity;
    this.printer = new Printer({
      clock: this.#clock,
      write: (bytes) => uart.transmit(bytes),
      takeLost: () => environment.lostEvents > 0 && environment.lostEvents-- > 0,
      lateness: () => environment.lateEvents,
      splits: () => environment.preempt > 0 && random() * 100 < environment.preempt,
    });
    this.#terminal = new Terminal(this.printer, product.line);
    this.time = new ModuleClock(this.#clock);
    this.tls = Array.from({ length: product.tlsConfigurations }, () => tlsSettings(product));
    this.device = deviceSettings(product, () => uart.baud);
    this.transfers = new Transfers(flash, (type, name, length) =>
      this.printer.event(`+FSUP:1,${type},${printText(name)},${length}`),
    );
    this.station = new Station({
      clock: this.#clock,
      pace,
      printer: this.printer,
      environment,
      time: this.time,
      mac: options.mac,
      verbosity,
      changed: () => {
        if (!this.station.networkUp) this.mqtt.cut();
      },
    });
    this.mqtt = new MqttClient({
      ...options,
      clock: this.#clock,
      printer: this.printer,
      time: this.time,
      tls: this.tls,
      networkUp: () => this.station.networkUp,
      verbosity,
    });
    this.#clock.after(pace.boot, () => this.#boot());
  }

  get state(): ModuleState {
    const { ssid, address } = this.station;
    const { broker } = this.mqtt;
    return {
      power: this.#dead ? 'crashed' : 'on',
      ...(ssid === undefined ? {} : { ssid }),
      ...(address === undefined ? {} : { address }),
      synchronised: this.time.synchronised,
      time: this.time.now,
      mqtt: this.mqtt.state,
      ...(broker === undefined ? {} : { broker }),
    };
  }

  get accessPoints() {
    return this.#options.environment.accessPoints;
  }

  get baud(): number {
    return this.#options.uart.baud;
  }

  set baud(baud: number) {
    this.#options.uart.setBaud(baud);
  }

  after(ms: number, work: () => void): void {
    this.#clock.after(ms, work);
  }

  info(line: string): void {
    this.printer.info(line);
  }

  receiveFile(type: number, name: string, length: number): void {
    const { uart, environment } = this.#options;
    this.#receiver = new XmodemReceiver({
      clock: this.#clock,
      write: (bytes) => uart.transmit(bytes),
      length,
      fault: () => environment.transferFault,
      onEnd: (status, bytes) => this.#received(status, bytes && { type, name, bytes }),
    });
    this.printer.raw(Buffer.from('#'));
    this.#receiver.begin();
  }

  restart(): void {
    this.#options.onRestart();
  }

  loseNetwork(): void {
    this.station.lose();
  }

  renewLease(): void {
    this.station.bind();
  }

  cutBroker(): void {
    this.mqtt.cut();
  }

  printEvent(line: string): void {
    this.printer.event(line);
  }

  crash(reason: string): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#options.uart.stop();
    this.#clock.stop();
    this.mqtt.stop();
    this.#options.onCrash(reason);
  }

  end(): void {
    this.#dead = true;
    this.#options.uart.stop();
    this.#clock.end();
    this.mqtt.stop();
  }

  /** The banner; on older firmware NULs may come before it (RNWF 2). */
  #boot(): void {
    const { boots, banner, name } = this.product;
    this.#booted = true;
    if (boots === 'event') this.printer.event(`+BOOT:${printText(`${name} ${banner}`)}`);
    else this.printer.raw(Buffer.from(`\0\r\n${banner}\r\n>`, 'latin1'));
    this.#wake();
  }

  #wake(): void {
    if (!this.#booted || this.#dead) return;
    this.#receiver?.take(this.#options.uart.received);
    if (this.#isExecuting) return;
    const reading = this.#terminal.read(this.#options.uart.received);
    if (reading.kind === 'nothing') return;
    this.#isExecuting = true;
    this.printer.begin();
    this.#clock.after(this.pace.command, () => {
      const outcome = reading.kind === 'line' ? execute(this, reading.line) : STATUS.invalidCommand;
      if (outcome !== LATER) this.#finish(outcome);
    });
  }

  #received(status: Status, file?: { type: number; name: string; bytes: Buffer }): void {
    this.#receiver = undefined;
    this.#clock.after(this.pace.flash, () => {
      const written = file ? this.flash.write(file.type, file.name, file.bytes) : status;
      if (file && written === STATUS.ok) {
        this.printer.event(`+FSUP:1,${file.type},${printText(file.name)},${file.bytes.length}`);
      }
      this.#finish(written);
    });
  }

  #finish(status: Status): void {
    this.printer.end(statusText(status, this.verbosity));
    this.#isExecuting = false;
    this.#wake();
  }
}

/** AT+CFG of RNWF02 (RNWF 4). */
function deviceSettings(product: Product, baud: () => number): Store {
  const [version = '', , hash = ''] = product.version.split(' ');
  return new Store(() => [
    text(1, 32, product.name),
    live(10, () => [`10,${printText(version)}`]),
    live(13, () => [`13,${printText(hash)}`]),
    integer(20, 0),
    live(21, () => [`21,${baud()}`]),
  ]);
}
