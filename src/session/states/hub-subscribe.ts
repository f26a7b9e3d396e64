import { DESIRED_FILTER, METHODS_FILTER, messageFilter, TWIN_RESULT_FILTER } from '../../azure/topics.ts';
import { sleep } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import { HubConnection } from '../hub/connection.ts';
import type { StateHandler } from './state-handler.ts';

const DROP_GRACE = 1_000;

/**
 * Subscribes to what the hub sends, each confirmed before the next. Subscriptions belong to a connection: those that were
 * made on this one stay, with a new one all are to be made again (T2).
 */
export const hubSubscribe: StateHandler<'hub-subscribe'> = async (context, { modem, assignment }, signal) => {
  const connection = new HubConnection(context, modem, assignment);
  try {
    // The walkthrough's three, in its order, and one more: a module may take no fifth (T14).
    const filters = [METHODS_FILTER, TWIN_RESULT_FILTER, DESIRED_FILTER, messageFilter(assignment.deviceId)];
    for (const filter of filters) {
      if (modem.mqtt.subscriptions.has(filter)) continue;
      if (await modem.mqtt.subscribe(filter, 1, signal)) continue;
      // As a rule the module drops the connection now and makes a new one, which interrupts this.
      await sleep(context.clock, DROP_GRACE, signal);
      connection.end();
      const message = `The subscription to ${filter} was not confirmed`;
      return { outcome: 'failed', error: new AppError('E_HUB_SUBSCRIBE', message, 'Check the network of the board.') };
    }
    return { outcome: 'subscribed', connection };
  } catch (error) {
    connection.end();
    throw error;
  }
};
