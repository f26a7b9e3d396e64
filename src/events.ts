import type { ErrorCode, ExitCode } from './errors.ts';

/** Any JSON value, as it comes from or goes to the cloud. */
export type Json = null | boolean | number | string | Json[] | { [name: string]: Json };
export type JsonObject = { [name: string]: Json };

/** What a received line is to the person who reads along. */
export type LineKind = 'info' | 'status' | 'urc' | 'text';

/** A request to the HTTP API of a local cloud. */
export type ExampleRequest = { title: string; method: string; path: string; body: JsonObject };

/** What a session reports, by type. */
type Happening =
  /** The state machine has entered a state of its table. */
  | { type: 'state'; state: string }
  /** A command as sent, without its line end. */
  | { type: 'at'; dir: 'tx'; line: string }
  /** A line as received, without CR, prompt and echo. `text` is a diagnostic, a banner or noise. */
  | { type: 'at'; dir: 'rx'; line: string; kind: LineKind }
  /** A sentence for the reader: an event of the walkthrough, a note on what comes next, or a warning. */
  | { type: 'event'; level: 'event' | 'note' | 'warning'; message: string }
  /**
   * Something takes a while: `seconds` at most, where that is known; the try or the part number `count` of `total`, where
   * they are counted. It ends with the next state, event or waiting.
   */
  | { type: 'waiting'; message: string; seconds?: number; count?: number; total?: number }
  /** An MQTT message from the cloud; bytes that are not UTF-8 show as U+FFFD. */
  | { type: 'message'; topic: string; payload: string }
  /**
   * The certificate that the module proves its identity with: what is to be uploaded where a device is enrolled. Times in
   * ISO 8601, thumbprints in hexadecimal as Azure's portal shows them, `pem` the whole of it.
   */
  | {
      type: 'certificate';
      subject: string;
      issuer: string;
      serial: string;
      validFrom: string;
      validTo: string;
      sha1: string;
      sha256: string;
      pem: string;
    }
  | { type: 'assigned'; hub: string; deviceId: string }
  | { type: 'twin'; desired: JsonObject; reported: JsonObject }
  /** A telemetry message that the module has accepted (with QoS 1: that the cloud has acknowledged). */
  | { type: 'telemetry'; body: Json; component?: string }
  /** A desired property that was answered: `value` is in force now, `requested` was asked for, `ad` says why. */
  | { type: 'property'; name: string; value: Json; requested: Json; version: number; ac: number; ad?: string }
  /** Reported properties that the module has accepted. */
  | { type: 'reported'; body: JsonObject }
  | { type: 'command'; name: string; request: Json; status: number; response: Json }
  /**
   * What a gateway tells: `message` says it in a sentence, the other members to a program. `host` is the cloud's, `address`
   * that of whoever has connected or, with `port`, where boards connect; `code` a return code of CONNACK; `topic` and `bytes`
   * are of a message that was left out.
   */
  | {
      type: 'gateway';
      happening:
        | 'listening'
        | 'board-connected'
        | 'board-gone'
        | 'cloud-connected'
        | 'cloud-gone'
        | 'cloud-unreached'
        | 'cloud-refused'
        | 'too-large'
        | 'turned-away'
        | 'renewal';
      level: 'event' | 'note' | 'warning';
      message: string;
      host?: string;
      address?: string;
      port?: number;
      via?: 'mqtt' | 'websocket';
      code?: number;
      topic?: string;
      bytes?: number;
    }
  /**
   * The local cloud of a simulation is up: `url` is its HTTP API, `deviceId` the device that will connect, `requests` what
   * can be tried with it there, `interval` the
   * seconds between its telemetry messages at first.
   */
  | { type: 'local-cloud'; url: string; deviceId: string; interval: number; requests: readonly ExampleRequest[] }
  /** The page is served at `url`; `link` opens it, and holds the key where one is needed. */
  | { type: 'console'; url: string; link: string }
  /** `stack`: where a bug of ours was met; other failures have none. */
  | { type: 'error'; code: ErrorCode; message: string; hint: string; stack?: string }
  /** Always the last. Of several boards each has one of its own, and the one of the program names none. */
  | { type: 'exit'; code: ExitCode; reason: string };

/**
 * Everything that a session reports. The session emits these, the terminal renders them as a transcript or as NDJSON;
 * secrets in them are masked by the renderer, by value, before anything is serialised. From the moment on that it is known
 * which device it is, `deviceId` tells.
 */
export type SessionEvent = Happening & { deviceId?: string };

export type Report = (event: SessionEvent) => void;

/**
 * A connection string that was just made: for a device, or for those who hold a shared access policy. It is a secret, and no
 * session event, so that nothing but standard output can be given one.
 */
export type ConnectionStringEvent = {
  type: 'connection-string';
  connectionString: string;
} & ({ deviceId: string } | { policy: string });
