import type { Family } from '../modem/families.ts';

/** The families that `module` can play. */
export const MODULE_FAMILIES = ['anycloud', 'rnwf02', 'rnwf11'] as const satisfies readonly Family[];
/** The firmware of an RNWF02 that `module` can play, by its version. */
export const RNWF02_FIRMWARES = ['2.0', '3.2'] as const;
/** The versions of TLS that `module` can be limited to. */
export const TLS_VERSIONS = ['1.2', '1.3'] as const;
/** The shells that `completion` speaks to. */
export const SHELLS = ['bash', 'zsh', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];
