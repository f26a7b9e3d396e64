import { asciiJson } from '../../azure/json.ts';
import { telemetryTopic } from '../../azure/topics.ts';
import type { Effect } from '../context.ts';
import { note, warn } from '../narrate.ts';

/** The session runs well when it has been here for so long; before that, a drop counts as one more setback. */
const RUNS_WELL_AFTER = 60_000;

/** Sends the temperature, the first sample at once, then one every interval, also when that changes meanwhile. */
export const telemetry: Effect<'telemetry'> = async (context, signal) => {
  const { hub, modem, report, settings, sensor, clock } = context;
  if (!hub) throw new Error('no hub has been assigned');
  note(report, 'Sending Telemetry and Properties.\n    Press ESC to end script');
  const topic = telemetryTopic(hub.deviceId);
  const since = clock.now();
  for (;;) {
    const body = sensor.next();
    const due = clock.now();
    if (await modem.broker.publish(topic, asciiJson(body), settings.qos, signal)) {
      context.sent++;
      context.setbacks.reached();
      report({ type: 'telemetry', body });
      if (context.sent === settings.count) return 'finished';
    } else {
      warn(report, `A telemetry message was not accepted and is lost: ${asciiJson(body)}`);
    }
    if (clock.now() - since >= RUNS_WELL_AFTER) context.setbacks.clear();
    await hub.untilNextSample(due, signal);
  }
};
