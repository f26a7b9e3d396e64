import { AppError } from '../../errors.ts';
import type { StateHandler } from '../context.ts';
import { event, warn } from '../report.ts';

/** How long the module may try by itself (AT protocol 12.1.8). */
const TIMEOUT = 120_000;
/** So many failed attempts without a CONNACK are a refusal: the identity is gone, disabled, or moved (T10). */
const REFUSALS = 10;
/** So many short connections in a row are no accident. */
const SUSPICIOUS = 3;

/** Waits for the module to reconnect to the hub, which it does by itself; telling it to would leave it stuck (T1, T2). */
export const awaitReconnect: StateHandler<'await-reconnect'> = async (context, signal) => {
  const { modem, report, clock, hub } = context;
  let refusals = 0;
  const outcome = modem.expect<'up' | 'refused'>((seen) => {
    if (seen.type !== 'broker') return undefined;
    if (seen.connected) return 'up';
    return ++refusals === REFUSALS ? 'refused' : undefined;
  });
  try {
    event(report, 'MQTT broker disconnected, waiting for the module to reconnect');
    if (hub?.shortLived === SUSPICIOUS) {
      warn(report, 'The hub ends every connection soon after it was made; another client may be using this device id');
    }
    // It may have reconnected before this state began, after a rejoin for instance.
    const result = (await modem.mqtt.isConnected(signal)) ? 'up' : await outcome.within(clock, TIMEOUT, signal);
    if (result === 'up') {
      event(report, 'MQTT broker connected');
      return 'reconnected';
    }
    const why = result === 'refused' ? `was refused ${REFUSALS} times` : `took longer than ${TIMEOUT / 1000} s`;
    context.setback(
      new AppError('E_HUB_CONNECT', `Reconnecting to the hub ${why}`, 'Check that the device exists and is enabled.'),
    );
    return 'failed';
  } finally {
    outcome.cancel();
  }
};
