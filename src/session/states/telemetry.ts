import { asciiJson, isJsonObject } from '../../azure/json.ts';
import { packMembers } from '../../azure/packing.ts';
import { telemetryTopic } from '../../azure/topics.ts';
import { Expectation } from '../../expectation.ts';
import type { Excess } from '../../modem/modem.ts';
import type { SessionContext } from '../context.ts';
import type { FactsOf } from '../facts.ts';
import { note, warn } from '../report.ts';
import type { Waiting } from '../telemetry-buffer.ts';
import type { StateHandler } from './state-handler.ts';

/** The session runs well when it has been here for so long; before that, a loss counts as one more. */
const RUNS_WELL_AFTER = 60_000;
/** A message this much younger than its sample carries the time of sampling. */
const LATE = 5_000;
/** Between two looks at the wall clock. */
const LOOK = 30_000;
/** A wall clock that has moved so much against the monotonic one was stepped, or the computer has slept. */
const JUMP = 30_000;

type TelemetryFacts = FactsOf<'telemetry'>;

/** Sends what the device measures, as it falls due. */
export const telemetry: StateHandler<'telemetry'> = async (context, facts, signal) => {
  const { report, retry, clock, telemetry: buffer } = context;
  note(report, 'Sending Telemetry and Properties.\n    Press ESC to end script');
  context.device.beginTelemetry();
  const since = clock.monotonic();
  let offset = clock.wall() - since;
  let wake: () => void = () => undefined;
  const close = buffer.open(() => wake());
  try {
    for (;;) {
      const filled = new Expectation<void, true>(
        (listener) => {
          wake = listener;
          return () => undefined;
        },
        () => true,
      );
      if ((await sendAll(context, facts, signal)) === 'finished') return 'finished';
      if (clock.monotonic() - since >= RUNS_WELL_AFTER) retry.clear();
      await filled.within(clock, LOOK, signal);
      const moved = Math.abs(clock.wall() - clock.monotonic() - offset);
      offset = clock.wall() - clock.monotonic();
      if (moved > JUMP && !(await isStillThere(facts, signal))) return 'broker-down';
    }
  } finally {
    close();
  }
};

/** Sends everything that waits. */
async function sendAll(
  context: SessionContext,
  facts: TelemetryFacts,
  signal: AbortSignal,
): Promise<'finished' | 'waiting'> {
  const { report, settings, retry, telemetry: buffer } = context;
  for (let waiting = buffer.next; waiting; waiting = buffer.next) {
    const lost = buffer.takeLost();
    if (lost === 1) warn(report, '1 telemetry sample fell due without a connection and is lost');
    if (lost > 1) warn(report, `${lost} telemetry samples fell due without a connection and are lost`);
    const { body, component } = waiting.sample;
    const excess = excessOf(context, facts, waiting, asciiJson(body));
    if (excess) {
      makeFit(context, facts, waiting, excess);
    } else if (await send(context, facts, waiting, signal)) {
      buffer.accept();
      report({ type: 'telemetry', body, ...(component !== undefined && { component }) });
      retry.reached();
      if (buffer.sent === settings.count) return 'finished';
    } else if (settings.qos === 0 && !waiting.mustBeSent) {
      buffer.remove();
      warn(report, `A telemetry message was not accepted and is lost: ${asciiJson(body)}`);
    } else {
      // The module drops the connection now, which ends this state; the message stays.
      warn(report, 'A telemetry message was not acknowledged; it is kept');
      return 'waiting';
    }
  }
  return 'waiting';
}

function send(context: SessionContext, facts: TelemetryFacts, waiting: Waiting, signal: AbortSignal): Promise<boolean> {
  const topic = topicOf(context, facts, waiting);
  return facts.modem.mqtt.publish(topic, asciiJson(waiting.sample.body), context.settings.qos, signal);
}

function topicOf({ clock }: SessionContext, { assignment }: TelemetryFacts, { sample, since }: Waiting): string {
  const age = clock.monotonic() - since;
  // The wall clock may have been set right since the sample was taken; how old the sample is does not depend on it.
  const takenAt = age >= LATE ? { 'iothub-creation-time-utc': new Date(clock.wall() - age).toISOString() } : {};
  const component = sample.component === undefined ? {} : { '$.sub': sample.component };
  return telemetryTopic(assignment.deviceId, { ...component, ...sample.properties, ...takenAt });
}

/** How far a message is from what the module can send; null when it can. */
function excessOf(context: SessionContext, facts: TelemetryFacts, waiting: Waiting, json: string): Excess | null {
  return facts.modem.mqtt.excess(topicOf(context, facts, waiting), json, context.settings.qos);
}

/**
 * What the module cannot send at once: readings of one moment are sent in several messages, by members; what a person
 * has put together is refused.
 */
function makeFit(context: SessionContext, facts: TelemetryFacts, waiting: Waiting, excess: Excess): void {
  const { telemetry: buffer, report } = context;
  const { body } = waiting.sample;
  const tooLong = ({ what, bytes, limit }: Excess) => `its ${what} has ${bytes} bytes; the module takes ${limit}`;
  if (waiting.mustBeSent || !isJsonObject(body)) {
    buffer.refuse(new Error(`The message is too large: ${tooLong(excess)}`));
    warn(report, `A telemetry message is too large and is not sent: ${tooLong(excess)}`);
    return;
  }
  const { patches, tooLarge } = packMembers(body, (json) => excessOf(context, facts, waiting, json) === null);
  for (const name of tooLarge) {
    const own = excessOf(context, facts, waiting, asciiJson({ [name]: body[name] ?? null })) ?? excess;
    warn(report, `The telemetry ${name} is too large and is not sent: ${tooLong(own)}`);
  }
  buffer.split(patches);
}

/** After a jump of the clock: whether the connection is still there. What the hub has sent meanwhile may be lost. */
async function isStillThere({ modem, connection }: TelemetryFacts, signal: AbortSignal): Promise<boolean> {
  if (!(await modem.mqtt.isConnected(signal))) return false;
  connection.refresh();
  return true;
}
