/** The way of a device to its first telemetry, in order. */
export const STEPS = [
  { id: 'port', title: 'Port' },
  { id: 'module', title: 'Module' },
  { id: 'wifi', title: 'Wi-Fi' },
  { id: 'clock', title: 'Clock' },
  { id: 'dps', title: 'DPS' },
  { id: 'hub', title: 'Hub' },
  { id: 'twin', title: 'Twin' },
  { id: 'telemetry', title: 'Telemetry' },
];

/** For each state of a session, its step, and what is waited for in it. */
const STATES = new Map(
  Object.entries({
    'open-port': ['port', 'the serial port to open'],
    sync: ['module', 'the module to answer AT commands'],
    'root-cert': ['module', 'the module to take the root certificate'],
    identity: ['module', 'the module to tell its certificate and id'],
    'wi-fi': ['wifi', 'the access point to accept the board and give it an address'],
    clock: ['clock', 'the time from the time server; without it there is no TLS'],
    'dps-connect': ['dps', 'the TLS and MQTT connection to DPS'],
    'dps-register': ['dps', 'DPS to assign a hub to the device'],
    'dps-disconnect': ['dps', 'the connection to DPS to close'],
    'hub-connect': ['hub', 'the TLS and MQTT connection to the hub'],
    'hub-subscribe': ['hub', 'the hub to confirm the subscriptions'],
    twin: ['twin', 'the hub to send the device twin'],
    'report-properties': ['twin', 'the hub to take the reported properties'],
    telemetry: ['telemetry', ''],
    'await-reconnect': ['hub', 'the connection to the hub to come back'],
    rejoin: ['wifi', 'the access point to accept the board again'],
    reset: ['module', 'the module to restart'],
  }),
);

const indexOf = (id) => STEPS.findIndex((step) => step.id === id);
const MAX_NOTES = 100;

/** How far a device has come, as the session tells it; where there is none, as the cloud sees it. */
export class Journey {
  /** By step, in this attempt: { from, to }; `to` is null while it goes on. */
  times = new Map();
  /** The step that goes on or went on last; null before the first. */
  current = null;
  /** What is waited for; empty when nothing is. */
  waiting = '';
  /** What has failed and was not yet made good: { step, message, hint, at }. */
  failure = null;
  /** What was told on the way, newest last: { at, level, message, hint }. */
  notes = [];
  attempts = 0;
  hasSession = false;
  ended = null;

  /** A state of the session. */
  enter(state, at) {
    this.hasSession = true;
    const [step, waiting] = STATES.get(state) ?? [];
    if (step === undefined) return;
    this.#move(step, waiting, at);
  }

  /** A step as the cloud sees it; a session knows better. */
  seen(step, waiting, at) {
    if (!this.hasSession) this.#move(step, waiting, at);
  }

  /** The hub is gone, as the cloud sees it. */
  away(reason, at) {
    if (this.hasSession) return;
    if (this.current !== null) this.#close(this.current, at);
    this.waiting = 'the device to connect again';
    if (reason) this.fail(`The cloud has closed the connection: ${reason}`, '', at);
  }

  #move(step, waiting, at) {
    if (this.current !== step) {
      if (this.current !== null) this.#close(this.current, at);
      const starts = this.current === null || indexOf(step) < indexOf(this.current);
      if (starts) {
        this.attempts++;
        for (const { id } of STEPS.slice(indexOf(step))) this.times.delete(id);
      }
      // What comes after the step that has failed shows that it was made good.
      if (this.failure && indexOf(step) > indexOf(this.failure.step)) this.failure = null;
      this.times.set(step, { from: at, to: null });
      this.current = step;
    }
    this.waiting = waiting;
    this.ended = null;
  }

  #close(step, at) {
    const time = this.times.get(step);
    if (time && time.to === null) time.to = at;
  }

  note(level, message, at, hint = '') {
    this.notes.push({ at, level, message, hint });
    if (this.notes.length > MAX_NOTES) this.notes.shift();
  }

  fail(message, hint, at) {
    this.failure = { step: this.current ?? 'port', message, hint, at };
    this.note('failed', message, at, hint);
  }

  end(reason, at) {
    if (this.current !== null) this.#close(this.current, at);
    this.waiting = '';
    this.ended = { reason, at };
  }

  /** 'done', 'now', 'failed' or 'open' for a step. */
  state(id) {
    if (this.failure?.step === id) return 'failed';
    const time = this.times.get(id);
    if (!time) return this.#isPassed(id) ? 'done' : 'open';
    return time.to === null ? (id === 'telemetry' ? 'done' : 'now') : 'done';
  }

  /** A step that nobody has told of lies behind when a later one was reached (the cloud does not see the first ones). */
  #isPassed(id) {
    return this.current !== null && indexOf(id) < indexOf(this.current);
  }
}
