import { resolveValues } from '../config/resolve.ts';
import { AppError, EXIT } from '../errors.ts';
import { certificateFrom } from '../pem.ts';
import { waiting } from '../session/report.ts';
import { type CommandAction, settingsInput } from './command.ts';
import { readRootCertificate } from './root-certificate.ts';
import { familyOf, runWithModule } from './with-module.ts';

/** Loads a root certificate into the module, and makes sure that it is there. */
export const loadCert: CommandAction = async (given, environment) => {
  const [path = ''] = given.args;
  const { modem } = resolveValues(settingsInput(given, environment), ['modem']);
  const { pem, choice } = readRootCertificate(path, environment, familyOf(modem));
  const subject = certificateFrom(pem).subject.replaceAll('\n', ', ');
  return runWithModule(given, environment, async (module, { signal, print, report }) => {
    if (choice !== null) print(choice);
    const total = Buffer.byteLength(pem);
    const onProgress = (count: number) => waiting(report, 'sending the certificate, in bytes', { count, total });
    if (!(await module.certificates.trust(pem, signal, onProgress))) {
      print(`The module has this certificate already: ${subject}`);
      return EXIT.done;
    }
    if (!(await module.certificates.trusts(pem, signal))) {
      throw new AppError(
        'E_MODULE_REFUSED',
        'The module has taken the certificate, but gives back another one',
        'Press the reset button of the board and load it again.',
      );
    }
    print(`Loaded, and read back: ${subject}`);
    print(
      module.traits.keepsRoots
        ? 'It stays in the module; --root-cert (ROOT_CERT) makes a session use it.'
        : 'The module forgets it at its next reset; --root-cert (ROOT_CERT) makes every session load it.',
    );
    return EXIT.done;
  });
};
