import { readEnvFile } from '../config/env-file.ts';
import { resolveSettings, type Settings } from '../config/resolve.ts';
import { EXIT, type ExitCode, toAppError } from '../errors.ts';
import { createModem } from '../modem/detect.ts';
import { Session } from '../session/session.ts';
import { attachKeyboard } from '../terminal/keyboard.ts';
import { type Output, openOutput } from '../terminal/output.ts';
import { Redactor } from '../terminal/redact.ts';
import { chooseDevice } from './choose-device.ts';
import { finish } from './finish.ts';
import { type Link, openLink } from './open-link.ts';
import type { ProcessEnvironment } from './process-environment.ts';
import { readRootCertificate } from './root-certificate.ts';
import { type ExitStatus, Shutdown } from './shutdown.ts';

/** What tells a program that reads JSON of settings that are wrong. */
const JSON_ONLY: Settings['output'] = { quiet: false, verbose: false, json: true, logFile: null, color: false };

/** Runs a session from the settings to its end, and returns the exit code. */
export async function run(flags: Record<string, unknown>, environment: ProcessEnvironment): Promise<ExitCode> {
  const startedAt = environment.clock.monotonic();
  const redactor = new Redactor();
  const shutdown = new Shutdown(environment);
  const onClosed = () => shutdown.request(EXIT.done, 'the output was closed');
  const interactive = environment.stdin.isTTY === true;
  const open = (output: Settings['output']) =>
    openOutput({ ...environment, output, redactor, startedAt, interactive, onClosed });
  try {
    const settings = readSettings(flags, environment);
    redactor.add(settings.wifi.passphrase);
    if (settings.duration !== null) shutdown.requestAt(startedAt + 1000 * settings.duration);
    const output = await open(settings.output);
    return await finish(output, await runSession(settings, output, shutdown, environment).catch(toAppError));
  } catch (error) {
    if (flags['json'] !== true) throw error;
    return await finish(await open(JSON_ONLY), toAppError(error));
  } finally {
    shutdown.dispose();
  }
}

function readSettings(flags: Record<string, unknown>, { env, cwd }: ProcessEnvironment): Settings {
  const named = flags['envFile'];
  return resolveSettings({ flags, env, envFile: readEnvFile(typeof named === 'string' ? named : undefined, cwd) });
}

async function runSession(
  settings: Settings,
  output: Output,
  shutdown: Shutdown,
  environment: ProcessEnvironment,
): Promise<ExitStatus> {
  const { clock, random, stdin, signals } = environment;
  const { report } = output;
  const device = chooseDevice(settings);
  const rootCert = settings.rootCert === null ? null : readRootCertificate(settings.rootCert, environment);
  let session: Session | null = null;
  let link: Link | null = null;
  const keyboard = attachKeyboard({
    stdin,
    clock,
    signals,
    onEscape: () => shutdown.request(EXIT.done, 'ESC'),
    onInterrupt: () => shutdown.request(EXIT.interrupted, 'Ctrl-C'),
    onEnd: () => shutdown.request(EXIT.done, 'the terminal was closed'),
    onLine: (line) => void session?.type(line),
    onNote: (message) => report({ type: 'event', level: 'warning', message }),
    onEdit: (line) => output.setInputLine(line),
  });
  shutdown.beforeExit = () => keyboard?.close();
  try {
    link = await openLink(settings, { clock, random, report });
    const { open } = link;
    const openModem = async (signal: AbortSignal) => createModem(await open(signal), clock);
    session = new Session({ settings: { ...settings, rootCert }, device, clock, random, report, openModem });
    await session.run(shutdown.signal);
    return shutdown.exitStatus ?? { code: EXIT.done, reason: 'the requested number of messages was sent' };
  } finally {
    await link?.close();
    keyboard?.close();
  }
}
