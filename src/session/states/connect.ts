import { AppError, type ErrorCode } from '../../errors.ts';
import type { BrokerSettings, ConnectResult, Modem } from '../../modem/modem.ts';
import type { CloudGateway } from '../cloud-gateway.ts';
import type { SessionContext } from '../context.ts';
import type { FactsOf } from '../facts.ts';
import { event } from '../report.ts';

/** A module that is told to connect does so within a second or two; milliseconds. */
const REACHED_WITHIN = 10_000;
/** Nobody comes, the cloud is not the one that was asked for, or it is none that the gateway connects to. */
const FINAL: readonly ErrorCode[] = ['E_GATEWAY_UNREACHED', 'E_GATEWAY_TLS', 'E_GATEWAY_HOST'];

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

type ToConnect = FactsOf<'dps-connect'> | FactsOf<'hub-connect'>;
type Outcome = 'connected' | { outcome: 'failed'; error: AppError };

/** Connects the module to DPS or to the hub; what can go wrong is the same, what it means to a person is not. */
export async function connect(
  context: SessionContext,
  facts: ToConnect,
  peer: 'DPS' | 'HUB',
  broker: Omit<BrokerSettings, 'port' | 'tls'>,
  signal: AbortSignal,
): Promise<Outcome> {
  const { modem } = facts;
  const { gateway, settings } = context;
  if (gateway) return connectBy(gateway, context, facts, peer, broker, signal);
  await modem.mqtt.configure({ ...broker, port: settings.mqttPort, tls: settings.mqttTls === 1 }, signal);
  const result = await modem.mqtt.connect(signal);
  // Which one it is says whether any certificate would help.
  const firmware = result === 'tls-failed' ? await modem.firmware(signal).catch(() => null) : null;
  return outcomeOf(result, context, facts.modem, peer, broker.host, firmware);
}

/** The module connects to a gateway, and that to the cloud: its reasons are better than the module's. */
async function connectBy(
  gateway: CloudGateway,
  context: SessionContext,
  { modem, network, ...others }: ToConnect,
  peer: 'DPS' | 'HUB',
  broker: Omit<BrokerSettings, 'port' | 'tls'>,
  signal: AbortSignal,
): Promise<Outcome> {
  const { clock } = context;
  const { ip } = network;
  const netmask = (await modem.wifi.netmask?.(signal)) ?? null;
  const deviceId = 'deviceId' in others ? others.deviceId : others.assignment.deviceId;
  const address = await gateway.open({ deviceId, ip, netmask }, signal);
  await modem.mqtt.configure({ ...broker, ...address, tls: false }, signal);
  const since = clock.monotonic();
  const alone = new AbortController();
  const timer = clock.after(REACHED_WITHIN, () => {
    const failure = gateway.wasReached(since) === false ? gateway.unreached() : failureFor(broker.host, gateway);
    // None of them comes right by waiting.
    if (failure && FINAL.includes(failure.code)) alone.abort(failure);
  });
  try {
    const result = await modem.mqtt.connect(AbortSignal.any([signal, alone.signal]));
    const failure = result === 'connected' || result === 'stuck' ? null : failureFor(broker.host, gateway);
    return failure ? { outcome: 'failed', error: failure } : outcomeOf(result, context, modem, peer, broker.host);
  } catch (error) {
    const { reason } = alone.signal;
    if (signal.aborted || !(reason instanceof AppError)) throw error;
    return { outcome: 'failed', error: reason };
  } finally {
    timer.cancel();
  }
}

/** Why the gateway has not connected the module to `host`. What somebody else has asked it for is not the module's failure. */
function failureFor(host: string, gateway: CloudGateway): AppError | null {
  const failure = gateway.failure();
  const isOthers = failure?.code === 'E_GATEWAY_HOST' && failure.facts['host'] !== host.toLowerCase();
  return isOthers ? null : failure;
}

function outcomeOf(
  result: ConnectResult,
  { report, clock }: SessionContext,
  modem: Modem,
  peer: 'DPS' | 'HUB',
  host: string,
  firmware: string | null = null,
): Outcome {
  if (result === 'connected') {
    event(report, 'MQTT broker connected');
    return 'connected';
  }
  const message = `${host} ${WHAT[result]}`;
  switch (result) {
    case 'tls-failed': {
      const { family, traits } = modem;
      const hasNoTls = firmware !== null && traits.hasNoTls(firmware, clock.wall());
      const facts = { family, ...(hasNoTls ? { firmware, hasNoTls } : {}) };
      return { outcome: 'failed', error: new AppError(`E_${peer}_TLS`, message, traits.tlsHint, undefined, facts) };
    }
    case 'stuck':
      return { outcome: 'failed', error: new AppError('E_MODULE_STUCK', message, 'Press its reset button.') };
    default:
      return { outcome: 'failed', error: new AppError(`E_${peer}_CONNECT`, message, HINT[peer]) };
  }
}
