import { DESIRED_FILTER, METHODS_FILTER, TWIN_RESULT_FILTER } from '../../azure/topics.ts';
import { sleep } from '../../clock.ts';
import type { StateHandler } from '../context.ts';
import { warn } from '../report.ts';

const DROP_GRACE = 1_000;

/** Subscribes to what the hub sends, each confirmed before the next; after every connect, for all is forgotten (T2). */
export const hubSubscribe: StateHandler<'hub-subscribe'> = async ({ modem, report, clock }, signal) => {
  for (const filter of [METHODS_FILTER, TWIN_RESULT_FILTER, DESIRED_FILTER]) {
    if (await modem.mqtt.subscribe(filter, 1, signal)) continue;
    warn(report, `The subscription to ${filter} was not confirmed`);
    // As a rule the module drops the connection now and makes a new one (AT protocol 7.13), which interrupts this.
    await sleep(clock, DROP_GRACE, signal);
    return 'failed';
  }
  return 'subscribed';
};
