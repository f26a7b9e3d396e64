import type { ModemTraits } from '../modem.ts';
import { TO_CONFIRM } from './unconfirmed.ts';

/** The newest firmware that there is. Its first built-in root has expired, and takes every TLS connection with it (T4). */
const EXPIRED_FIRMWARE = '0.3.2';
const ROOT_ENDS = Date.parse('2025-05-12T23:59:00Z');

export const TRAITS: ModemTraits = {
  certificates: ['device', 'signer', 'root'],
  joins: ['open', 'wpa', 'wpa2'],
  keepsRoots: false,
  tlsHint:
    'The module does not trust the root certificate of the server, or its own built-in root has expired. Azure needs ' +
    'DigiCert Global Root G2, which the module forgets at every reset; firmware 0.3.2 fails in any case once its ' +
    'Baltimore root has expired (AT protocol, T4).',
  hasNoTls: (firmware, time) => firmware === EXPIRED_FIRMWARE && time > ROOT_ENDS,
  openQuestions: TO_CONFIRM.map((question) => ({ question })),
  survey: [],
};
