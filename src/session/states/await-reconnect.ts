import { AppError } from '../../errors.ts';
import { event, waiting, warn } from '../report.ts';
import type { StateHandler } from './state-handler.ts';

/** How long the module may try by itself. */
const TIMEOUT = 120_000;
/** So many failed attempts in a row, over so many milliseconds, are a refusal: the identity is gone, disabled, or moved. */
const REFUSALS = 10;
const REFUSED_FOR = 15_000;
/** After such a silence the modem is asked: its line may have been lost, or it has restarted unseen. */
const SILENCE = 15_000;
/** So many losses in a row are no accident. */
const SUSPICIOUS = 3;

/** Waits for the module to reconnect to the hub; telling one that does so by itself would leave it stuck (T1, T2). */
export const awaitReconnect: StateHandler<'await-reconnect'> = async (context, { modem }, signal) => {
  const { report, clock, retry, gateway } = context;
  if (retry.drops === SUSPICIOUS) {
    warn(report, 'The hub ends every connection soon after it was made; another client may be using this device id');
  }
  if (modem.reconnects === 'host') {
    event(report, 'MQTT broker disconnected, connecting again');
    return 'reconnect';
  }
  let refusals = 0;
  let firstRefusal = 0;
  let silent = true;
  const outcome = modem.expect<'up' | 'refused'>((seen) => {
    silent = false;
    if (seen.type !== 'broker') return undefined;
    if (seen.connected) return 'up';
    // The gateway tries for it, and its pauses grow.
    if (gateway?.isHolding) return undefined;
    if (refusals++ === 0) firstRefusal = clock.monotonic();
    return refusals >= REFUSALS && clock.monotonic() - firstRefusal >= REFUSED_FOR ? 'refused' : undefined;
  });
  try {
    event(report, 'MQTT broker disconnected, waiting for the module to reconnect');
    waiting(report, 'the module reconnects to the hub', { seconds: TIMEOUT / 1000 });
    // It may have reconnected before this state began, after a rejoin for instance.
    let result: 'up' | 'refused' | null = (await modem.mqtt.isConnected(signal)) ? 'up' : null;
    const deadline = clock.monotonic() + TIMEOUT;
    for (let left = TIMEOUT; result === null && left > 0; left = deadline - clock.monotonic()) {
      silent = true;
      result = await outcome.upTo(clock, Math.min(SILENCE, left), signal);
      const isAsked = result === null && silent && clock.monotonic() < deadline;
      if (isAsked && (await modem.mqtt.isConnected(signal))) result = 'up';
    }
    if (result === 'up') {
      event(report, 'MQTT broker connected');
      return 'reconnected';
    }
    const why = result === 'refused' ? `was refused ${refusals} times` : `took longer than ${TIMEOUT / 1000} s`;
    const hint = 'Check that the device exists and is enabled.';
    const error = new AppError('E_HUB_CONNECT', `Reconnecting to the hub ${why}`, hint);
    return { outcome: 'failed', error: gateway?.failure() ?? error };
  } finally {
    outcome.cancel();
  }
};
