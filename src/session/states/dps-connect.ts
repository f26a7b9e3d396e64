import { dpsUserName } from '../../azure/credentials.ts';
import { AppError } from '../../errors.ts';
import type { StateHandler } from '../context.ts';
import { note, warn } from '../report.ts';
import { connect } from './connect.ts';

/** Connects to the Device Provisioning Service, after closing what an earlier run left open (T1). */
export const dpsConnect: StateHandler<'dps-connect'> = async (context, signal) => {
  const { settings, modem, report, deviceId } = context;
  if (await modem.mqtt.isConnected(signal)) {
    note(report, 'Broker still connected from an earlier run, disconnect first');
    if (!(await modem.mqtt.close(signal))) {
      warn(report, 'The module does not close its connection; it is reset');
      context.setback(
        new AppError('E_MODULE_STUCK', 'The module does not close its MQTT connection', 'Press its reset button.'),
      );
      return 'failed';
    }
  } else {
    note(report, 'Broker disconnected....');
  }
  if (settings.mqttTls === 0) {
    warn(report, 'MQTT_TLS is 0: everything is sent in the clear, and the device proves nothing but its name');
  }
  const broker = {
    host: settings.dpsHost,
    clientId: deviceId,
    userName: dpsUserName(settings.idScope, deviceId),
  };
  return connect(context, 'DPS', broker, signal);
};
