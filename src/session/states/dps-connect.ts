import { dpsUserName } from '../../azure/credentials.ts';
import { AppError } from '../../errors.ts';
import { note, warn } from '../report.ts';
import { connect } from './connect.ts';
import type { StateHandler } from './state-handler.ts';

/** Connects to the Device Provisioning Service, after closing what an earlier run left open (T1). */
export const dpsConnect: StateHandler<'dps-connect'> = async (context, facts, signal) => {
  const { modem, deviceId } = facts;
  const { settings, report } = context;
  if (await modem.mqtt.isConnected(signal)) {
    note(report, 'Broker still connected from an earlier run, disconnect first');
    if (!(await modem.mqtt.close(signal))) {
      const message = 'The module does not close its MQTT connection, and is reset';
      return { outcome: 'failed', error: new AppError('E_MODULE_STUCK', message, 'Press its reset button.') };
    }
  } else {
    note(report, 'Broker disconnected....');
  }
  if (context.gateway) {
    warn(report, 'Between the board and the gateway nothing is encrypted: who is in that network can read it');
  } else if (settings.mqttTls === 0) {
    warn(report, 'TLS is off: everything is sent in the clear, and the device proves nothing but its name');
  }
  const userName = dpsUserName(settings.idScope, deviceId);
  return connect(context, facts, 'DPS', { host: settings.dpsHost, clientId: deviceId, userName }, signal);
};
