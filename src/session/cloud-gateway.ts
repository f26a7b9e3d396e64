import type { AppError } from '../errors.ts';
import type { Modem } from '../modem/modem.ts';

/**
 * What stands between a module that makes no TLS connection and the cloud: the module speaks plain MQTT to it. This is
 * what the session knows of it.
 */
export interface CloudGateway {
  /** The longest body of a packet, in bytes, that reaches the module. */
  readonly longestPacket: number;
  /**
   * Makes ready for a module.
   * @param board who it is to DPS; its address in its network, and the netmask, where it tells
   * @returns where the module is to connect
   * @throws AppError E_GATEWAY_…
   */
  open(
    board: { readonly deviceId: string; readonly ip: string; readonly netmask: string | null },
    signal: AbortSignal,
  ): Promise<{ readonly host: string; readonly port: number }>;
  /** The module has another address now. */
  moved(ip: string): void;
  /** Whether the module has come since a moment of the monotonic clock; null where that cannot be known. */
  wasReached(since: number): boolean | null;
  /** The module cannot come: what that means, and what to do about it. */
  unreached(): AppError;
  /** Why the cloud was not reached the last time, as the module never tells; null when it was, or when nothing is known. */
  failure(): AppError | null;
  /** Whether the module's connection is being held because the cloud cannot be reached: no refusal, whatever it looks like. */
  readonly isHolding: boolean;
  /** Calls `listener` when a message was left out because it is larger than the module can take, in bytes. */
  onTooLarge(listener: (bytes: number) => void): void;
}

/** The longest packet that reaches a module, in bytes. */
export function receives(modem: Modem, gateway: CloudGateway | null): number {
  const { receivedPacket } = modem.limits;
  return gateway === null ? receivedPacket : Math.min(gateway.longestPacket, receivedPacket);
}
