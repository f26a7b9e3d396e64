import type { ModemTraits } from '../modem.ts';
import { TO_CONFIRM } from './unconfirmed.ts';

/** Its built-in root ended on 2025-05-12, and takes every TLS connection with it (T4). */
const EXPIRED_FIRMWARE = '0.3.2';

export const TRAITS: ModemTraits = {
  certificates: ['device', 'signer', 'root'],
  keepsRoots: false,
  tlsHint:
    'The module does not trust the root certificate of the server, or its own built-in root has expired. Azure needs ' +
    'DigiCert Global Root G2, which the module forgets at every reset; firmware 0.3.2 fails in any case once its ' +
    'Baltimore root has expired (AT protocol, T4).',
  remarkOn: (firmware) =>
    firmware === EXPIRED_FIRMWARE
      ? {
          problem: 'whose built-in root certificate has expired on 2025-05-12',
          advice:
            'Where it makes no TLS connection, program a firmware that was built since, or use a local cloud without TLS.',
        }
      : null,
  openQuestions: TO_CONFIRM.map((question) => ({ question })),
  survey: [],
};
