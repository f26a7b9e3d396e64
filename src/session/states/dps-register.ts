import { hubUserName } from '../../azure/credentials.ts';
import { asciiJson } from '../../azure/json.ts';
import { type RegistrationAnswer, registerBody, registrationAnswer } from '../../azure/registration.ts';
import { DPS_FILTER, parseDpsTopic, pollTopic, registerTopic } from '../../azure/topics.ts';
import { sleep } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import type { Modem, ModemEvent, QoS } from '../../modem/modem.ts';
import type { Assignment } from '../assignment.ts';
import { receives } from '../cloud-gateway.ts';
import type { SessionContext } from '../context.ts';
import { event, note, waiting, warn } from '../report.ts';
import { refusal } from './dps-refusal.ts';
import type { StateHandler } from './state-handler.ts';

const QOS: QoS = 0;
/** Seconds between polls when DPS names none (Azure 1.2). */
const DEFAULT_RETRY_AFTER = 3;
const ANSWER_TIMEOUT = 30_000;
/** Registrations take seconds; one that takes this long is stuck. */
const TOTAL_TIMEOUT = 300_000;

/** Registers the device at DPS and polls, at the pace that DPS asks for, until a hub is assigned (Azure 1). */
export const dpsRegister: StateHandler<'dps-register'> = async (context, { modem, deviceId }, signal) => {
  const { report, clock } = context;
  note(report, 'subscribe to DPS result topic');
  if (!(await modem.mqtt.subscribe(DPS_FILTER, QOS, signal))) return failed('The subscription to DPS failed');
  event(report, 'Subscribed to DPS topics, publish registration request....');

  const stopReporting = reportMessages(context, modem);
  try {
    const deadline = clock.monotonic() + TOTAL_TIMEOUT;
    let operationId: string | null = null;
    for (let rid = 1; clock.monotonic() < deadline; rid++) {
      if (operationId === null) note(report, 'publish DPS registration message');
      const answer = await ask(context, modem, { rid: String(rid), operationId, deviceId }, signal);
      if (answer === null) return failed(`DPS did not answer within ${ANSWER_TIMEOUT / 1000} s`);
      switch (answer.kind) {
        case 'assigned':
          return { outcome: 'assigned', assignment: usable(answer, modem, context) };
        case 'assigning':
          operationId = answer.operationId;
          waiting(report, 'DPS assigns a hub', { seconds: answer.retryAfter ?? DEFAULT_RETRY_AFTER });
          await pause(1000 * (answer.retryAfter ?? DEFAULT_RETRY_AFTER));
          break;
        case 'again':
          if (answer.restart) operationId = null;
          context.setback(
            new AppError('E_DPS_BUSY', `DPS answered ${answer.status}: ${answer.message}`, 'Try again later.'),
          );
          await pause(1000 * (answer.retryAfter ?? 0));
          await context.retry.wait(clock, signal);
          break;
        case 'malformed':
          warn(report, `DPS sent an answer that cannot be understood: ${answer.reason}`);
          return failed('DPS sent an answer that cannot be understood');
        default:
          throw refusal(answer, deviceId, context.gateway !== null);
      }
    }
    return failed(`DPS has not assigned a hub within ${TOTAL_TIMEOUT / 1000} s`);

    async function pause(ms: number): Promise<void> {
      if (clock.monotonic() + ms >= deadline) {
        throw new AppError(
          'E_DPS_BUSY',
          `DPS asks to wait ${inWords(ms)} before the next request, longer than the ${TOTAL_TIMEOUT / 1000} s that a registration may take`,
          'Try again later.',
        );
      }
      await sleep(clock, ms, signal);
    }
  } finally {
    stopReporting();
  }
};

/** Shows what comes from DPS until the returned function is called. */
function reportMessages({ report }: SessionContext, modem: Modem): () => void {
  const onEvent = (seen: ModemEvent) => {
    if (seen.type !== 'message' || !parseDpsTopic(seen.topic)) return;
    event(report, 'DPS subscription received notification');
    report({ type: 'message', topic: seen.topic, payload: seen.payload.toString('utf8') });
  };
  modem.on('event', onEvent);
  return () => modem.off('event', onEvent);
}

/** One request and its answer; null when none comes. */
async function ask(
  { clock, device, gateway }: SessionContext,
  modem: Modem,
  { rid, operationId, deviceId }: { rid: string; operationId: string | null; deviceId: string },
  signal: AbortSignal,
): Promise<RegistrationAnswer | null> {
  const request = operationId === null ? 'register' : 'poll';
  const answer = modem.expect<RegistrationAnswer | { kind: 'overflow'; bytes: number | null }>((seen) => {
    if (seen.type === 'overflow') return { kind: 'overflow', bytes: seen.bytes };
    const topic = seen.type === 'message' ? parseDpsTopic(seen.topic) : null;
    // DPS leaves the request id empty when it does not know it (Azure 1.2).
    if (seen.type !== 'message' || !topic || (topic.rid !== '' && topic.rid !== rid)) return undefined;
    return registrationAnswer(request, topic.status, topic.retryAfter, seen.payload);
  });
  try {
    const [topic, payload] =
      operationId === null
        ? [registerTopic(rid), asciiJson(registerBody(deviceId, device.modelId))]
        : [pollTopic(rid, operationId), ''];
    const excess = modem.mqtt.excess(topic, payload, QOS);
    if (excess && operationId !== null) throw tooLong('operation id', operationId, excess.bytes, excess.limit);
    await modem.mqtt.publish(topic, payload, QOS, signal);
    const found = await answer.within(clock, ANSWER_TIMEOUT, signal);
    if (found?.kind === 'overflow') throw oversize(found.bytes, receives(modem, gateway));
    return found;
  } finally {
    answer.cancel();
  }
}

/** What DPS has assigned, when the module can hold it. @throws AppError */
function usable(
  { hub: host, deviceId }: { hub: string; deviceId: string },
  modem: Modem,
  { report, gateway }: SessionContext,
): Assignment {
  report({ type: 'assigned', hub: host, deviceId });
  const { brokerHost, clientId, userName } = modem.limits;
  // Through a gateway, the name of the hub reaches the module within its user name only.
  if (!gateway && Buffer.byteLength(host) > brokerHost) {
    throw tooLong('hub', host, Buffer.byteLength(host), brokerHost);
  }
  const user = hubUserName(host, deviceId);
  if (Buffer.byteLength(user) > userName) throw tooLong('hub', host, Buffer.byteLength(user), userName);
  if (Buffer.byteLength(deviceId) > clientId) {
    throw tooLong('device id', deviceId, Buffer.byteLength(deviceId), clientId);
  }
  return { host, deviceId };
}

function failed(message: string): { outcome: 'failed'; error: AppError } {
  return { outcome: 'failed', error: new AppError('E_DPS_TIMEOUT', message, 'Check the network and the ID scope.') };
}

/** What DPS has chosen is longer than the module can hold; asking again changes nothing. */
function tooLong(what: string, value: string, bytes: number, limit: number): AppError {
  return new AppError(
    'E_DPS_LIMIT',
    `DPS chose the ${what} "${value}", which makes ${bytes} bytes where the module takes ${limit}`,
    what === 'hub' ? 'Link a hub with a shorter name to this DPS.' : 'Change the allocation at DPS.',
  );
}

function oversize(bytes: number | null, limit: number): AppError {
  const size = bytes === null ? '' : ` of ${bytes} bytes`;
  return new AppError(
    'E_DPS_LIMIT',
    `The answer of DPS${size} is larger than the ${limit} bytes that the module can receive`,
    'A custom allocation with a payload makes it long: let it return less.',
  );
}

/** A duration in the largest unit that says it well. */
function inWords(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / 3600)} hours`;
}
