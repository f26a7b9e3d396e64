/**
 * The library: sessions with a module, and devices of one's own. Nothing here writes to the terminal, handles signals or
 * ends the process, and nothing is loaded before it is used. The surface may change until version 1.0.
 * @module
 */
import type { Duplex } from 'node:stream';
import type { SessionOptions } from './library/session-options.ts';
import type { Modem } from './modem/modem.ts';
import type { RankedPort } from './serial/likely.ts';

export type { Clock, Timer } from './clock.ts';
export {
  CommandError,
  type CommandHandler,
  type DeviceContext,
  type DeviceDefinition,
  type PropertyContext,
  type PropertyDefinition,
  type TelemetrySource,
} from './device/define.ts';
export { defineDevice } from './device/definition.ts';
export { AppError, type ErrorCode, type Facts } from './errors.ts';
export type { Json, JsonObject, LineKind } from './events.ts';
export type { ReportedEvent, SessionOptions } from './library/session-options.ts';
export type {
  BrokerSettings,
  CertificateKind,
  ConnectResult,
  JoinResult,
  Modem,
  ModemCertificates,
  ModemEvent,
  ModemEvents,
  ModemLimits,
  ModemMqtt,
  ModemWifi,
  Network,
  QoS,
  SeenNetwork,
} from './modem/modem.ts';
export type { RankedPort } from './serial/likely.ts';

/**
 * Runs a session: drives a module through Wi-Fi, DPS and the hub, and plays a device there. Lost connections, resets and an
 * unplugged adapter are made good while it runs.
 * @returns when `signal` is aborted, or `count` messages were sent; then the connection and the port are closed
 * @throws AppError with `code`, `hint` and `facts`: E_SETTINGS for options that are wrong, E_CONFIG for a device or a model
 *   that is, E_PORT… for the port, and E_MODULE…, E_WIFI…, E_DPS… and E_HUB… for what cannot be made good; what `onEvent`
 *   throws, as it is
 */
export async function runSession(options: SessionOptions): Promise<void> {
  const library = await import('./library/run-session.ts');
  return library.runSession(options);
}

/**
 * Opens a serial port: 8 data bits, no parity, 1 stop bit, no flow control.
 * @param path `COM5`, `/dev/ttyUSB0`
 * @param options.baud bits per second; 230400 by default, which a board that was just started speaks
 * @returns its stream; destroying it closes the port
 * @throws AppError E_PORT_NOT_FOUND, E_PORT_NOT_SERIAL, E_PORT_BUSY, E_PORT_DENIED or E_PORT; `facts.ports` has those that
 *   there are, where that helps
 */
export async function openSerialPort(path: string, { baud = 230_400 }: { baud?: number } = {}): Promise<Duplex> {
  const { openPort } = await import('./serial/port.ts');
  return openPort(path, baud);
}

/** The serial ports of this computer, and which are likely a board's; empty when the system cannot tell. */
export async function listSerialPorts(): Promise<RankedPort[]> {
  const [{ listPorts }, { rankPorts }] = await Promise.all([import('./serial/list.ts'), import('./serial/likely.ts')]);
  return rankPorts(await listPorts());
}

/**
 * The module at the other end of a stream, for programs that want no session: to scan for networks, to read its
 * certificates, or to use its MQTT client.
 * @param options.signal gives up when it is aborted
 * @returns the module, in order and identified; `close` ends the link, and destroys the stream
 * @throws AppError E_MODULE_TIMEOUT when nothing answers, E_MODULE_UNKNOWN when it is another device; the stream is
 *   destroyed then
 */
export async function openModem(stream: Duplex, { signal }: { signal?: AbortSignal } = {}): Promise<Modem> {
  const [{ identifyModem }, { systemClock }] = await Promise.all([import('./modem/detect.ts'), import('./clock.ts')]);
  return identifyModem(stream, systemClock, signal ?? new AbortController().signal);
}
