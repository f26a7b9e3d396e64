/** The firmware's tasks that print; each prints its own writes in order (AT protocol 3.2). */
export type Task = 'engine' | 'mqtt' | 'wifi' | 'tcpip';

type Data = string | Uint8Array;

/** One step of output: bytes, or a change of the print mode at its place between them. */
type Step =
  | { kind: 'event'; bytes: Uint8Array }
  | { kind: 'raw'; bytes: Uint8Array }
  | { kind: 'prompt' }
  | { kind: 'hold' }
  | { kind: 'release' };

const CR = Buffer.from('\r');
const PROMPT = Buffer.from('>');
const LF = 0x0a;

const toBytes = (data: Data): Uint8Array => (typeof data === 'string' ? Buffer.from(data, 'latin1') : data);

export interface ConsoleOptions {
  write: (bytes: Uint8Array) => void;
  /** Whether the task switch that the `preempt` fault asks for happens at this write. */
  switches: () => boolean;
  /** Lets the tasks that have work, other than this one, do it now. */
  runOthers: (task: Task) => void;
}

/**
 * Everything the module prints, write call by write call. Two flags shared by all tasks, with no lock around them,
 * decide about the CR and the prompt of events (AT protocol 3.1); a task switch may fall before any write (3.3).
 */
export class Console {
  /** Echo and prompt (ATE). */
  echo = true;
  readonly #options: ConsoleOptions;
  readonly #steps = new Map<Task, Step[]>();
  /** A started step of each task, which goes on with its next write. */
  readonly #started = new Map<Task, Iterator<void>>();
  #task: Task = 'engine';
  #draining = false;
  /** Events get CR and prompt: no command is being executed. */
  #open = false;
  /** The last event write ended a line. */
  #clean = false;

  constructor(options: ConsoleOptions) {
    this.#options = options;
  }

  /** Lets a task do its work; what it prints goes out in order, unless another task is switched to in between. */
  turn(task: Task, work: () => void): void {
    const before = this.#task;
    this.#task = task;
    work();
    this.#task = before;
    if (this.#draining) return;
    this.#draining = true;
    this.#drain(task);
    this.#draining = false;
  }

  /** Event or reply text: one write call for each argument. */
  print(...writes: Data[]): void {
    for (const data of writes) this.#add({ kind: 'event', bytes: toBytes(data) });
  }

  /** Bytes with no regard to the print mode: echo, diagnostics, prompts of the binary mode. */
  raw(data: Data): void {
    this.#add({ kind: 'raw', bytes: toBytes(data) });
  }

  /** A diagnostic line: neither CR before it nor prompt after it (AT protocol 3.5). */
  diagnostic(line: string): void {
    this.raw(`${line}\r\n`);
  }

  /** The prompt, if echo is on. */
  prompt(): void {
    this.#add({ kind: 'prompt' });
  }

  /** A command begins: what is printed from here on has neither CR nor prompt. */
  hold(): void {
    this.#add({ kind: 'hold' });
  }

  /** The command is over. */
  release(): void {
    this.#add({ kind: 'release' });
  }

  #add(step: Step): void {
    const steps = this.#steps.get(this.#task);
    if (steps) steps.push(step);
    else this.#steps.set(this.#task, [step]);
  }

  /** Forgets everything that has not been written: the firmware has stopped. */
  discard(): void {
    for (const steps of this.#steps.values()) steps.length = 0;
    this.#started.clear();
  }

  #drain(first: Task): void {
    let task: Task | undefined = first;
    while (task !== undefined) {
      if (!this.#advance(task)) task = this.#waiting();
      else if (this.#options.switches()) task = this.#others(task) ?? task;
    }
  }

  /** Goes on with a task up to its next write, which it is about to do; false when it has nothing more to print. */
  #advance(task: Task): boolean {
    const started = this.#started.get(task);
    if (started && !started.next().done) return true;
    this.#started.delete(task);
    const steps = this.#steps.get(task);
    for (let step = steps?.shift(); step; step = steps?.shift()) {
      const run = this.#run(step);
      if (run.next().done) continue;
      this.#started.set(task, run);
      return true;
    }
    this.#steps.delete(task);
    return false;
  }

  #waiting(): Task | undefined {
    return this.#started.keys().next().value ?? this.#steps.keys().next().value;
  }

  #others(task: Task): Task | undefined {
    const waiting = () => [...this.#started.keys(), ...this.#steps.keys()].find((other) => other !== task);
    const other = waiting();
    if (other) return other;
    this.#options.runOthers(task);
    return waiting();
  }

  /** Performs one step, pausing before each write, after the flags have been looked at. */
  *#run(step: Step): Generator<void> {
    switch (step.kind) {
      case 'raw':
        yield;
        this.#options.write(step.bytes);
        break;
      case 'prompt':
        if (!this.echo) break;
        yield;
        this.#options.write(PROMPT);
        break;
      case 'hold':
        this.#open = false;
        break;
      case 'release':
        this.#open = true;
        this.#clean = true;
        break;
      case 'event':
        yield* this.#event(step.bytes);
        break;
    }
  }

  *#event(bytes: Uint8Array): Generator<void> {
    if (this.#open && this.#clean) {
      yield;
      this.#options.write(CR);
    }
    yield;
    this.#options.write(bytes);
    if (!this.#open) return;
    this.#clean = bytes.at(-1) === LF;
    if (!this.#clean || !this.echo) return;
    yield;
    this.#options.write(PROMPT);
  }
}
