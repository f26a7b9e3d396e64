import { choice, integer } from '../config/checks.ts';
import { resolveValues } from '../config/resolve.ts';
import { AppError } from '../errors.ts';
import { commonName } from '../modem/certificate.ts';
import { readCertificates, readKey } from './certificate-files.ts';
import { MODULE_FAMILIES, RNWF02_FIRMWARES, TLS_VERSIONS } from './choices.ts';
import { type CommandAction, settingsInput } from './command.ts';
import { CommandOptions } from './command-options.ts';
import { type BoardPlan, serveBoard } from './module/board.ts';
import { readRules } from './module/broker-address.ts';
import type { ProcessEnvironment } from './process-environment.ts';
import { runService } from './runner.ts';
import { seeded } from './seeded.ts';

/** Lets this computer be a module at the end of a serial port, until it is told to end. */
export const module: CommandAction = (given, environment) =>
  runService(given, environment, () => {
    const { logFile, json, ssid, passphrase, security, ...settings } = resolveValues(
      // What is not given is as in a simulation, so that both ends of a demonstration fit.
      settingsInput({ ...given, flags: { ...given.flags, simulate: true } }, environment),
      ['baud', 'ssid', 'passphrase', 'security', 'deviceId', 'expiredRoot', 'pace', 'logFile', 'json'],
    );
    const options = new CommandOptions(given.flags);
    const port = options.text('port');
    if (port === null) throw new AppError('E_CONFIG', '--port is missing: the serial port to be a module on', '');
    const seed = options.checked('seed', integer(0, 0xffff_ffff), null);
    const family = options.checked('family', choice(MODULE_FAMILIES), 'anycloud');
    const firmware = options.checked('firmware', choice(RNWF02_FIRMWARES), null);
    if (firmware !== null && family !== 'rnwf02') {
      throw new AppError('E_CONFIG', '--firmware is of an RNWF02 only', 'Leave it out, or add --family rnwf02.');
    }
    const plan: BoardPlan = {
      ...settings,
      port,
      family,
      ...(firmware && { firmware }),
      blank: given.flags['blank'] === true,
      deviceId: settings.deviceId ?? '',
      network: { ssid, passphrase, security },
      identity: readIdentity(options, environment),
      trusted: options.texts('ca').flatMap((path) => readCertificates('--ca', path, environment.cwd).map(String)),
      resolve: readRules(options.texts('resolve')),
      tls: `TLSv${options.checked('tls', choice(TLS_VERSIONS), '1.2')}`,
      random: seed === null ? environment.random : seeded(seed),
    };
    return { output: { json, logFile }, secrets: [passphrase], work: (floor) => serveBoard(plan, floor, environment) };
  });

function readIdentity(options: CommandOptions, { cwd }: ProcessEnvironment): BoardPlan['identity'] {
  const [path, keyPath] = [options.text('cert'), options.text('key')];
  if (path === null && keyPath === null) return null;
  if (path === null || keyPath === null) {
    throw new AppError('E_CONFIG', '--cert and --key belong together', 'Give both, or none for a throw-away identity.');
  }
  const [leaf, ...issuers] = readCertificates('--cert', path, cwd);
  const credentials = {
    certificate: leaf.toString(),
    key: readKey('--key', keyPath, cwd, leaf),
    signer: (issuers[0] ?? leaf).toString(),
    root: (issuers.at(-1) ?? leaf).toString(),
  };
  return { commonName: commonName(leaf) ?? '', credentials };
}
