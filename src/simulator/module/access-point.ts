/** A Wi-Fi network that the module can find. */
export interface AccessPoint {
  ssid: string;
  /** Empty for an open network. */
  passphrase: string;
  /** `wpa` is WPA and WPA2 mixed, `wpa3` WPA3 only. */
  security: 'open' | 'wep' | 'wpa' | 'wpa2' | 'wpa3';
  /** Upper-case hex with colons. */
  bssid: string;
  channel: number;
  rssi: number;
}

/** How a simulated access point is received, and its BSSID. */
export const RECEPTION = { bssid: '5C:76:95:1B:D9:2F', channel: 6, rssi: -48 } as const;

/** What a connection attempt looks for. */
export interface JoinRequest {
  ssid: Buffer;
  /** Undefined: an open network. */
  passphrase: Buffer | undefined;
  /** Without it networks with WPA3 cannot be joined; `only`: no others. */
  wpa3?: 'too' | 'only';
  /** Undefined: any. */
  channel: number | undefined;
}

/** The network that such an attempt ends up in, if any. */
export function findAccessPoint(accessPoints: AccessPoint[], join: JoinRequest): AccessPoint | undefined {
  return accessPoints.find(
    ({ ssid, passphrase, security, channel }) =>
      join.ssid.equals(Buffer.from(ssid)) &&
      (join.channel === undefined || join.channel === channel) &&
      (join.passphrase === undefined
        ? security === 'open'
        : canSecure(security, join.wpa3) && join.passphrase.equals(Buffer.from(passphrase))),
  );
}

function canSecure(security: AccessPoint['security'], wpa3: JoinRequest['wpa3']): boolean {
  return security === 'wpa3' ? wpa3 !== undefined : security !== 'open' && wpa3 !== 'only';
}
