import { AppError, EXIT } from '../errors.ts';
import { commonName } from '../modem/certificate.ts';
import { certificateFacts } from '../modem/certificate-facts.ts';
import type { Modem } from '../modem/modem.ts';
import { privateKeyFrom } from '../pem.ts';
import { waiting } from '../session/report.ts';
import { readCertificates, readKey } from './certificate-files.ts';
import type { CommandAction, Given } from './command.ts';
import { CommandOptions } from './command-options.ts';
import type { ProcessEnvironment } from './process-environment.ts';
import { runWithModule } from './with-module.ts';

/** What is to be written: the certificate of a device, with its issuers where the file has them, and its key. */
interface Identity {
  certificate: string;
  key: string;
  deviceId: string;
  /** What a person is told of it. */
  facts: ReturnType<typeof certificateFacts>;
  keyKind: string;
}

/** Stores the identity of a device in the flash of a module that has none of its own. Nothing else does that. */
export const provision: CommandAction = async (given, environment) => {
  const identity = readIdentity(given, environment);
  return runWithModule(given, environment, async (module, { signal, print, report, note }) => {
    const { identityStore: store } = module;
    if (!store) {
      throw new AppError(
        'E_CONFIG',
        `An ${module.family} module has an identity of its own, whose key never leaves it`,
        'It needs no other one: "certs" reads its certificate.',
      );
    }
    checkLimits(identity, module);
    const before = await store.read(signal);
    if ((before.hasCertificate || before.hasKey) && given.flags['yes'] !== true) {
      const holder = (before.certificate && commonName(before.certificate)) ?? 'somebody whose name it does not tell';
      throw new AppError('E_CONFIG', `The module holds an identity already, of ${holder}`, 'Replace it with --yes.');
    }
    print(`Certificate of ${identity.deviceId}, valid to ${identity.facts.validTo}, with ${identity.keyKind}`);
    note(
      'Whoever can talk to the module can use this key from now on, and what is written to flash can be read from it.',
    );
    await store.write(identity, signal, (count, total) =>
      waiting(report, 'writing the certificate and its key, in bytes', { count, total }),
    );
    const after = await store.read(signal);
    const isOther = after.certificate && certificateFacts(after.certificate).sha256 !== identity.facts.sha256;
    if (!after.hasKey || !after.hasCertificate || isOther) {
      throw new AppError(
        'E_MODULE_REFUSED',
        'The module has taken the files, but gives back others',
        'Press the reset button of the board and store them again with --yes.',
      );
    }
    print(
      after.certificate
        ? `Stored in the module, and the certificate read back. Its SHA-256 is ${identity.facts.sha256}`
        : `Stored in the module, which does not give certificates back: set DEVICE_ID=${identity.deviceId}. ` +
            `The SHA-256 of this one is ${identity.facts.sha256}`,
    );
    print(`Enroll it at DPS; the device id, and the registration id, is ${identity.deviceId}.`);
    return EXIT.done;
  });
};

/** @throws AppError E_CONFIG when a file is missing, or is none */
function readIdentity(given: Given, { cwd, clock }: ProcessEnvironment): Identity {
  const options = new CommandOptions(given.flags);
  const [path, keyPath] = [options.text('cert'), options.text('key')];
  if (path === null || keyPath === null) {
    throw new AppError('E_CONFIG', '--cert and --key are needed: the certificate of the device, and its key', '');
  }
  const [leaf, ...issuers] = readCertificates('--cert', path, cwd);
  const key = readKey('--key', keyPath, cwd, leaf);
  const facts = certificateFacts(leaf);
  if (facts.commonName === null) {
    throw new AppError('E_CONFIG', `The certificate ${path} has no common name`, 'DPS needs one: it is the device id.');
  }
  if (Date.parse(facts.validTo) < clock.wall()) {
    throw new AppError('E_CONFIG', `The certificate ${path} has expired on ${facts.validTo}`, 'Issue a new one.');
  }
  const { asymmetricKeyType = 'unknown', asymmetricKeyDetails } = privateKeyFrom(key);
  const size = asymmetricKeyDetails?.namedCurve ?? asymmetricKeyDetails?.modulusLength ?? '';
  return {
    certificate: [leaf, ...issuers].map(String).join(''),
    key,
    deviceId: facts.commonName,
    facts,
    keyKind: `a key of the kind ${asymmetricKeyType} ${size}`.trim(),
  };
}

/** @throws AppError E_CONFIG */
function checkLimits({ deviceId }: Identity, { limits }: Modem): void {
  const bytes = Buffer.byteLength(deviceId);
  if (bytes <= limits.clientId) return;
  throw new AppError(
    'E_CONFIG',
    `The common name "${deviceId}" has ${bytes} bytes; the module takes ${limits.clientId}`,
    'Issue a certificate with a shorter one.',
  );
}
