import { asciiJson, isJsonObject } from '../azure/json.ts';
import { packMembers } from '../azure/packing.ts';
import { telemetryTopic } from '../azure/topics.ts';
import type { Excess } from '../modem/modem.ts';
import type { SessionContext } from './context.ts';
import type { FactsOf } from './facts.ts';
import { warn } from './report.ts';
import type { Waiting } from './telemetry-buffer.ts';

/** A message this much younger than its sample carries the time of sampling. */
const LATE = 5_000;
/** What a plain hub must know to route and to store by content (Azure 2.3). */
const CONTENT = { '$.ct': 'application/json', '$.ce': 'utf-8' };

/** A message that waits, as the module is to send it. */
export class TelemetryMessage {
  readonly #context: SessionContext;
  readonly #facts: Pick<FactsOf<'telemetry'>, 'modem' | 'assignment'>;
  readonly #waiting: Waiting;
  readonly #properties: Record<string, string>;

  constructor(context: SessionContext, facts: Pick<FactsOf<'telemetry'>, 'modem' | 'assignment'>, waiting: Waiting) {
    this.#context = context;
    this.#facts = facts;
    this.#waiting = waiting;
    const { sample, since } = waiting;
    const age = context.clock.monotonic() - since;
    this.#properties = {
      ...(sample.component !== undefined && { '$.sub': sample.component }),
      ...sample.properties,
      // The wall clock may have been set right since the sample was taken; how old the sample is does not depend on it.
      ...(age >= LATE && { 'iothub-creation-time-utc': new Date(context.clock.wall() - age).toISOString() }),
    };
  }

  /** The topic for a body; it names the content where there is room. */
  topic(json: string): string {
    const { deviceId } = this.#facts.assignment;
    const full = telemetryTopic(deviceId, { ...this.#properties, ...CONTENT });
    return this.#excessOf(full, json) === null ? full : telemetryTopic(deviceId, this.#properties);
  }

  /** How far a body is from what the module can send; null when it can. */
  excess(json: string): Excess | null {
    return this.#excessOf(this.topic(json), json);
  }

  /**
   * What the module cannot send at once: readings of one moment are sent in several messages, by members; what a person
   * has put together is refused.
   */
  makeFit(): void {
    const { telemetry: buffer, report } = this.#context;
    const { body } = this.#waiting.sample;
    const excess = this.excess(asciiJson(body));
    if (this.#waiting.mustBeSent || !isJsonObject(body)) {
      buffer.refuse(new Error(`The message is too large: ${inWords(excess)}`));
      warn(report, `A telemetry message is too large and is not sent: ${inWords(excess)}`);
      return;
    }
    const { patches, tooLarge } = packMembers(body, (json) => this.excess(json) === null);
    for (const name of tooLarge) {
      const own = this.excess(asciiJson({ [name]: body[name] ?? null })) ?? excess;
      warn(report, `The telemetry ${name} is too large and is not sent: ${inWords(own)}`);
    }
    buffer.split(patches);
  }

  #excessOf(topic: string, json: string): Excess | null {
    return this.#facts.modem.mqtt.excess(topic, json, this.#context.settings.qos);
  }
}

function inWords(excess: Excess | null): string {
  return excess ? `its ${excess.what} has ${excess.bytes} bytes; the module takes ${excess.limit}` : 'it does not fit';
}
