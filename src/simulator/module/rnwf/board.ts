import type { Board, BoardOptions } from '../board.ts';
import { choice, count } from '../control-lines.ts';
import { type RnwfEnvironment, TLS_ERRORS } from './environment.ts';
import { Firmware, UART } from './firmware.ts';
import { Flash } from './flash.ts';
import { PACES } from './pace.ts';
import type { Product } from './product.ts';
import { TRANSFER_FAULTS } from './xmodem.ts';

/** A board with a module of this family, whose flash outlives its resets. */
export function rnwfBoard(product: Product, options: BoardOptions): Board {
  const { pace, blank, firmware: _, trusted, identity, ...parts } = options;
  const environment: RnwfEnvironment = Object.assign(options.environment, {
    tlsError: undefined,
    lateEvents: 0,
    lostEvents: 0,
    transferFault: undefined,
  });
  const flash = new Flash(trusted, product.hasChip || blank ? null : identity);
  return {
    uart: UART,
    start: (power) => new Firmware({ ...parts, ...power, product, identity, pace: PACES[pace], environment, flash }),
    lines: {
      tls: choice(['ok', ...TLS_ERRORS], 'how TLS handshakes fail', (code) => {
        environment.tlsError = code === 'ok' ? undefined : code;
      }),
      'late-events': count('ms', 60_000, 'events come that much later', (ms) => {
        environment.lateEvents = ms;
      }),
      'lose-events': count('n', 1_000, 'the next events are lost', (events) => {
        environment.lostEvents = events;
      }),
      flash: choice(['ok', 'full'], 'whether there is room for files', (state) => {
        flash.isFull = state === 'full';
      }),
      xmodem: choice(
        ['ok', ...TRANSFER_FAULTS],
        'files that come by XMODEM: each part is damaged once, or its receipt is lost; broken off, or taken in silence',
        (fault) => {
          environment.transferFault = fault === 'ok' ? undefined : fault;
        },
      ),
    },
    inForce: () => [
      ...(environment.tlsError ? [`tls ${environment.tlsError}`] : []),
      ...(environment.lateEvents > 0 ? [`late-events ${environment.lateEvents}`] : []),
      ...(environment.lostEvents > 0 ? [`lose-events ${environment.lostEvents}`] : []),
      ...(flash.isFull ? ['flash full'] : []),
      ...(environment.transferFault ? [`xmodem ${environment.transferFault}`] : []),
    ],
  };
}
