import type { Duplex } from 'node:stream';
import { AtError } from '../at/error.ts';
import { type Clock, sleep } from '../clock.ts';
import { loadModel } from '../device/model.ts';
import { WritableProperties } from '../device/properties.ts';
import { TemperatureSensor } from '../device/telemetry.ts';
import type { AppError } from '../errors.ts';
import type { Report } from '../events.ts';
import { createModem } from '../modem/detect.ts';
import type { Modem, ModemEvent } from '../modem/modem.ts';
import type { Context, SessionSettings } from './context.ts';
import type { HubClient } from './hub-client.ts';
import { outcomeOfError, outcomeOfEvent, setbackOf } from './outcomes.ts';
import { warn } from './report.ts';
import { RetryPolicy } from './retry-policy.ts';
import { STATE_HANDLERS } from './states/index.ts';
import { isServing, next, type Outcome, type State } from './table.ts';
import { TelemetryBuffer } from './telemetry-buffer.ts';

export interface SessionOptions {
  settings: SessionSettings;
  clock: Clock;
  random: () => number;
  report: Report;
  /** Opens the way to the module; called again after it was lost. @throws AppError */
  open(signal: AbortSignal): Promise<Duplex>;
}

/** How long a farewell to the broker may take when the session ends. */
const FAREWELL_TIMEOUT = 1_500;

/** Thrown into the effect of a state when something from outside ends that state. */
class Interruption extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome) {
    super(outcome);
    this.outcome = outcome;
  }
}

/** One run of the program: walks the transition table, performing the effect of each state it is in. */
export class Session implements Context {
  readonly settings: SessionSettings;
  readonly clock: Clock;
  readonly random: () => number;
  readonly report: Report;
  readonly open: (signal: AbortSignal) => Promise<Duplex>;
  readonly setbacks: RetryPolicy;
  readonly properties: WritableProperties;
  readonly outbox: TelemetryBuffer;
  deviceId = '';
  network: Context['network'] = null;
  hub: HubClient | null = null;
  sent = 0;
  #modem: Modem | null = null;
  #state: State = 'open-port';
  #effect = new AbortController();

  constructor({ settings, clock, random, report, open }: SessionOptions) {
    this.settings = settings;
    this.clock = clock;
    this.random = random;
    this.report = report;
    this.open = open;
    this.setbacks = new RetryPolicy(random);
    const sensor = new TemperatureSensor();
    this.outbox = new TelemetryBuffer(() => sensor.next());
    this.properties = new WritableProperties(loadModel(), { telemetryInterval: settings.interval });
  }

  /**
   * Runs until the table says `stop` or `stop` is aborted; then says farewell to the broker and closes the port.
   * @throws AppError when the session cannot go on
   */
  async run(stop: AbortSignal): Promise<void> {
    try {
      while (!stop.aborted) {
        this.report({ type: 'state', state: this.#state });
        const following = await this.#perform(this.#state, stop);
        if (following === 'stop') break;
        if (!isServing(following)) this.hub?.suspend();
        else if (!isServing(this.#state)) this.hub?.serve();
        this.#state = following;
      }
    } finally {
      await this.#farewell();
    }
  }

  /** Sends a line that a person has typed; its answer shows in the transcript. */
  async type(line: string): Promise<void> {
    try {
      const modem = this.#modem;
      const refusal = modem ? await modem.type(line, this.#effect.signal) : 'There is no module yet to send this to';
      if (refusal !== null) warn(this.report, refusal);
    } catch (error) {
      if (error instanceof AtError && error.failure !== 'refused') warn(this.report, error.message);
    }
  }

  get modem(): Modem {
    if (!this.#modem) throw new Error('no port is open');
    return this.#modem;
  }

  attach(stream: Duplex): void {
    this.#modem?.close();
    const modem = createModem(stream, this.clock);
    modem.on('sent', (line) => this.report({ type: 'at', dir: 'tx', line }));
    modem.on('received', (line, kind) => this.report({ type: 'at', dir: 'rx', line, kind }));
    modem.on('event', (event) => this.#onEvent(event));
    modem.on('closed', () => this.raise('port-lost'));
    this.#modem = modem;
  }

  raise(outcome: Outcome): void {
    if (next(this.#state, outcome) !== null) this.#effect.abort(new Interruption(outcome));
  }

  fail(error: unknown): void {
    const outcome = outcomeOfError(error);
    this.#effect.abort(outcome === null ? error : new Interruption(outcome));
  }

  setback(error: AppError): void {
    this.setbacks.record(error);
    warn(this.report, `${error.message}. Trying again.`);
  }

  #onEvent(event: ModemEvent): void {
    if (event.type === 'message' && isServing(this.#state)) this.hub?.receive(event.topic, event.payload);
    if (event.type === 'lost-message' && isServing(this.#state)) this.hub?.refresh();
    const outcome = outcomeOfEvent(event);
    if (outcome !== null) this.raise(outcome);
  }

  async #perform(state: State, stop: AbortSignal): Promise<State | 'stop'> {
    const effect = new AbortController();
    const onStop = () => effect.abort(stop.reason);
    stop.addEventListener('abort', onStop);
    this.#effect = effect;
    let done = false;
    try {
      const outcome = await STATE_HANDLERS[state](this, effect.signal);
      done = true;
      effect.signal.throwIfAborted();
      return following(state, outcome);
    } catch (error) {
      if (stop.aborted) return 'stop';
      const reason: unknown = effect.signal.aborted ? effect.signal.reason : error;
      const outcome = reason instanceof Interruption ? reason.outcome : outcomeOfError(reason);
      if (outcome === null || next(state, outcome) === null) throw reason;
      // An effect that came to its end has counted its failure itself; what followed from that counts no more.
      const setback = done ? null : setbackOf(state, outcome);
      if (setback) this.setback(setback);
      return following(state, outcome);
    } finally {
      stop.removeEventListener('abort', onStop);
    }
  }

  /** Leaves the module disconnected where that is possible within a moment, and the port closed. */
  async #farewell(): Promise<void> {
    this.hub?.suspend();
    if (!this.#modem) return;
    const modem = this.#modem;
    const deadline = new AbortController();
    const timeout = sleep(this.clock, FAREWELL_TIMEOUT, deadline.signal).then(
      () => deadline.abort(),
      () => undefined,
    );
    try {
      if (isServing(this.#state) || this.#state === 'dps-register') await modem.mqtt.close(deadline.signal);
    } catch {
      // The connection, or the port, is gone already.
    } finally {
      deadline.abort();
      await timeout;
      modem.close();
    }
  }
}

function following(state: State, outcome: Outcome): State | 'stop' {
  const result = next(state, outcome);
  if (result === null) throw new Error(`the state ${state} has no row for ${outcome}`);
  return result;
}
