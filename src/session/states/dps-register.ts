import { asciiJson } from '../../azure/json.ts';
import { type RegistrationAnswer, registerBody, registrationAnswer } from '../../azure/registration.ts';
import { DPS_FILTER, parseDpsTopic, pollTopic, registerTopic } from '../../azure/topics.ts';
import { sleep } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import type { QoS } from '../../modem/modem.ts';
import type { Context, StateHandler } from '../context.ts';
import { HubClient } from '../hub-client.ts';
import { event, note, warn } from '../report.ts';

const QOS: QoS = 0;
/** Seconds between polls when DPS names none (Azure 1.2). */
const DEFAULT_RETRY_AFTER = 3;
const ANSWER_TIMEOUT = 30_000;
/** Registrations take seconds; one that takes this long is stuck. */
const TOTAL_TIMEOUT = 300_000;

/** Registers the device at DPS and polls, at the pace that DPS asks for, until a hub is assigned (Azure 1). */
export const dpsRegister: StateHandler<'dps-register'> = async (context, signal) => {
  const { modem, report, clock } = context;
  note(report, 'subscribe to DPS result topic');
  if (!(await modem.mqtt.subscribe(DPS_FILTER, QOS, signal))) return failed(context, 'The subscription failed');
  event(report, 'Subscribed to DPS topics, publish registration request....');

  const deadline = clock.monotonic() + TOTAL_TIMEOUT;
  let operationId: string | null = null;
  for (let rid = 1; clock.monotonic() < deadline; rid++) {
    if (operationId === null) note(report, 'publish DPS registration message');
    const answer = await ask(context, String(rid), operationId, signal);
    if (answer === null) return failed(context, `DPS did not answer within ${ANSWER_TIMEOUT / 1000} s`);
    switch (answer.kind) {
      case 'assigned': {
        const { hub, deviceId } = answer;
        report({ type: 'assigned', hub, deviceId });
        context.hub = new HubClient(context, { host: hub, deviceId });
        return 'assigned';
      }
      case 'assigning':
        operationId = answer.operationId;
        await sleep(clock, 1000 * (answer.retryAfter ?? DEFAULT_RETRY_AFTER), signal);
        break;
      case 'again':
        if (answer.restart) operationId = null;
        context.setback(
          new AppError('E_DPS_REFUSED', `DPS answered ${answer.status}: ${answer.message}`, 'Try again later.'),
        );
        await sleep(clock, Math.max(1000 * (answer.retryAfter ?? 0), context.setbacks.pause), signal);
        break;
      case 'malformed':
        warn(report, `DPS sent an answer that cannot be understood: ${answer.reason}`);
        return failed(context, 'DPS sent an answer that cannot be understood');
      default:
        throw refusal(answer, context.deviceId);
    }
  }
  return failed(context, `DPS has not assigned a hub within ${TOTAL_TIMEOUT / 1000} s`);
};

/** One request and its answer; null when none comes. */
async function ask(
  context: Context,
  rid: string,
  operationId: string | null,
  signal: AbortSignal,
): Promise<RegistrationAnswer | null> {
  const { modem, report, settings, clock } = context;
  const request = operationId === null ? 'register' : 'poll';
  const answer = modem.expect<RegistrationAnswer>((seen) => {
    if (seen.type !== 'message') return undefined;
    const topic = parseDpsTopic(seen.topic);
    if (!topic) return undefined;
    event(report, 'DPS subscription received notification');
    report({ type: 'message', topic: seen.topic, payload: seen.payload.toString('utf8') });
    // DPS leaves the request id empty when it does not know it (Azure 1.2).
    if (topic.rid !== '' && topic.rid !== rid) return undefined;
    return registrationAnswer(request, topic.status, topic.retryAfter, seen.payload);
  });
  try {
    if (operationId === null) {
      const body = asciiJson(registerBody(context.deviceId, settings.modelId));
      await modem.mqtt.publish(registerTopic(rid), body, QOS, signal);
    } else {
      await modem.mqtt.publish(pollTopic(rid, operationId), '', QOS, signal);
    }
    return await answer.within(clock, ANSWER_TIMEOUT, signal);
  } finally {
    answer.cancel();
  }
}

function failed(context: Context, message: string): 'failed' {
  context.setback(new AppError('E_DPS_TIMEOUT', message, 'Check the network, and that ID_SCOPE is right.'));
  return 'failed';
}

/** What DPS has decided for good, as the error that ends the session. */
function refusal(
  answer: Extract<RegistrationAnswer, { kind: 'failed' | 'disabled' | 'profile' | 'refused' }>,
  deviceId: string,
): AppError {
  switch (answer.kind) {
    case 'disabled':
      return new AppError(
        'E_DPS_DISABLED',
        `The enrolment of "${deviceId}" is disabled`,
        'Enable it in the portal, under Enrollments or Devices.',
      );
    case 'failed':
      return new AppError(
        'E_DPS_FAILED',
        `DPS could not assign "${deviceId}" to a hub: ${numbered(answer.errorCode)}${answer.message}`,
        'Check the enrolment and its allocation policy in the portal.',
      );
    case 'profile':
      return new AppError(
        'E_DPS_PROFILE',
        `DPS assigned a hub with the connection profile "${answer.profile}", which this module cannot use`,
        'The module speaks MQTT 3.1.1 only; link a hub with the classic profile to this DPS.',
      );
    case 'refused':
      return new AppError(
        'E_DPS_REFUSED',
        `DPS refused "${deviceId}" with status ${answer.status}: ${numbered(answer.errorCode)}${answer.message}`,
        'Check ID_SCOPE, that DEVICE_ID is the common name of the certificate, and that the certificate is enrolled.',
      );
  }
}

function numbered(errorCode: number | null): string {
  return errorCode === null ? '' : `${errorCode} `;
}
