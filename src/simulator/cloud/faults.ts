import { AzureError } from './azure-error.ts';

export type Service = 'dps' | 'hub';

type Counted = {
  /** How many times; 1 by default. */
  count?: number;
  /** Only for this device (for DPS: this registration id); for any by default. */
  deviceId?: string;
};

/** What an `answer: 'status'` says; without an error code the status times 1000 (429 becomes 429001, as Azure has it). */
type StatusAnswer = {
  status?: number;
  errorCode?: number;
  message?: string;
  /** Seconds. */
  retryAfter?: number;
};

type DelayedAnswer = {
  /** Milliseconds that an `answer: 'delay'` takes longer; the answer itself is the right one. */
  delay?: number;
};

/** The next answers of DPS. `failed`, `disabled`, `unassigned` and `mqttV5` are results: status 200, and the news in the body. */
export type DpsFault = Counted &
  StatusAnswer &
  DelayedAnswer & {
    type: 'dps';
    on?: 'register' | 'poll';
    answer:
      | 'status'
      | 'failed'
      | 'disabled'
      | 'unassigned'
      | 'mqttV5'
      | 'none'
      | 'drop'
      | 'malformed'
      | 'empty'
      | 'delay';
  };

/** The next answers to twin requests. `oversize` is a right answer that is larger than the module's receive buffer. */
export type TwinFault = Counted &
  StatusAnswer &
  DelayedAnswer & {
    type: 'twin';
    on?: 'get' | 'patch';
    answer: 'status' | 'none' | 'drop' | 'malformed' | 'empty' | 'oversize' | 'delay';
  };

/** The next CONNECTs: refused with a CONNACK code from 1 to 5, closed, or never answered. */
export type ConnectFault = Counted & {
  type: 'connect';
  service?: Service;
  answer: 'code' | 'none' | 'drop';
  code?: 1 | 2 | 3 | 4 | 5;
};

/** Packets that are swallowed instead of sent. */
export type LoseFault = Counted & {
  type: 'lose';
  packet: 'suback' | 'unsuback' | 'puback' | 'pingresp';
  service?: Service;
};

/** 429 for every DPS and twin request (or those of one service, or of one device) during so many seconds. */
export type ThrottleFault = {
  type: 'throttle';
  seconds: number;
  service?: Service;
  deviceId?: string;
};

/** Done at once: close its connection, disable, enable or delete its identity, or give it to a hub of another name. */
export type DeviceFault =
  | { type: 'kick' | 'disable' | 'enable' | 'delete'; deviceId: string }
  | { type: 'move'; deviceId: string; hub: string };

export type QueuedFault = DpsFault | TwinFault | ConnectFault | LoseFault;
export type Fault = QueuedFault | ThrottleFault | DeviceFault;

const MAX_QUEUED = 1000;

interface Entry {
  fault: QueuedFault;
  left: number;
}

const isForTheSame = (one: ThrottleFault, other: ThrottleFault) =>
  one.service === other.service && one.deviceId === other.deviceId;

/** The faults that wait for their occasion, first come first served. */
export class FaultQueue {
  #entries: Entry[] = [];
  #throttles: { fault: ThrottleFault; until: number }[] = [];

  add(fault: QueuedFault): void {
    if (this.#entries.length < MAX_QUEUED) this.#entries.push({ fault, left: fault.count ?? 1 });
  }

  throttle(fault: ThrottleFault, now: number): void {
    // A later one takes the place of one for the same.
    this.#throttles = this.#throttles
      .filter(({ until, fault: earlier }) => until > now && !isForTheSame(earlier, fault))
      .slice(-MAX_QUEUED + 1);
    this.#throttles.push({ fault, until: now + fault.seconds * 1000 });
  }

  throttled(service: Service, deviceId: string, now: number): boolean {
    return this.#throttles.some(
      ({ fault, until }) =>
        now < until && (fault.service ?? service) === service && (fault.deviceId ?? deviceId) === deviceId,
    );
  }

  /** Those that have not happened yet, with what is left of their count. */
  waiting(): QueuedFault[] {
    return this.#entries.map(({ fault, left }) => ({ ...fault, count: left }));
  }

  clear(): void {
    this.#entries = [];
    this.#throttles = [];
  }

  takeDps(on: 'register' | 'poll', deviceId: string): DpsFault | undefined {
    return this.#take(deviceId, (fault) => (fault.type === 'dps' && (fault.on ?? on) === on ? fault : undefined));
  }

  takeTwin(on: 'get' | 'patch', deviceId: string): TwinFault | undefined {
    return this.#take(deviceId, (fault) => (fault.type === 'twin' && (fault.on ?? on) === on ? fault : undefined));
  }

  takeConnect(service: Service, deviceId: string): ConnectFault | undefined {
    return this.#take(deviceId, (fault) =>
      fault.type === 'connect' && (fault.service ?? service) === service ? fault : undefined,
    );
  }

  /** True when this packet is to be lost. */
  loses(packet: LoseFault['packet'], service: Service, deviceId: string): boolean {
    const fault = this.#take(deviceId, (candidate) =>
      candidate.type === 'lose' && candidate.packet === packet && (candidate.service ?? service) === service
        ? candidate
        : undefined,
    );
    return fault !== undefined;
  }

  #take<T extends QueuedFault>(deviceId: string, match: (fault: QueuedFault) => T | undefined): T | undefined {
    for (const entry of this.#entries) {
      if ((entry.fault.deviceId ?? deviceId) !== deviceId) continue;
      const fault = match(entry.fault);
      if (!fault) continue;
      entry.left--;
      if (entry.left <= 0) this.#entries = this.#entries.filter((other) => other !== entry);
      return fault;
    }
    return undefined;
  }
}

/** The refusal that an `answer: 'status'` asks for. */
export function errorOfFault({
  status = 500,
  errorCode,
  message = 'A fault on demand.',
}: DpsFault | TwinFault): AzureError {
  return new AzureError(errorCode ?? status * 1000 + 1, message);
}
