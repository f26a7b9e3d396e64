import type { ModemEvent } from '../modem.ts';
import type { Urc } from './urc.ts';

/** What a diagnostic line of the firmware means for the session (AT protocol 3.5). */
export type Diagnostic =
  /** The MQTT client is dead until the module is reset (T1, T3). */
  | { type: 'stuck' }
  /** The TLS handshake with the broker failed; the module tries again for ever (T4). */
  | { type: 'tls-failed' }
  /** A command that will answer `OK` has not been sent; the connection is being torn down (T8). */
  | { type: 'send-failed' }
  /** A message from the broker was larger than the module can hold, and is lost (T18). */
  | { type: 'overflow'; bytes: number | null }
  /** Something that was a message from the broker has arrived in pieces. */
  | { type: 'lost-message' };

/** Everything that the module reports by itself: its events, what its diagnostics mean, and that it has restarted. */
export type Signal = Urc | Diagnostic | { type: 'restarted' };

const DIAGNOSTICS: [RegExp, Diagnostic][] = [
  [/Failed to allocate Handle|TCPIP Socket Open FAILED/, { type: 'stuck' }],
  [/SSL Connection Negotiation Failed/, { type: 'tls-failed' }],
  [
    /MQTT(?:Publish|Subscribe|Disconnect)\(\) Failed|MQTTUnsubscribe failed|sendPacket\(\) failed/,
    { type: 'send-failed' },
  ],
  [/Buffer Overflow|Received packet with length/, { type: 'overflow', bytes: null }],
  [/MQTTPUB:|methods\/POST|twin\/res|properties\/desired|\$version/, { type: 'lost-message' }],
];

/** The meaning of a line that is neither reply nor event; null for those that a host need not act on. */
export function parseDiagnostic(line: string): Diagnostic | null {
  return DIAGNOSTICS.find(([pattern]) => pattern.test(line))?.[1] ?? null;
}

/** What a signal is to the session; null for what matters inside this family only. */
export function modemEvent(signal: Signal): ModemEvent | null {
  switch (signal.type) {
    case 'link-up':
      return { type: 'link-up' };
    case 'join-failed':
    case 'connack':
    case 'suback':
    case 'unsuback':
    case 'published':
    case 'send-failed':
    case 'other':
      return null;
    default:
      return signal;
  }
}
