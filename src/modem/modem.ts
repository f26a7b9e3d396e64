import type { X509Certificate } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import type { LineKind } from '../events.ts';
import type { Expectation } from '../expectation.ts';

// The port between the session and a module, whatever its family. What a family has of its own (commands, events,
// limits, the wording of its diagnostics) stays in its folder.

export { AtError as ModemError, type AtFailure as ModemFailure } from '../at/error.ts';

export type QoS = 0 | 1;

/** How a network is secured that can be joined; `wpa` is WPA and WPA2 mixed, `wpa3` WPA3 only. */
export type Security = 'open' | 'wpa' | 'wpa2' | 'wpa3';

export interface Network {
  readonly ssid: string;
  /** Empty on an open network. */
  readonly passphrase: string;
  readonly security: Security;
}

/** What the modem tells by itself. */
export type ModemEvent =
  /** It has restarted, and has forgotten everything. */
  | { type: 'restarted' }
  | { type: 'link-up' }
  | { type: 'link-down' }
  | { type: 'address'; ip: string }
  /** Its clock has been set, in seconds since 1970; what it tells before, its uptime, is not reported. */
  | { type: 'time'; unixSeconds: number }
  /** A connection to the broker was made, was lost, or an attempt has failed. Each `true` is a new connection. */
  | { type: 'broker'; connected: boolean }
  /** The MQTT client can do nothing more until the modem is reset. */
  | { type: 'stuck' }
  | { type: 'tls-failed' }
  | { type: 'message'; topic: string; payload: Buffer }
  /** A message has arrived in pieces that cannot be put together. */
  | { type: 'lost-message' }
  /** A message is lost because it is larger than the modem can receive; in bytes, where the modem says how large. */
  | { type: 'overflow'; bytes: number | null };

export interface ModemEvents {
  event: [event: ModemEvent];
  /** A command as sent, without its line end. */
  sent: [line: string];
  /** A line as received, without prompt and echo. */
  received: [line: string, kind: LineKind];
  /** It does not answer while it is brought to order: the try number `count` of `total` was in vain, and others follow. */
  silent: [count: number, total: number];
  /** The way to the modem is gone. */
  closed: [cause: unknown];
}

/** The longest values that the modem can hold or send, in bytes. */
export interface ModemLimits {
  readonly brokerHost: number;
  readonly clientId: number;
  readonly userName: number;
  readonly topic: number;
  /** A whole MQTT packet that is received. */
  readonly receivedPacket: number;
  /** A whole command line. */
  readonly command: number;
}

/** A value that is larger than the modem can send. */
export interface Excess {
  readonly what: 'topic' | 'command';
  readonly bytes: number;
  readonly limit: number;
}

export type JoinResult = { joined: true; ip: string } | { joined: false; reason: string };

/** A Wi-Fi network that the modem has seen. */
export interface SeenNetwork {
  /** Empty for a hidden network. */
  readonly ssid: string;
  /** Signal strength in dBm. */
  readonly rssi: number;
  readonly channel: number;
  readonly security: Security | 'wep';
  readonly bssid: string;
}

/** The modem as a Wi-Fi station. */
export interface ModemWifi {
  /**
   * What the modem is doing: idle, or joined or joining; `own` when that is the network `ssid`, and everything that the
   * session relies on is set. It does not say that there is a link: `address` does.
   */
  state(network: Network, ntpServer: string, signal: AbortSignal): Promise<{ active: boolean; own: boolean }>;
  /** The address in use; null when there is none, so there is no link. */
  address(signal: AbortSignal): Promise<string | null>;
  /** The netmask of its network, where it tells one; null while it has none. */
  netmask?(signal: AbortSignal): Promise<string | null>;
  configure(network: Network, ntpServer: string, signal: AbortSignal): Promise<void>;
  /** Joins the configured network, and waits for its address. */
  join(signal: AbortSignal): Promise<JoinResult>;
  /** @returns false when the modem would not leave: only a reset helps */
  leave(signal: AbortSignal): Promise<boolean>;
  /** @param ssid looks for this one only, which finds it even when it is hidden */
  scan(signal: AbortSignal, ssid?: string): Promise<SeenNetwork[]>;
}

/** Where and as whom the modem connects. The client's identity is the certificate in the modem. */
export interface BrokerSettings {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly userName: string;
  readonly tls: boolean;
}

export type ConnectResult = 'connected' | 'refused' | 'tls-failed' | 'stuck' | 'timed-out';

/** The modem's one MQTT connection. */
export interface ModemMqtt {
  /** The filters that are subscribed to on the present connection: empty as soon as another one begins, or it ends. */
  readonly subscriptions: ReadonlySet<string>;
  /** When something was last sent to the broker on request, in milliseconds of the monotonic clock. */
  readonly lastSent: number;
  /** What the modem itself believes; it may not have noticed a loss. */
  isConnected(signal: AbortSignal): Promise<boolean>;
  /** @throws ModemError `limit`, before anything is sent, when a value is longer than the modem can hold */
  configure(settings: BrokerSettings, signal: AbortSignal): Promise<void>;
  /** Connects. To be called only when the modem owns no connection. */
  connect(signal: AbortSignal): Promise<ConnectResult>;
  /** Closes the connection. @returns false when the modem would not: only a reset helps then */
  close(signal: AbortSignal): Promise<boolean>;
  /** @returns false when no acknowledgement comes */
  subscribe(filter: string, qos: QoS, signal: AbortSignal): Promise<boolean>;
  /** @returns true when the modem has accepted the message, with QoS 1: when the broker has acknowledged it */
  publish(topic: string, payload: string, qos: QoS, signal: AbortSignal): Promise<boolean>;
  /** What of a message is larger than the modem can send; null when it fits. */
  excess(topic: string, payload: string, qos: QoS): Excess | null;
  /** Forgets that these filters were subscribed to: there are signs that the broker has. */
  forgetSubscriptions(): void;
}

/** The modem's own certificate, the one that has signed it, and the one at the end of that chain. */
export type CertificateKind = 'device' | 'signer' | 'root';

export interface ModemCertificates {
  /** The longest root certificate that the modem takes, as PEM, in bytes. */
  readonly longestRoot: number;
  /** The certificate that the modem proves its identity with; null when it gives none. */
  device(signal: AbortSignal): Promise<X509Certificate | null>;
  /** A certificate of its chain; null when it gives none of that kind, or one that cannot be read. */
  read(kind: CertificateKind, signal: AbortSignal): Promise<X509Certificate | null>;
  /** Whether the modem has been made to trust this root certificate since it was reset. */
  trusts(pem: string, signal: AbortSignal): Promise<boolean>;
  /**
   * Makes the modem trust a root certificate, until it is reset.
   * @param onProgress called with the bytes sent so far
   * @returns false when it did so already
   * @throws ModemError `limit` when it is longer than the modem takes
   */
  trust(pem: string, signal: AbortSignal, onProgress?: (sent: number) => void): Promise<boolean>;
}

/** What a module holds of the identity that it is given as files. */
export interface StoredIdentity {
  /** Null where there is none, and where the firmware does not give it back. */
  readonly certificate: X509Certificate | null;
  readonly hasCertificate: boolean;
  readonly hasKey: boolean;
}

/** Where a module keeps an identity that it does not bring along. */
export interface ModemIdentityStore {
  read(signal: AbortSignal): Promise<StoredIdentity>;
  /**
   * Writes a certificate and its private key, both PEM, into the flash of the module, in place of what is there.
   * @param onProgress called with the bytes sent so far, of so many
   * @throws ModemError `limit` when there is no room; `refused` when the module does not take it
   */
  write(
    identity: { readonly certificate: string; readonly key: string },
    signal: AbortSignal,
    onProgress?: (sent: number, total: number) => void,
  ): Promise<void>;
}

/** Something that is not known from a board yet. */
export interface OpenQuestion {
  /** For a person, in Markdown. */
  readonly question: string;
  /** What a line of the module that answers it looks like, where one does. */
  readonly answer?: RegExp;
}

/** What a family is like, where a sentence or a command depends on it. */
export interface ModemTraits {
  /** The certificates that it can be asked for. */
  readonly certificates: readonly CertificateKind[];
  /** The networks that it can join, by their security. */
  readonly joins: readonly Security[];
  /** Whether a root certificate that it was made to trust outlives a reset. */
  readonly keepsRoots: boolean;
  /** What to do when it makes no TLS connection. */
  readonly tlsHint: string;
  /** Whether a module with this firmware makes no TLS connection any more; `time` in milliseconds since 1970. */
  hasNoTls(firmware: string, time: number): boolean;
  readonly openQuestions: readonly OpenQuestion[];
  /** Queries that change nothing, and whose answers are worth having in a report. */
  readonly survey: readonly string[];
}

/** A module at the other end of a byte stream. */
export interface Modem extends EventEmitter<ModemEvents> {
  /** As people know it, `AnyCloud` for instance. */
  readonly family: string;
  readonly traits: ModemTraits;
  readonly limits: ModemLimits;
  /** Who connects again after a lost connection to the broker: telling a modem that does so by itself does harm. */
  readonly reconnects: 'module' | 'host';
  readonly wifi: ModemWifi;
  readonly mqtt: ModemMqtt;
  readonly certificates: ModemCertificates;
  /** Null where its identity is its own, in a secure element. */
  readonly identityStore: ModemIdentityStore | null;
  /** The time that it reported last by itself, in seconds since 1970; null when it has reported none since it started. */
  readonly lastTime: number | null;
  /** Its clock, in seconds since 1970; null when it has no time yet, or tells how long it has been running instead. */
  readTime(signal: AbortSignal): Promise<number | null>;
  /**
   * Brings it to order, in whatever condition it is found.
   * @throws ModemError `timed-out` when nothing answers; AppError E_MODULE_UNKNOWN when something else does
   */
  sync(signal: AbortSignal): Promise<void>;
  /** The version of its firmware; null when it does not tell. */
  firmware(signal: AbortSignal): Promise<string | null>;
  /** Makes sure that it is of this family. @throws AppError E_MODULE_UNKNOWN that says what it calls itself */
  identify(signal: AbortSignal): Promise<void>;
  /** Restarts it, so that it forgets everything. @returns false when it has not said so in time */
  reset(signal: AbortSignal): Promise<boolean>;
  /** Sends a line as a person typed it. @returns why it was not sent, where it would change what the link relies on */
  type(line: string, signal: AbortSignal): Promise<string | null>;
  /** Starts to wait for an event; `match` returns undefined for those that are not it. */
  expect<T>(match: (event: ModemEvent) => T | undefined): Expectation<ModemEvent, T>;
  /** Ends the link; its stream is destroyed. */
  close(): void;
}
