import type { ModemTraits } from '../modem.ts';
import type { Product } from './product.ts';
import { OPEN_QUESTIONS, SURVEY } from './unconfirmed.ts';

/** What a person is told about a product of this family. */
export function traitsOf(product: Product): ModemTraits {
  const { name, certificates, identity } = product;
  return {
    certificates,
    joins: ['open', 'wpa', 'wpa2', 'wpa3'],
    keepsRoots: true,
    tlsHint:
      identity === 'files'
        ? 'The module does not trust the certificate of the server, or has none to show that the server accepts. Azure ' +
          'needs DigiCert Global Root G2, which is in every module unless somebody has deleted it; the certificate and ' +
          'the key in the module must belong together.'
        : 'The module does not trust the certificate of the server. Azure needs DigiCert Global Root G2, which is in ' +
          'every module unless somebody has deleted it.',
    hasNoTls: () => false,
    openQuestions: OPEN_QUESTIONS.filter(({ only }) => only === undefined || only === name),
    survey: SURVEY[name],
  };
}
