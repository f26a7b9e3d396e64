import { EXIT, type ExitCode } from '../../errors.ts';
import type { SessionEvent } from '../../events.ts';

const MOST_NAMED = 6;

/** Who of a class sends telemetry, who does not, and who has failed. */
export class Attendance {
  readonly #ids: readonly string[];
  /** Those that send telemetry now. */
  readonly #present = new Set<string>();
  /** Those that have ever sent some. */
  readonly #begun = new Set<string>();
  readonly #ended = new Set<string>();
  readonly #failed = new Map<string, ExitCode>();
  #wasComplete = false;

  constructor(ids: readonly string[]) {
    this.#ids = ids;
  }

  /** @returns whether `line` says something else now */
  take(event: SessionEvent): boolean {
    const { deviceId } = event;
    if (deviceId === undefined) return false;
    const before = this.line();
    if (event.type === 'telemetry') {
      this.#present.add(deviceId);
      this.#begun.add(deviceId);
    }
    if (event.type === 'state' && event.state !== 'telemetry') this.#present.delete(deviceId);
    if (event.type === 'exit') {
      this.#present.delete(deviceId);
      this.#ended.add(deviceId);
      const isFailure = event.code !== EXIT.interrupted && event.code !== EXIT.terminated && event.code !== EXIT.done;
      if (isFailure) this.#failed.set(deviceId, event.code);
    }
    return this.line() !== before;
  }

  /** True once: when everybody has sent telemetry, or has ended without. */
  becomesComplete(): boolean {
    if (this.#wasComplete || this.#begun.size === 0) return false;
    this.#wasComplete = this.#ids.every((id) => this.#begun.has(id) || this.#ended.has(id));
    return this.#wasComplete;
  }

  /** What is told then. */
  summary(): string {
    return [`${this.#begun.size} of ${this.#ids.length} boards have sent telemetry`, ...this.#failures()].join(', ');
  }

  /** How it is now. */
  line(): string {
    const missing = this.#ids.filter((id) => !this.#present.has(id) && !this.#ended.has(id));
    const absent = missing.length === 0 ? [] : [`${named(missing)} not`];
    return [`${this.#present.size} of ${this.#ids.length} send telemetry`, ...absent, ...this.#failures()].join(', ');
  }

  /** The worst that has become of one: the first step on the way to the hub that has failed. Null: all is well. */
  failure(): { code: ExitCode; reason: string } | null {
    const [code] = [...this.#failed.values()].sort((one, other) => one - other);
    return code === undefined ? null : { code, reason: `of ${this.#ids.length} boards ${this.#failures().join()}` };
  }

  #failures(): string[] {
    return this.#failed.size === 0 ? [] : [`${named([...this.#failed.keys()])} failed`];
  }
}

function named(ids: readonly string[]): string {
  return ids.length > MOST_NAMED ? String(ids.length) : ids.join(' ');
}
