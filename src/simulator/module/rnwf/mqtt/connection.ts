import type { Duplex } from 'node:stream';
import { generate, type Packet, type Parser, parser } from 'mqtt-packet';
import type { Clock, Timer } from '../../../../clock.ts';
import type { Acknowledgement } from '../../environment.ts';
import type { RnwfEnvironment } from '../environment.ts';

/** A fault keeps these packets of the broker from the module, or makes them late. */
const ACKNOWLEDGEMENTS: readonly string[] = [
  'connack',
  'suback',
  'unsuback',
  'puback',
  'pubrec',
  'pubcomp',
  'pingresp',
] satisfies Acknowledgement[];
/** How long an answer to a ping may take. */
const PING_TIMEOUT_MS = 10_000;

export interface ConnectionOptions {
  clock: Clock;
  environment: RnwfEnvironment;
  version: 4 | 5;
  /** Seconds without anything sent until a ping; 0 for none. */
  keepAlive: number;
  onPacket: (packet: Packet) => void;
  onEnd: () => void;
}

/** Packets over an open connection to a broker, which is kept alive. */
export class Connection {
  readonly #socket: Duplex;
  readonly #options: ConnectionOptions;
  readonly #parser: Parser;
  #ping: Timer | undefined;
  #patience: Timer | undefined;
  #ended = false;

  constructor(socket: Duplex, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#parser = parser({ protocolVersion: options.version });
    this.#parser.on('packet', (packet) => this.#arrive(packet));
    this.#parser.on('error', () => this.end());
    socket.on('data', (bytes: Buffer) => {
      if (!this.#ended) this.#parser.parse(bytes);
    });
    socket.on('error', () => undefined);
    socket.once('end', () => this.end());
    socket.once('close', () => this.end());
    if (socket.destroyed) options.clock.after(0, () => this.end());
  }

  send(packet: Packet): void {
    if (this.#ended) return;
    this.#socket.write(generate(packet, { protocolVersion: this.#options.version }));
    this.#restPing();
  }

  /** Closes it; the owner is told once. */
  end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#ping?.cancel();
    this.#patience?.cancel();
    this.#socket.destroy();
    this.#options.onEnd();
  }

  #restPing(): void {
    const { clock, keepAlive } = this.#options;
    this.#ping?.cancel();
    if (keepAlive === 0) return;
    this.#ping = clock.after(1000 * keepAlive, () => {
      this.#patience ??= clock.after(PING_TIMEOUT_MS, () => this.end());
      this.send({ cmd: 'pingreq' });
    });
  }

  #arrive(packet: Packet): void {
    const { environment, clock, onPacket } = this.#options;
    const isAcknowledgement = ACKNOWLEDGEMENTS.includes(packet.cmd);
    if (packet.cmd === environment.omitted) return;
    const arrive = () => {
      if (this.#ended) return;
      if (packet.cmd === 'pingresp') {
        this.#patience?.cancel();
        this.#patience = undefined;
      } else {
        onPacket(packet);
      }
    };
    if (isAcknowledgement && environment.acknowledgementDelay > 0)
      clock.after(environment.acknowledgementDelay, arrive);
    else arrive();
  }
}
