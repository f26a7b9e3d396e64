import { X509Certificate } from 'node:crypto';
import { AppError, EXIT } from '../errors.ts';
import { loadCertificate, readCertificate } from '../modem/anycloud/certificates.ts';
import type { VerbAction } from './command.ts';
import { readRootCertificate } from './root-certificate.ts';
import { runWithModule } from './with-module.ts';

/** Loads a root certificate into the module until its next reset, and makes sure that it is there. */
export const loadCert: VerbAction = async (given, environment) => {
  const [path = ''] = given.args;
  const pem = readRootCertificate(path, environment);
  const wanted = new X509Certificate(pem);
  const subject = wanted.subject.replaceAll('\n', ', ');
  return runWithModule(given, environment, async (module, { signal, print }) => {
    const holds = async () => (await readCertificate(module, 'loaded', signal))?.raw.equals(wanted.raw) === true;
    // Once there was a TLS connection, loading the same one again may do harm (AT protocol 7.17).
    if (await holds()) {
      print(`The module has this certificate already: ${subject}`);
      return EXIT.done;
    }
    const bytes = Buffer.from(pem);
    await loadCertificate(module, bytes, signal, (sent) => print(`Sent ${sent} of ${bytes.length} bytes`));
    if (!(await holds())) {
      throw new AppError(
        'E_MODULE_REFUSED',
        'The module has taken the certificate, but gives back another one',
        'Press the reset button of the board and load it again.',
      );
    }
    print(`Loaded, and read back: ${subject}`);
    print('The module forgets it at its next reset; --root-cert (ROOT_CERT) makes every session load it.');
    return EXIT.done;
  });
};
