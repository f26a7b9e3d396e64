import type { StateHandler } from '../context.ts';
import { connect } from './connect.ts';

/** Connects to the hub that DPS has assigned. */
export const hubConnect: StateHandler<'hub-connect'> = async (context, signal) => {
  if (!context.hub) throw new Error('no hub has been assigned');
  const { host, deviceId, userName } = context.hub;
  return connect(context, 'HUB', { host, clientId: deviceId, userName }, signal);
};
