import type { CloudEvent } from '../simulator/cloud/events.ts';

/** How far a device has come. */
type Step = 'connected' | 'registering' | 'registered' | 'refused' | 'away';

const MAX_NAMED = 4;

/** The step that an event brings its device to; null for those that change nothing. */
function stepAfter(event: CloudEvent): Step | null {
  switch (event.type) {
    case 'connect':
      return event.service === 'hub' ? 'connected' : 'registering';
    case 'provisioning':
      return event.status === 'assigned' ? 'registered' : 'refused';
    case 'refusal':
      return event.stage === 'request' ? null : 'refused';
    case 'disconnect':
      return event.service === 'hub' ? 'away' : null;
    default:
      return null;
  }
}

/** How the devices of a cloud are, in one line for a terminal. */
export class CloudStatus {
  readonly #steps = new Map<string, Step>();

  /** @returns true when the line has changed */
  take(event: CloudEvent): boolean {
    const { deviceId } = event;
    const step = stepAfter(event);
    if (step === null || !deviceId || this.#steps.get(deviceId) === step) return false;
    this.#steps.set(deviceId, step);
    return true;
  }

  /** How many are connected, and at which step the others are, by name while they are few. */
  line(): string {
    const at = (wanted: Step) => [...this.#steps].flatMap(([id, step]) => (step === wanted ? [id] : []));
    const others = (['registering', 'registered', 'refused', 'away'] as const).flatMap((step) => {
      const ids = at(step);
      if (ids.length === 0) return [];
      return ids.length > MAX_NAMED ? [`${ids.length} ${step}`] : [`${step}: ${ids.join(' ')}`];
    });
    return [`${at('connected').length} connected`, ...others].join(', ');
  }
}

/** The time of day where this program runs, as `09:05:07`. */
export function timeOfDay(now: number): string {
  return new Date(now).toTimeString().slice(0, 8);
}
