import type { Clock } from '../../../clock.ts';
import type { Dial } from '../dial-request.ts';
import type { Environment } from '../environment.ts';
import type { RunningFirmware } from '../faults.ts';
import type { ModuleIdentity } from '../identity.ts';
import type { ModuleState } from '../module-state.ts';
import type { Pace } from '../pace.ts';
import { PollTask } from '../poll-task.ts';
import { PowerCycle } from '../power-cycle.ts';
import type { Uart } from '../uart.ts';
import { BinaryReceiver } from './binary.ts';
import { Certificates } from './certificates.ts';
import { execute } from './commands/execute.ts';
import type { FirmwareApi } from './commands/firmware-api.ts';
import { Console } from './console.ts';
import { ModuleTime } from './module-time.ts';
import { MqttClient } from './mqtt/client.ts';
import { Station } from './station.ts';
import { MAX_VERBOSITY, STATUS, statusText } from './status.ts';
import { Store } from './store.ts';
import { Terminal } from './terminal.ts';

/** The UART after each start, and the usable bytes of its rings (AT protocol 1). */
export const UART = { baud: 230_400, ring: 4095 } as const;
/** The MQTT task runs on a grid of its own, beside that of the AT engine. */
const MQTT_GRID_OFFSET_MS = 25;

export interface FirmwareOptions {
  clock: Clock;
  random: () => number;
  pace: Pace;
  uart: Uart;
  environment: Environment;
  dial: Dial;
  identity: ModuleIdentity;
  trusted: string[];
  /** The module's own address, upper-case hex with colons. */
  mac: string;
  expiredRoot: boolean;
  /** AT+RST. */
  onRestart: () => void;
  onCrash: (reason: string) => void;
}

interface Transfer {
  receiver: BinaryReceiver;
  done: (bytes: Buffer) => void;
}

/** The firmware from one power-up to the next reset. Nothing in it survives that (T56). */
export class Firmware implements FirmwareApi, RunningFirmware {
  readonly clock: PowerCycle;
  readonly pace: Pace;
  readonly console: Console;
  readonly station: Station;
  readonly mqtt: MqttClient;
  readonly time: ModuleTime;
  readonly certificates: Certificates;
  readonly device: Store;
  readonly tls: [Store, Store] = [tlsConfiguration(), tlsConfiguration()];
  readonly scan = scanConfiguration();
  verbosity = MAX_VERBOSITY;
  readonly #options: FirmwareOptions;
  readonly #engine: PollTask;
  readonly #terminal: Terminal;
  readonly #announcements: Array<() => void> = [];
  #transfer: Transfer | undefined;
  #booted = false;
  #dead = false;
  #ended = false;

  constructor(options: FirmwareOptions) {
    const { pace, uart, environment, mac } = options;
    this.#options = options;
    this.pace = pace;
    this.clock = new PowerCycle(options.clock);
    const wake = () => this.#wake();
    uart.start(wake);
    const bootedAt = this.clock.monotonic() + pace.boot;
    this.#engine = new PollTask(this.clock, pace.enginePass, bootedAt, () =>
      this.console.turn('engine', () => this.#pass()),
    );
    this.console = new Console({
      write: (bytes) => uart.transmit(bytes),
      switches: () => environment.preempt > 0 && options.random() * 100 < environment.preempt,
      runOthers: (task) => {
        if (task !== 'engine' && this.#engine.pending) this.#engine.runNow();
        if (task !== 'mqtt' && this.mqtt.task.pending) this.mqtt.task.runNow();
      },
    });
    this.#terminal = new Terminal(this.clock, this.console, wake);
    this.time = new ModuleTime(this.clock);
    this.certificates = new Certificates(options.identity, options.trusted);
    this.station = new Station({
      clock: this.clock,
      pace,
      console: this.console,
      environment,
      time: this.time,
      verbosity: () => this.verbosity,
      wake,
      changed: () => this.mqtt.networkChanged(),
    });
    const deviceName = Buffer.from(`PIC32MZW1-${mac.toLowerCase().split(':').slice(-2).join('-')}`);
    this.device = deviceConfiguration(mac, deviceName);
    this.mqtt = new MqttClient({
      clock: this.clock,
      pace,
      console: this.console,
      environment,
      dial: options.dial,
      certificates: this.certificates,
      time: this.time,
      expiredRoot: options.expiredRoot,
      networkUp: () => this.station.networkUp,
      signal: this.clock.signal,
      deviceName,
      mac,
      passOrigin: bootedAt + MQTT_GRID_OFFSET_MS,
      crash: (reason) => this.crash(reason),
    });
    this.clock.after(pace.boot, () => this.#boot());
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

  /** The end of this power cycle: timers, connections and everything that was not yet sent. */
  end(): void {
    this.#ended = true;
    this.console.discard();
    this.#options.uart.stop();
    this.clock.end();
  }

  loseNetwork(): void {
    this.station.lose();
  }

  renewLease(): void {
    this.station.bind();
  }

  cutBroker(how: 'fin' | 'rst'): void {
    this.mqtt.cut(how);
  }

  printEvent(line: string): void {
    this.console.turn('tcpip', () => this.console.print(Buffer.from(`${line}\r\n`)));
  }

  restart(): void {
    this.#options.onRestart();
  }

  /** A CPU exception: an endless loop with the watchdog off, until the next reset (T55). */
  crash(reason: string): void {
    if (this.#dead) return;
    this.#dead = true;
    this.console.discard();
    this.#options.uart.stop();
    this.clock.stop();
    this.#options.onCrash(reason);
  }

  announce(print: () => void): void {
    this.#announcements.push(print);
    this.#wake();
  }

  receiveBinary(length: number, done: (bytes: Buffer) => void): void {
    this.console.raw('#');
    this.#transfer = { receiver: new BinaryReceiver(this.clock, length, () => this.#wake()), done };
  }

  #wake(): void {
    if (this.#booted) this.#engine.request();
  }

  /** The banner is all there is, and it looks like a reply (AT protocol 1.2, T41). */
  #boot(): void {
    this.#booted = true;
    this.console.turn('engine', () => {
      this.console.print('\r\nOK\r\n');
      this.#endOfReply();
    });
    // Bytes that came during the boot are executed now.
    if (this.#options.uart.received.length > 0) this.#wake();
  }

  /** One pass of the AT engine: at most one command, then the events that are due. */
  #pass(): void {
    const { uart } = this.#options;
    uart.collect();
    // What a command asks for begins with the next pass.
    const announce = this.#announcements.shift();
    if (this.#transfer) this.#receive(this.#transfer);
    else this.#read();
    if (this.#dead || this.#ended) return;
    this.station.update();
    announce?.();
    if (uart.received.length > 0 || this.#announcements.length > 0) this.#wake();
  }

  #read(): void {
    const reading = this.#terminal.read(this.#options.uart.received);
    if (reading.kind !== 'line') return;
    this.console.hold();
    const status = execute(this, reading.line);
    if (status !== undefined) this.#reply(statusText(status, this.verbosity));
  }

  #reply(line: string): void {
    this.console.print(`${line}\r\n`);
    this.#endOfReply();
  }

  #endOfReply(): void {
    this.console.release();
    this.console.prompt();
  }

  #receive({ receiver, done }: Transfer): void {
    switch (receiver.read(this.#options.uart.received)) {
      case 'complete':
        this.#transfer = undefined;
        done(receiver.data);
        this.#endOfReply();
        break;
      case 'escaped':
        this.#transfer = undefined;
        this.#reply(`\r\n${statusText(STATUS.ok, this.verbosity)}`);
        this.announce(() => done(receiver.data));
        break;
      case 'overrun':
        this.crash('more than 1500 bytes of a certificate have overrun their buffer');
        break;
      case 'more':
        break;
    }
  }
}

function deviceConfiguration(mac: string, deviceName: Buffer): Store {
  return new Store([
    { id: 1, kind: { type: 'text', max: 17, readOnly: true }, value: Buffer.from(mac) },
    { id: 2, kind: { type: 'text', max: 32 }, value: deviceName },
  ]);
}

function tlsConfiguration(): Store {
  const text = (id: number, max: number) => ({ id, kind: { type: 'text' as const, max }, value: Buffer.alloc(0) });
  return new Store([text(1, 64), text(2, 64), text(3, 32), text(5, 32)]);
}

function scanConfiguration(): Store {
  return new Store([
    { id: 1, kind: { type: 'integer' }, value: 20 },
    { id: 2, kind: { type: 'integer' }, value: 120 },
  ]);
}
