import { hubUserName } from '../../azure/credentials.ts';
import { connect } from './connect.ts';
import type { StateHandler } from './state-handler.ts';

/** Connects to the hub that DPS has assigned. */
export const hubConnect: StateHandler<'hub-connect'> = async (context, facts, signal) => {
  const { modem, assignment } = facts;
  const { host, deviceId } = assignment;
  const full = hubUserName(host, deviceId, context.device.modelId ?? undefined);
  // IoT Central knows the model from the registration; a plain hub then goes without (Azure 2.1).
  const userName = full.length <= modem.limits.userName ? full : hubUserName(host, deviceId);
  return connect(context, facts, 'HUB', { host, clientId: deviceId, userName }, signal);
};
