import { asciiJson } from '../../azure/json.ts';
import { telemetryTopic } from '../../azure/topics.ts';
import type { Context, StateHandler } from '../context.ts';
import type { HubClient } from '../hub-client.ts';
import { note, warn } from '../report.ts';
import type { Sample } from '../telemetry-buffer.ts';

/** The session runs well when it has been here for so long; before that, a drop counts as one more setback. */
const RUNS_WELL_AFTER = 60_000;
/** A message this much younger than its sample carries the time of sampling. */
const LATE = 5_000;

/** Sends the temperature, the first sample at once, then one every interval, also when that changes meanwhile. */
export const telemetry: StateHandler<'telemetry'> = async (context, signal) => {
  const { hub, report, settings, outbox, properties, setbacks, clock } = context;
  if (!hub) throw new Error('no hub has been assigned');
  note(report, 'Sending Telemetry and Properties.\n    Press ESC to end script');
  const since = clock.monotonic();
  for (;;) {
    const lost = outbox.take(clock.monotonic(), properties.telemetryInterval, settings.qos);
    if (lost > 0) warn(report, `${lost} telemetry samples fell due without a connection and are lost`);
    for (let sample = outbox.next; sample; sample = outbox.next) {
      const accepted = await send(context, hub, sample, signal);
      if (accepted) {
        context.sent++;
        report({ type: 'telemetry', body: sample.body });
        setbacks.reached();
        if (context.sent === settings.count) return 'finished';
      } else if (settings.qos === 0) {
        warn(report, `A telemetry message was not accepted and is lost: ${asciiJson(sample.body)}`);
      } else {
        // The module drops the connection now, which ends this state; the sample stays.
        warn(report, 'A telemetry message was not acknowledged; it is kept');
        break;
      }
      outbox.remove();
    }
    if (clock.monotonic() - since >= RUNS_WELL_AFTER) setbacks.clear();
    await hub.untilDue(() => outbox.due(properties.telemetryInterval), signal);
  }
};

function send(
  { modem, settings, clock }: Context,
  hub: HubClient,
  sample: Sample,
  signal: AbortSignal,
): Promise<boolean> {
  const late = clock.monotonic() - sample.takenAt >= LATE;
  const properties = late ? { 'iothub-creation-time-utc': new Date(sample.takenAt).toISOString() } : undefined;
  return modem.mqtt.publish(telemetryTopic(hub.deviceId, properties), asciiJson(sample.body), settings.qos, signal);
}
