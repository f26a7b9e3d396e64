import { AppError } from '../../errors.ts';
import type { BrokerSettings, Modem } from '../../modem/modem.ts';
import type { SessionContext } from '../context.ts';
import { event } from '../report.ts';

const WHAT = {
  refused: 'closed every connection: it refuses this device, or cannot be reached',
  'timed-out': 'did not answer within a minute; TLS also waits in silence when the module has no time from SNTP',
  stuck: 'could not be tried: the MQTT client of the module is stuck',
  'tls-failed': 'could not be reached by TLS, again and again',
} as const;

const HINT = {
  DPS: 'Check the name of the DPS host, the ID scope and the device id (it must be the common name of the certificate), and the network.',
  HUB: 'Check in the portal that the device exists and is enabled, and that nothing else connects with its id.',
} as const;

/** Connects the module to DPS or to the hub; what can go wrong is the same, what it means to a person is not. */
export async function connect(
  context: SessionContext,
  modem: Modem,
  peer: 'DPS' | 'HUB',
  broker: Omit<BrokerSettings, 'port' | 'tls'>,
  signal: AbortSignal,
): Promise<'connected' | { outcome: 'failed'; error: AppError }> {
  const { mqttPort: port, mqttTls } = context.settings;
  await modem.mqtt.configure({ ...broker, port, tls: mqttTls === 1 }, signal);
  const result = await modem.mqtt.connect(signal);
  if (result === 'connected') {
    event(context.report, 'MQTT broker connected');
    return 'connected';
  }
  const message = `${broker.host} ${WHAT[result]}`;
  switch (result) {
    case 'tls-failed':
      return {
        outcome: 'failed',
        error: new AppError(`E_${peer}_TLS`, message, modem.traits.tlsHint, undefined, { family: modem.family }),
      };
    case 'stuck':
      return { outcome: 'failed', error: new AppError('E_MODULE_STUCK', message, 'Press its reset button.') };
    default:
      return { outcome: 'failed', error: new AppError(`E_${peer}_CONNECT`, message, HINT[peer]) };
  }
}
