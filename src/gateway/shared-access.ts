import { createHmac } from 'node:crypto';
import type { Target } from './target.ts';

/** Seconds that a token lasts: Azure's own clients take an hour. */
export const TOKEN_LIFE = 3600;

/** Base 64 of 16 to 64 bytes, as Azure's portal shows keys. */
const KEY = /^(?:[0-9A-Za-z+/]{4}){5,21}(?:[0-9A-Za-z+/]{2}==|[0-9A-Za-z+/]{3}=)?$/;

export function isKey(text: string): boolean {
  const bytes = Buffer.from(text, 'base64').length;
  return KEY.test(text) && bytes >= 16 && bytes <= 64;
}

/** The key of one device, from that of its enrollment group: the HMAC of its registration id (DPS, symmetric keys). */
export function deviceKey(groupKey: string, registrationId: string): string {
  return createHmac('sha256', Buffer.from(groupKey, 'base64')).update(registrationId, 'utf8').digest('base64');
}

/**
 * The token that a device shows to DPS or to a hub, as its MQTT password.
 * @param key of the device, base 64
 * @param expiry seconds since 1970
 */
export function accessToken(
  key: string,
  userName: string,
  { service, host, deviceId }: Target,
  expiry: number,
): string {
  // The scope stands before the first slash of the user name.
  const scope = userName.split('/', 1)[0] ?? '';
  const resource = service === 'dps' ? `${scope}/registrations/${deviceId}` : `${host}/devices/${deviceId}`;
  const sr = encodeURIComponent(resource);
  const signature = createHmac('sha256', Buffer.from(key, 'base64'))
    .update(`${sr}\n${expiry}`, 'utf8')
    .digest('base64');
  const policy = service === 'dps' ? '&skn=registration' : '';
  return `SharedAccessSignature sr=${sr}&sig=${encodeURIComponent(signature)}&se=${expiry}${policy}`;
}
