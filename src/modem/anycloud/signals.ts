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
  | { type: 'lost-message' }
  /** What would otherwise be told of a subscription by an event (AT protocol 7.13, 7.14). */
  | { type: 'suback' | 'unsuback'; ok: boolean };

/** Everything that the module reports by itself: its events, what its diagnostics mean, and that it has restarted. */
export type Signal = Urc | Diagnostic | { type: 'restarted' };

const DIAGNOSTICS: [RegExp, Diagnostic][] = [
  [/Failed to allocate Handle|TCPIP Socket Open FAILED/, { type: 'stuck' }],
  [/SSL Connection Negotiation Failed/, { type: 'tls-failed' }],
  [
    /MQTT(?:Publish|Subscribe|Disconnect)\(\) Failed|MQTTUnsubscribe failed|sendPacket\(\) failed/,
    { type: 'send-failed' },
  ],
  [/Buffer Overflow/, { type: 'overflow', bytes: null }],
  [/Max Topics already subscribed/, { type: 'suback', ok: false }],
  [/to Unsubscribe not in List/, { type: 'unsuback', ok: true }],
  [/MQTTPUB:|methods\/POST|twin\/res|properties\/desired|\$version/, { type: 'lost-message' }],
];

/** The head of a packet has come without its body, of this many bytes. */
const TRUNCATED = /Received packet with length = \d+; Expected (\d{1,9})/;
/** What is longer can never be there in one piece (AT protocol 8.1, 8.3). */
const TCP_BUFFER = 1460;

/** The meaning of a line that is neither reply nor event; null for those that a host need not act on. */
export function parseDiagnostic(line: string): Diagnostic | null {
  const expected = TRUNCATED.exec(line)?.[1];
  if (expected !== undefined) {
    const bytes = Number(expected);
    return bytes > TCP_BUFFER ? { type: 'overflow', bytes } : { type: 'lost-message' };
  }
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
