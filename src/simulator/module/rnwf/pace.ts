import type { PaceName } from '../pace.ts';

/** How long the module's own work takes, in milliseconds; where nothing is published, a guess. */
export interface RnwfPace {
  /** From the end of a command line to its answer (RNWF 12). */
  readonly command: number;
  /** From power to the banner, as one RNWF02 was measured. */
  readonly boot: number;
  readonly associate: number;
  /** From the link to the address of IPv6 that needs nobody, and to that of DHCP. */
  readonly linkLocal: number;
  readonly dhcp: number;
  readonly sntp: number;
  readonly scan: number;
  readonly dns: number;
  readonly tlsHandshake: number;
  /** A block of a file. */
  readonly flash: number;
}

export const PACES: Record<PaceName, RnwfPace> = {
  // From `AT+WSTA=1` to the time it was 9.6 s once (RNWF 12).
  real: {
    command: 20,
    boot: 4_000,
    associate: 3_500,
    linkLocal: 100,
    dhcp: 3_000,
    sntp: 3_000,
    scan: 2_000,
    dns: 150,
    tlsHandshake: 900,
    flash: 30,
  },
  instant: {
    command: 0,
    boot: 2,
    associate: 2,
    linkLocal: 1,
    dhcp: 1,
    sntp: 1,
    scan: 1,
    dns: 0,
    tlsHandshake: 0,
    flash: 0,
  },
};
