import type { DeviceHost, Sample } from '../../src/device/device.ts';
import type { JsonObject } from '../../src/events.ts';
import { VirtualClock } from './virtual-clock.ts';

/** A session's side of the port to the device: it writes down what the device asks for. */
export class ScriptedHost implements DeviceHost {
  readonly clock = new VirtualClock();
  readonly deviceId = 'sn0123ABC';
  readonly notes: string[] = [];
  readonly warnings: string[] = [];
  readonly samples: Sample[] = [];
  readonly sent: Sample[] = [];
  readonly reports: JsonObject[] = [];
  readonly restarts: number[] = [];
  /** What becomes of messages that must not be lost. */
  taking: Promise<void> = Promise.resolve();

  note(message: string): void {
    this.notes.push(message);
  }

  warn(message: string): void {
    this.warnings.push(message);
  }

  sample(sample: Sample): void {
    this.samples.push(sample);
  }

  async send(sample: Sample): Promise<void> {
    await this.taking;
    this.sent.push(sample);
  }

  report(members: JsonObject): void {
    this.reports.push(members);
  }

  restart(seconds: number): void {
    this.restarts.push(seconds);
  }
}
