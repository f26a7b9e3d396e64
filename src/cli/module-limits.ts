import { dpsUserName } from '../azure/credentials.ts';
import type { SettingsLimits } from '../config/resolve.ts';
import { LARGEST } from '../modem/detect.ts';

/** What settings must fit, whichever module it is. */
export const MODULE_LIMITS: SettingsLimits = {
  deviceId: LARGEST.clientId,
  host: LARGEST.brokerHost,
  idScope: (deviceId) => LARGEST.userName - dpsUserName('', deviceId).length,
};
