import type { AccessPoint } from './access-point.ts';

/** Packets of the broker that a fault can keep from the module. */
export const ACKNOWLEDGEMENTS = ['connack', 'suback', 'unsuback', 'puback', 'pubrec', 'pubcomp', 'pingresp'] as const;

export type Acknowledgement = (typeof ACKNOWLEDGEMENTS)[number];

/** How a connection to a broker fails, when a fault asks for it. */
export const DIAL_FAILURES = ['dns', 'refused', 'unreachable', 'tls'] as const;

export type DialFailure = (typeof DIAL_FAILURES)[number];

/** The world around the module, faults included; it outlives a reset. */
export interface Environment {
  readonly accessPoints: AccessPoint[];
  readonly ipAddress: string;
  /** Whether association fails, as with a wrong passphrase. */
  wifiFails: boolean;
  /** Whether the NTP server answers. */
  sntp: boolean;
  omitted: Acknowledgement | undefined;
  /** Milliseconds by which acknowledgements of the broker come later. */
  acknowledgementDelay: number;
  dialFailure: DialFailure | undefined;
  /** Percentage of UART writes at which another task takes over. */
  preempt: number;
}
