import type { Board, BoardOptions } from '../board.ts';
import { PACES } from '../pace.ts';
import { Firmware, UART } from './firmware.ts';

/** A module with AnyCloud firmware 0.3.2, which keeps nothing over a reset (T56). */
export function anycloudBoard({ pace, blank: _, firmware: _version, ...options }: BoardOptions): Board {
  return {
    uart: UART,
    start: (parts) => new Firmware({ ...options, ...parts, pace: PACES[pace] }),
    lines: {},
    inForce: () => [],
  };
}
