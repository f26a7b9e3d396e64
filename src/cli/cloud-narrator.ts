import type { Report } from '../events.ts';
import type { CloudEvent } from '../simulator/cloud/events.ts';
import type { LocalCloud } from '../simulator/cloud/local-cloud.ts';

/** Tells what happens in the cloud, sentence by sentence. @returns what stops it */
export function narrateCloud(cloud: LocalCloud, report: Report): () => Promise<void> {
  const stop = cloud.onEvent((event) => {
    const message = sentence(event);
    if (message !== null) report({ type: 'event', level: 'event', message });
  });
  return async () => stop();
}

const SERVICE = { dps: 'DPS', hub: 'the hub' } as const;

/** Null for what only a program would want to know. */
function sentence(event: CloudEvent): string | null {
  switch (event.type) {
    case 'connect':
      return `${event.deviceId} has connected to ${SERVICE[event.service]}`;
    case 'disconnect':
      return `${event.deviceId} has ${event.cleanly ? 'left' : 'lost its connection to'} ${SERVICE[event.service]}`;
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
