import type { Clock } from '../../../../clock.ts';
import { ACKNOWLEDGEMENTS, type Environment } from '../../environment.ts';
import type { Pace } from '../../pace.ts';
import type { Console } from '../console.ts';
import type { NetworkClient } from './network.ts';
import { PACKET } from './packets.ts';
import type { Packet } from './receive.ts';

export type Incoming =
  | { kind: 'packet'; packet: Packet }
  /** A packet that a fault keeps from the module, for now or for good. */
  | { kind: 'withheld' }
  /** A packet of which the rest may still come, or is lost. */
  | { kind: 'unfinished' }
  | { kind: 'nothing' };

export interface IncomingOptions {
  clock: Clock;
  pace: Pace;
  console: Console;
  environment: Environment;
  /** Asks for another pass. */
  wake: () => void;
}

/** The packets that reach the MQTT service, after everything that can happen to them on the way (AT protocol 8.3). */
export class IncomingPackets {
  readonly #options: IncomingOptions;
  #delayed: Packet[] = [];
  #patientUntil: number | undefined;

  constructor(options: IncomingOptions) {
    this.#options = options;
  }

  /** What comes next; what cannot be read shows on the UART. */
  next(network: NetworkClient): Incoming {
    const delayed = this.#delayed.shift();
    if (delayed) return { kind: 'packet', packet: delayed };
    for (;;) {
      const received = network.read(this.#isPatient());
      if (received.kind !== 'incomplete') this.#patientUntil = undefined;
      switch (received.kind) {
        case 'overflow':
          this.#options.console.diagnostic('Buffer Overflow');
          break;
        case 'short':
          this.#options.console.diagnostic(`Received packet with length = 1; Expected ${received.expected}`);
          return { kind: 'unfinished' };
        case 'incomplete':
          this.#waitForRest();
          return { kind: 'unfinished' };
        case 'packet':
          return this.#isWithheld(received.packet) ? { kind: 'withheld' } : received;
        case 'nothing':
          return received;
      }
    }
  }

  /** The connection is over. */
  clear(): void {
    this.#delayed = [];
    this.#patientUntil = undefined;
  }

  /** A pass that comes at once has to give a packet the time it would have had until the next real one. */
  #isPatient(): boolean {
    if (this.#options.pace.packetGrace === 0) return false;
    return this.#patientUntil === undefined || this.#options.clock.monotonic() < this.#patientUntil;
  }

  #waitForRest(): void {
    if (this.#patientUntil !== undefined) return;
    const { clock, pace, wake } = this.#options;
    this.#patientUntil = clock.monotonic() + pace.packetGrace;
    clock.after(pace.packetGrace, wake);
  }

  #isWithheld(packet: Packet): boolean {
    const { clock, environment, wake } = this.#options;
    const name = ACKNOWLEDGEMENTS.find((acknowledgement) => PACKET[acknowledgement] === packet.type);
    if (!name) return false;
    if (environment.omitted === name) return true;
    if (environment.acknowledgementDelay === 0) return false;
    const delayed = this.#delayed;
    clock.after(environment.acknowledgementDelay, () => {
      delayed.push(packet);
      wake();
    });
    return true;
  }
}
