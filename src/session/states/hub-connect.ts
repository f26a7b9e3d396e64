import type { Effect } from '../context.ts';
import { connect } from './connect.ts';

const MQTT_TLS_PORT = 8883;

/** Connects to the hub that DPS has assigned. */
export const hubConnect: Effect<'hub-connect'> = async (context, signal) => {
  if (!context.hub) throw new Error('no hub has been assigned');
  const { host, deviceId, userName } = context.hub;
  return connect(context, 'HUB', { host, port: MQTT_TLS_PORT, clientId: deviceId, userName, tls: true }, signal);
};
