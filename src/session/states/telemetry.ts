import { asciiJson } from '../../azure/json.ts';
import { Expectation } from '../../expectation.ts';
import type { SessionContext } from '../context.ts';
import type { FactsOf } from '../facts.ts';
import { note, warn } from '../report.ts';
import { TelemetryMessage } from '../telemetry-message.ts';
import type { StateHandler } from './state-handler.ts';

/** The session runs well when it has been here for so long; before that, a loss counts as one more. */
const RUNS_WELL_AFTER = 60_000;
/** Between two looks at the wall clock. */
const LOOK = 30_000;
/** A wall clock that has moved so much against the monotonic one was stepped, or the computer has slept. */
const JUMP = 30_000;

type TelemetryFacts = FactsOf<'telemetry'>;

/** Sends what the device measures, as it falls due. */
export const telemetry: StateHandler<'telemetry'> = async (context, facts, signal) => {
  const { report, retry, clock, telemetry: buffer } = context;
  note(report, 'Sending Telemetry and Properties.\n    Press ESC to end script');
  if (context.settings.sampling) context.device.beginTelemetry();
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
    const message = new TelemetryMessage(context, facts, waiting);
    const json = asciiJson(body);
    if (message.excess(json)) {
      message.makeFit();
    } else if (await facts.modem.mqtt.publish(message.topic(json), json, settings.qos, signal)) {
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

/** After a jump of the clock: whether the connection is still there. What the hub has sent meanwhile may be lost. */
async function isStillThere({ modem, connection }: TelemetryFacts, signal: AbortSignal): Promise<boolean> {
  if (!(await modem.mqtt.isConnected(signal))) return false;
  connection.refresh();
  return true;
}
