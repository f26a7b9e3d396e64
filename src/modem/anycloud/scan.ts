import { Expectation } from '../../expectation.ts';
import type { SeenNetwork } from '../modem.ts';
import type { AnyCloudLink } from './link.ts';
import { quote, readString } from './quoting.ts';

const ALL_CHANNELS = 255;
/** With nothing found, and sometimes else too, the end is not reported (AT protocol 7.7). */
const SCAN_TIME = 10_000;
/** `AT+WSCNA` reports these four; networks with WPA3 only, or with enterprise security, are skipped. */
const SECURITIES: Record<string, SeenNetwork['security']> = { 0: 'open', 1: 'wep', 2: 'wpa', 3: 'wpa2' };
const INDICATION = /^\+WSCNIND:(-?\d{1,3}),([0-3]),(\d{1,3}),"([0-9A-Fa-f:]{17})",(.*)$/;
const DONE = '+WSCNDONE';

/**
 * Looks for Wi-Fi networks on all channels (AT protocol 7.7). A joined network stays joined.
 * @param ssid looks for this one only, which finds it even when it is hidden
 * @returns the networks, the strongest first
 * @throws AtError
 */
export async function scan(link: AnyCloudLink, signal: AbortSignal, ssid?: string): Promise<SeenNetwork[]> {
  const networks: SeenNetwork[] = [];
  const collect = (line: string) => {
    const network = parseNetwork(line);
    if (network) networks.push(network);
    return line === DONE || undefined;
  };
  const done = new Expectation<string, true>((listener) => {
    link.on('received', listener);
    return () => link.off('received', listener);
  }, collect);
  try {
    await link.executeOnce(`AT+WSCNA=${ALL_CHANNELS}${ssid === undefined ? '' : `,${quote(ssid)}`}`, signal);
    await done.within(link.clock, SCAN_TIME, signal);
  } finally {
    done.cancel();
  }
  return networks.sort((a, b) => b.rssi - a.rssi);
}

/** Reads `+WSCNIND:<rssi>,<security>,<channel>,"<BSSID>",<SSID>`; null when it is something else. */
export function parseNetwork(line: string): SeenNetwork | null {
  const [, rssi, security = '', channel, bssid, printed = ''] = INDICATION.exec(line) ?? [];
  const ssid = readString(printed);
  const kind = SECURITIES[security];
  if (ssid === null || kind === undefined || bssid === undefined) return null;
  return { ssid: ssid.toString('utf8'), rssi: Number(rssi), channel: Number(channel), security: kind, bssid };
}
