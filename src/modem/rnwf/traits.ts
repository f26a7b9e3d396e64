import type { ModemTraits } from '../modem.ts';
import { isAtLeast, type Product } from './product.ts';
import { OPEN_QUESTIONS, SURVEY } from './unconfirmed.ts';

/** Files can be stored, and names of servers are verified, from these versions of RNWF02 firmware on (RNWF 7, 9). */
const FILES = [3, 0];

/** What a person is told about a product of this family. */
export function traitsOf(product: Product): ModemTraits {
  const { name, certificates, identity } = product;
  return {
    certificates,
    keepsRoots: true,
    tlsHint:
      identity === 'files'
        ? 'The module does not trust the certificate of the server, or has none to show that the server accepts. Azure ' +
          'needs DigiCert Global Root G2, which is in every module unless somebody has deleted it; the certificate and ' +
          'the key in the module must belong together.'
        : 'The module does not trust the certificate of the server. Azure needs DigiCert Global Root G2, which is in ' +
          'every module unless somebody has deleted it.',
    hasNoTls: () => false,
    remarkOn: (firmware) =>
      name === 'RNWF02' && /^\d/.test(firmware) && !isAtLeast(firmware, FILES)
        ? {
            problem: 'which takes no files in command lines',
            advice: 'Program a newer one: certificates and keys can be stored from version 3.0 on.',
          }
        : null,
    openQuestions: OPEN_QUESTIONS.filter(({ only }) => only === undefined || only === name),
    survey: SURVEY[name],
  };
}
