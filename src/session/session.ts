import { type Clock, sleep } from '../clock.ts';
import type { Device } from '../device/device.ts';
import type { AppError } from '../errors.ts';
import type { JsonObject, Report } from '../events.ts';
import { type Modem, ModemError, type ModemEvent } from '../modem/modem.ts';
import { type CloudGateway, receives } from './cloud-gateway.ts';
import type { SessionContext, SessionSettings } from './context.ts';
import { type AnyResult, areKnown, type Facts, keep } from './facts.ts';
import { TwinHistory } from './hub/twin-history.ts';
import { costOf, outcomeOfError, outcomeOfEvent } from './outcomes.ts';
import { note, reportDialogue, warn, warnOversize } from './report.ts';
import { RetryPolicy } from './retry-policy.ts';
import { STATE_HANDLERS } from './states/index.ts';
import type { StateHandler } from './states/state-handler.ts';
import { isServing, next, type Outcome, type State } from './table.ts';
import { TelemetryBuffer } from './telemetry-buffer.ts';

export interface SessionOptions {
  settings: SessionSettings;
  /** The device that is played. */
  device: Device;
  clock: Clock;
  /** Evenly distributed in [0, 1). */
  random: () => number;
  report: Report;
  /** Opens the way to the module; called again after it was lost. @throws AppError */
  openModem(signal: AbortSignal): Promise<Modem>;
  /** What the module reaches the cloud by; nothing by default. */
  gateway?: CloudGateway | null | undefined;
}

/** How long the last answer, and the goodbye to the broker, may take when the session ends. */
const CLOSING_TIMEOUT = 1_500;

/** Thrown into the handler of a state when something from outside ends that state. */
class Interruption extends Error {
  readonly outcome: Outcome;

  constructor(outcome: Outcome, cause?: unknown) {
    super(outcome, { cause });
    this.outcome = outcome;
  }
}

/**
 * One run of the program: walks the transition table, calls the handler of each state it is in, and keeps what the states
 * learn for those that need it.
 */
export class Session {
  readonly #context: SessionContext;
  readonly #device: Device;
  readonly #telemetry: TelemetryBuffer;
  /** Aborted when nothing more can be said to the module. */
  readonly #closed = new AbortController();
  readonly #unfinished = new Set<Promise<unknown>>();
  #deviceId: string | null = null;
  #deviceStarted = false;
  #deviceReady = false;
  #facts: Partial<Facts> = {};
  #state: State = 'open-port';
  /** Ends the present state. */
  #interrupt = new AbortController();
  /** Ends the pause before the present state's work; nothing that a modem tells does, or it could do away with pauses. */
  #pause = new AbortController();

  constructor({ settings, device, clock, random, report, openModem, gateway = null }: SessionOptions) {
    this.#device = device;
    this.#telemetry = new TelemetryBuffer(clock, settings.qos);
    this.#context = {
      settings,
      clock,
      random,
      report: (event) => {
        // DPS may have another name for the device than its certificate.
        if (event.type === 'assigned') this.#deviceId = event.deviceId;
        report(this.#deviceId === null ? event : { deviceId: this.#deviceId, ...event });
      },
      device,
      telemetry: this.#telemetry,
      retry: new RetryPolicy(random),
      twins: new TwinHistory(),
      gateway,
      openModem: async (signal) => this.#watch(await openModem(signal)),
      startDevice: (deviceId) => this.#startDevice(deviceId),
      fail: (error) => this.#fail(error),
      raise: (outcome) => this.#raise(outcome),
      setback: (error) => this.#setback(error),
      finish: (work) => this.#finish(work),
    };
    gateway?.onTooLarge((bytes) => this.#facts.modem?.emit('event', { type: 'overflow', bytes }));
  }

  /**
   * Runs until the table says `stop` or `stop` is aborted; then closes the connection to the broker, and the port.
   * @throws AppError when the session cannot go on
   */
  async run(stop: AbortSignal): Promise<void> {
    try {
      while (!stop.aborted) {
        this.#context.report({ type: 'state', state: this.#state });
        const following = await this.#perform(this.#state, stop);
        if (following === 'stop') break;
        this.#state = following;
        this.#facts = keep(this.#facts, following);
      }
    } finally {
      await this.#close();
    }
  }

  /**
   * Sends a telemetry message of somebody else's than the device, in its turn.
   * @returns a promise that settles when the module has taken it, with QoS 1: when the hub has acknowledged it
   * @throws (the promise) when it is too large for the module, or the session has ended
   */
  send(body: JsonObject): Promise<void> {
    return this.#telemetry.send({ body, takenAt: this.#context.clock.wall() });
  }

  /** Sends a line that a person typed. */
  async type(line: string): Promise<void> {
    const { report } = this.#context;
    const { modem } = this.#facts;
    if (!modem) {
      warn(report, 'There is no module yet to send this to');
      return;
    }
    try {
      const refusal = await modem.type(line, this.#interrupt.signal);
      if (refusal !== null) warn(report, refusal);
    } catch (error) {
      if (error instanceof ModemError && error.failure !== 'refused') warn(report, error.message);
    }
  }

  /** Presses the device's button; without a connection, what that sends waits for one. */
  press(): void {
    this.#operate((device) => device.press());
  }

  /** Has the device send its telemetry now. */
  sendTelemetry(): void {
    this.#operate((device) => {
      device.sampleNow();
      return null;
    });
  }

  /** Does something with the device itself. @param action returns why it cannot be done */
  #operate(action: (device: Device) => string | null): void {
    const { report } = this.#context;
    if (!this.#deviceReady) {
      warn(report, 'The device has not started yet: try again when the board has said which device it is');
      return;
    }
    const refusal = action(this.#device);
    if (refusal !== null) warn(report, refusal);
    else if (this.#state !== 'telemetry') note(report, 'It is sent once the hub is connected');
  }

  /** Calls the handler of a state. @returns the state that follows */
  async #perform<S extends State>(state: S, stop: AbortSignal): Promise<State | 'stop'> {
    const interrupt = new AbortController();
    const pause = new AbortController();
    const onStop = () => {
      pause.abort(stop.reason);
      interrupt.abort(stop.reason);
    };
    stop.addEventListener('abort', onStop);
    this.#interrupt = interrupt;
    this.#pause = pause;
    const { retry, clock } = this.#context;
    try {
      // A reset comes before its pause: it ends what storms.
      if (state !== 'reset') await retry.wait(clock, pause.signal);
      const result = await unlessAborted(this.#call(state, interrupt.signal), interrupt.signal);
      const { outcome, error, ...learned } = typeof result === 'string' ? { outcome: result } : result;
      Object.assign(this.#facts, learned);
      if (error) this.#setback(error);
      return following(state, outcome);
    } catch (error) {
      if (stop.aborted) return 'stop';
      const cause = error instanceof Interruption ? error.cause : error;
      const outcome = error instanceof Interruption ? error.outcome : rowOf(state, outcomeOfError(error));
      if (outcome === null || next(state, outcome) === null) throw error;
      this.#pay(state, outcome, cause);
      return following(state, outcome);
    } finally {
      stop.removeEventListener('abort', onStop);
    }
  }

  /** Does the work of a state. */
  async #call<S extends State>(state: S, signal: AbortSignal): Promise<AnyResult> {
    signal.throwIfAborted();
    const handler: StateHandler<S> = STATE_HANDLERS[state];
    const facts = this.#facts;
    if (!areKnown(facts, state)) throw new Error(`the state ${state} lacks facts`);
    return handler(this.#context, facts, signal);
  }

  #pay(state: State, outcome: Outcome, error: unknown): void {
    const cost = costOf(state, outcome, error);
    if (cost?.kind === 'setback') this.#setback(cost.error);
    if (cost?.kind === 'loss') this.#context.retry.recordLoss(cost.error, outcome === 'broker-down');
  }

  #setback(error: AppError): void {
    const { retry, report } = this.#context;
    retry.record(error);
    warn(report, `${error.message}. Trying again in ${Math.max(1, Math.round(retry.pause / 1000))} s.`);
  }

  /** Hears everything that a modem tells, for as long as it is there. */
  #watch(modem: Modem): Modem {
    const { report } = this.#context;
    reportDialogue(report, modem);
    modem.on('event', (event) => this.#onEvent(event, modem));
    modem.on('closed', () => this.#raise('port-lost'));
    return modem;
  }

  #onEvent(event: ModemEvent, modem: Modem): void {
    const { gateway, report } = this.#context;
    const isRead = isServing(this.#state) || this.#state === 'dps-register';
    if (event.type === 'overflow' && !isRead) warnOversize(report, event.bytes, receives(modem, gateway));
    if (event.type === 'address') gateway?.moved(event.ip);
    const outcome = outcomeOfEvent(event);
    if (outcome !== null) this.#raise(outcome);
  }

  #raise(outcome: Outcome): void {
    if (next(this.#state, outcome) === null) return;
    const interruption = new Interruption(outcome);
    this.#interrupt.abort(interruption);
    if (outcome === 'port-lost') this.#pause.abort(interruption);
  }

  #fail(error: unknown): void {
    const outcome = rowOf(this.#state, outcomeOfError(error));
    this.#interrupt.abort(outcome === null ? error : new Interruption(outcome, error));
  }

  async #startDevice(deviceId: string): Promise<void> {
    this.#deviceId ??= deviceId;
    if (this.#deviceStarted) return;
    this.#deviceStarted = true;
    const { report, clock, settings } = this.#context;
    await this.#device.start({
      clock,
      deviceId,
      note: (message) => note(report, message),
      warn: (message) => warn(report, message),
      sample: (sample) => this.#telemetry.add(sample),
      send: (sample) => this.#telemetry.send(sample),
      report: (members) => this.#facts.connection?.report(members),
      restart: (seconds) => {
        if (settings.onReboot === 'restart') this.#restartAfter(seconds);
      },
    });
    this.#deviceReady = true;
  }

  #restartAfter(seconds: number): void {
    const { signal } = this.#closed;
    // The command that asks for it is answered first.
    Promise.allSettled(this.#unfinished)
      .then(() => sleep(this.#context.clock, 1000 * seconds, signal))
      .then(
        () => this.#raise('restart'),
        () => undefined,
      );
  }

  async #finish<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    // It is counted before it begins, since it may ask what is unfinished.
    const promise = Promise.resolve(this.#closed.signal).then(work);
    this.#unfinished.add(promise);
    try {
      return await promise;
    } finally {
      this.#unfinished.delete(promise);
    }
  }

  /** Gives what has begun a moment to end, leaves the broker where that is possible within it, and closes the port. */
  async #close(): Promise<void> {
    const { clock } = this.#context;
    const { modem, connection } = this.#facts;
    const late = clock.after(CLOSING_TIMEOUT, () => this.#closed.abort(new Error('the session has ended')));
    try {
      await unlessAborted(Promise.allSettled(this.#unfinished), this.#closed.signal);
      connection?.end();
      if (isServing(this.#state) || this.#state === 'dps-register') await modem?.mqtt.close(this.#closed.signal);
    } catch {
      // The connection, or the port, is gone already, or time is up.
    } finally {
      late.cancel();
      this.#closed.abort(new Error('the session has ended'));
      connection?.end();
      modem?.close();
      this.#telemetry.close();
      await this.#device.stop();
    }
  }
}

/** What a failed command leads to in `state`: where nothing is known to be connected, its failure is a refusal. */
function rowOf(state: State, outcome: Outcome | null): Outcome | null {
  return outcome === 'broker-down' && next(state, outcome) === null ? 'refused' : outcome;
}

function following(state: State, outcome: Outcome): State | 'stop' {
  const result = next(state, outcome);
  if (result === null) throw new Error(`the state ${state} has no row for ${outcome}`);
  return result;
}

/** What `work` comes to, unless `signal` is aborted first. @throws the reason of `signal` then */
function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
