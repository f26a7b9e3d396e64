import type { CloudEvent } from '../simulator/cloud/events.ts';
import type { LocalCloud } from '../simulator/cloud/local-cloud.ts';
import { CloudStatus, timeOfDay } from './cloud-status.ts';
import type { ServiceContext } from './command.ts';

/**
 * Says what happens in the cloud, sentence by sentence; what is refused, as a warning. How the devices are stands in a
 * status line, with the time of the last change.
 * @returns what stops it
 */
export function narrateCloud(
  cloud: LocalCloud,
  { report, setStatusLine }: Pick<ServiceContext, 'report' | 'setStatusLine'>,
): () => Promise<void> {
  const status = new CloudStatus();
  const stop = cloud.onEvent((event) => {
    const message = sentenceOf(event);
    const level = event.type === 'refusal' ? 'warning' : 'event';
    if (message !== null) report({ type: 'event', level, message });
    if (status.take(event)) setStatusLine(`${timeOfDay(Date.parse(event.ts))}  ${status.line()}`);
  });
  return async () => stop();
}

const SERVICE = { dps: 'DPS', hub: 'the hub' } as const;

/** Null for what only a program would want to know. */
export function sentenceOf(event: CloudEvent): string | null {
  switch (event.type) {
    case 'connect':
      return `${event.deviceId} has connected to ${SERVICE[event.service]}`;
    case 'disconnect':
      return disconnected(event);
    case 'refusal':
      return refused(event);
    case 'provisioning':
      return `${event.deviceId} has registered at DPS: ${event.status}${event.hub === '' ? '' : ` to ${event.hub}`}`;
    case 'telemetry':
      return `${event.deviceId} has sent ${JSON.stringify(event.body)}`;
    case 'property':
      return `${event.deviceId}: ${event.side} ${JSON.stringify(event.patch)}, version ${event.version}`;
    case 'command':
      return `${event.deviceId}: command ${event.name}: ${event.status} ${JSON.stringify(event.response)}`;
    case 'message':
      return `${event.deviceId} is sent ${JSON.stringify(event.body)}`;
    case 'mqtt':
      return null;
  }
}

function disconnected({ service, deviceId, cleanly, reason }: Extract<CloudEvent, { type: 'disconnect' }>): string {
  const from = SERVICE[service];
  if (reason !== null) return `${deviceId} was disconnected from ${from}: ${reason}`;
  return `${deviceId} has ${cleanly ? 'left' : 'lost its connection to'} ${from}`;
}

function refused({ stage, service, deviceId, code, reason }: Extract<CloudEvent, { type: 'refusal' }>): string {
  const number = code === null ? '' : ` (${code < 10 ? `CONNACK ${code}` : code})`;
  const who = deviceId ? `${deviceId} refused` : `A ${stage === 'request' ? 'request' : 'connection'} was refused`;
  return `${who}${service ? ` at ${SERVICE[service]}` : ''}: ${reason}${number}`;
}
