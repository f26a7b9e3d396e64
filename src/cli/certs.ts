import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { AppError, EXIT } from '../errors.ts';
import { certificateFacts } from '../modem/certificate-facts.ts';
import type { CertificateKind } from '../modem/modem.ts';
import { readUserFile } from '../user-file.ts';
import type { CommandAction } from './command.ts';
import { runWithModule } from './with-module.ts';

interface Kind {
  kind: CertificateKind;
  /** As the original scripts name it. */
  fileName(name: string): string;
  advice: readonly string[];
}

const KINDS: readonly Kind[] = [
  {
    kind: 'device',
    fileName: (name) => `${name.replace(/[^0-9A-Za-z_-]/g, '_')}.PEM`,
    advice: [
      'Individual enrollment of this one board. The common name is the device id and the registration id.',
      '  IoT Central: Devices, New with that device id; then Connect, Individual enrollment, Certificates (X.509):',
      '  upload this file as primary and as secondary certificate.',
      '  DPS: Manage enrollments, Individual enrollments, Add: X.509 client certificates, this file as primary.',
    ],
  },
  {
    kind: 'signer',
    fileName: () => 'SignerCA.PEM',
    advice: [
      'Group enrollment of every board whose certificate this one has signed.',
      '  IoT Central: Permissions, Device connection groups, New: Certificates (X.509), this file as primary.',
      '  DPS: Manage enrollments, Enrollment groups, Add: X.509 intermediate certificate, this file as primary.',
    ],
  },
  {
    kind: 'root',
    fileName: () => 'RootCA.PEM',
    advice: ['Group enrollment of every board of this maker: far more than yours, so prefer the signer.'],
  },
];

/** Reads the certificates of the module, writes them as PEM files and says what each is for. */
export const certs: CommandAction = (given, environment) =>
  runWithModule(given, environment, async (module, { signal, print, printJson }) => {
    const out = typeof given.flags['out'] === 'string' ? given.flags['out'] : '.';
    const missing: string[] = [];
    for (const { kind, fileName, advice } of KINDS.filter(({ kind }) => module.traits.certificates.includes(kind))) {
      const certificate = await module.certificates.read(kind, signal);
      if (!certificate) {
        missing.push(kind);
        continue;
      }
      const facts = certificateFacts(certificate);
      const file = join(out, fileName(facts.commonName ?? kind));
      const written = write(resolve(environment.cwd, out), resolve(environment.cwd, file), certificate.toString());
      if (given.flags['json'] === true) {
        printJson({ kind, file, ...facts });
        continue;
      }
      print(`${kind} certificate: ${file} (${written})`);
      print(`  subject      ${facts.subject}`);
      print(`  common name  ${facts.commonName ?? 'none'}`);
      print(`  valid        from ${facts.validFrom} to ${facts.validTo}`);
      print(`  SHA-1        ${facts.sha1}`);
      print(`  SHA-256      ${facts.sha256}`);
      for (const line of advice) print(`  ${line}`);
      print('');
    }
    if (missing.length === 0) return EXIT.done;
    if (module.identityStore) {
      throw new AppError(
        'E_IDENTITY_MISSING',
        'The module holds no certificate of a device that can be read',
        'Store the certificate of the device and its key in the module.',
      );
    }
    throw new AppError(
      'E_MODULE_REFUSED',
      `The module has given no ${missing.join(', no ')} certificate that can be read`,
      'Press the reset button of the board and try again; a board without its secure element has none.',
    );
  });

/** Whatever is there of that name, and is larger, is not ours to replace. */
const LIMIT = 1024 * 1024;

/** @throws AppError E_CONFIG when the file cannot be written */
function write(folder: string, path: string, pem: string): 'written' | 'replaced' | 'unchanged' {
  try {
    mkdirSync(folder, { recursive: true });
    const existed = existsSync(path);
    if (existed && readUserFile(path, LIMIT).toString('utf8') === pem) return 'unchanged';
    writeFileSync(path, pem);
    return existed ? 'replaced' : 'written';
  } catch (cause) {
    throw new AppError(
      'E_CONFIG',
      `The certificate cannot be written to ${path}`,
      'Name another folder: --out <folder>',
      cause,
    );
  }
}
