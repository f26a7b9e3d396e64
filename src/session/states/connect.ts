import { AppError } from '../../errors.ts';
import type { BrokerSettings } from '../../modem/modem.ts';
import type { Context } from '../context.ts';
import { event } from '../report.ts';

const WHAT = {
  refused: 'closed every connection: it refuses this device, or cannot be reached',
  'timed-out': 'did not answer within a minute; TLS also waits in silence when the module has no time from SNTP',
  stuck: 'could not be tried: the MQTT client of the module is stuck',
} as const;

const TLS_HINT =
  'The module does not trust the root certificate of the server, or its own built-in root has expired. Azure needs ' +
  'DigiCert Global Root G2, which the module forgets at every reset; firmware 0.3.2 fails in any case once its ' +
  'Baltimore root has expired (AT protocol, T4).';

/** Connects the module to DPS or to the hub; what can go wrong is the same, what it means to a person is not. */
export async function connect(
  context: Context,
  peer: 'DPS' | 'HUB',
  broker: Omit<BrokerSettings, 'port' | 'tls'>,
  signal: AbortSignal,
): Promise<'connected' | 'failed'> {
  const { mqttPort: port, mqttTls } = context.settings;
  await context.modem.mqtt.configure({ ...broker, port, tls: mqttTls === 1 }, signal);
  const result = await context.modem.mqtt.connect(signal);
  if (result === 'connected') {
    event(context.report, 'MQTT broker connected');
    return 'connected';
  }
  if (result === 'tls-failed') {
    throw new AppError(`E_${peer}_TLS`, `TLS with ${broker.host} failed again and again`, TLS_HINT);
  }
  if (result === 'stuck') {
    const hint = 'Press the reset button of the board when this comes back.';
    context.setback(new AppError('E_MODULE_STUCK', `${broker.host} ${WHAT[result]}`, hint));
    return 'failed';
  }
  const hint =
    peer === 'DPS'
      ? 'Check DPS_HOST, ID_SCOPE and DEVICE_ID (it must be the common name of the certificate), and the network.'
      : 'Check in the portal that the device exists and is enabled, and that nothing else connects with its id.';
  context.setback(new AppError(`E_${peer}_CONNECT`, `${broker.host} ${WHAT[result]}`, hint));
  return 'failed';
}
