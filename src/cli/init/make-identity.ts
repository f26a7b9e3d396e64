import type { SettingsInput } from '../../config/resolve.ts';
import { GATEWAY_SETTINGS, gatewaySettings, resolveValues } from '../../config/resolve.ts';
import { AppError } from '../../errors.ts';
import { credentialsOf, readKey } from '../gateway/board-credentials.ts';

/**
 * Makes the identity of the gateway that the settings ask for, so that it can be enrolled before the first session.
 * @param now milliseconds since 1970
 * @returns what is to be done with it; nothing where there is no gateway, or it is not known yet for whom
 * @throws AppError E_GATEWAY_IDENTITY when it cannot be made
 */
export async function makeIdentity(input: SettingsInput, cwd: string, now: number): Promise<readonly string[]> {
  try {
    const { deviceId, ...values } = resolveValues(input, [...GATEWAY_SETTINGS, 'deviceId']);
    const settings = gatewaySettings(values);
    if (settings.listen === null || deviceId === null) return [];
    const key = readKey(settings, cwd);
    return (await credentialsOf(deviceId, settings, key, { cwd, now })).words;
  } catch (error) {
    // What is wrong with the settings is told anyway.
    if (error instanceof AppError && error.code === 'E_SETTINGS') return [];
    throw error;
  }
}
