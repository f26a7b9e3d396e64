import type { State } from '../table.ts';
import { awaitReconnect } from './await-reconnect.ts';
import { clock } from './clock.ts';
import { dpsConnect } from './dps-connect.ts';
import { dpsDisconnect } from './dps-disconnect.ts';
import { dpsRegister } from './dps-register.ts';
import { hubConnect } from './hub-connect.ts';
import { hubSubscribe } from './hub-subscribe.ts';
import { identity } from './identity.ts';
import { openPort } from './open-port.ts';
import { rejoin } from './rejoin.ts';
import { reportProperties } from './report-properties.ts';
import { reset } from './reset.ts';
import { rootCert } from './root-cert.ts';
import type { StateHandler } from './state-handler.ts';
import { sync } from './sync.ts';
import { telemetry } from './telemetry.ts';
import { twin } from './twin.ts';
import { wiFi } from './wi-fi.ts';

/** What each state does. */
export const STATE_HANDLERS: { [S in State]: StateHandler<S> } = {
  'open-port': openPort,
  sync,
  'root-cert': rootCert,
  identity,
  'wi-fi': wiFi,
  clock,
  'dps-connect': dpsConnect,
  'dps-register': dpsRegister,
  'dps-disconnect': dpsDisconnect,
  'hub-connect': hubConnect,
  'hub-subscribe': hubSubscribe,
  twin,
  'report-properties': reportProperties,
  telemetry,
  'await-reconnect': awaitReconnect,
  rejoin,
  reset,
};
