import { readEnvFile } from '../config/env-file.ts';
import { resolveSettings, type Settings } from '../config/resolve.ts';
import { EXIT, type ExitCode, toAppError } from '../errors.ts';
import { Session } from '../session/session.ts';
import { attachKeyboard } from '../terminal/keyboard.ts';
import { type Output, openOutput } from '../terminal/output.ts';
import { Redactor } from '../terminal/redact.ts';
import { conclude } from './conclude.ts';
import { Ending, type Farewell } from './ending.ts';
import { type Link, openLink } from './open-link.ts';
import { readRootCertificate } from './root-certificate.ts';
import type { World } from './world.ts';

/** What tells a program that reads JSON of settings that are wrong. */
const JSON_ONLY: Settings['output'] = { quiet: false, verbose: false, json: true, logFile: null, color: false };

/** Runs a session from the settings to its end, and returns the exit code. */
export async function run(flags: Record<string, unknown>, world: World): Promise<ExitCode> {
  const startedAt = world.clock.now();
  const redactor = new Redactor();
  const ending = new Ending(world);
  const onClosed = () => ending.request(EXIT.done, 'the output was closed');
  const interactive = world.stdin.isTTY === true;
  const open = (output: Settings['output']) =>
    openOutput({ ...world, output, redactor, startedAt, interactive, onClosed });
  try {
    const settings = readSettings(flags, world);
    redactor.add(settings.wifi.passphrase);
    if (settings.duration !== null) ending.requestAt(startedAt + 1000 * settings.duration);
    const output = await open(settings.output);
    return await conclude(output, await runSession(settings, output, ending, world).catch(toAppError));
  } catch (error) {
    if (flags['json'] !== true) throw error;
    return await conclude(await open(JSON_ONLY), toAppError(error));
  } finally {
    ending.dispose();
  }
}

function readSettings(flags: Record<string, unknown>, { env, cwd }: World): Settings {
  const named = flags['envFile'];
  return resolveSettings({ flags, env, envFile: readEnvFile(typeof named === 'string' ? named : undefined, cwd) });
}

async function runSession(settings: Settings, output: Output, ending: Ending, world: World): Promise<Farewell> {
  const { clock, random, stdin, signals } = world;
  const { report } = output;
  const rootCert = settings.rootCert === null ? null : readRootCertificate(settings.rootCert, world);
  let session: Session | null = null;
  let link: Link | null = null;
  const keyboard = attachKeyboard({
    stdin,
    clock,
    signals,
    onEscape: () => ending.request(EXIT.done, 'ESC'),
    onInterrupt: () => ending.request(EXIT.interrupted, 'Ctrl-C'),
    onEnd: () => ending.request(EXIT.done, 'the terminal was closed'),
    onLine: (line) => void session?.type(line),
    onNote: (message) => report({ type: 'event', level: 'warning', message }),
    onEdit: (line) => output.setInputLine(line),
  });
  ending.beforeExit = () => keyboard?.close();
  try {
    link = await openLink(settings, { clock, random, report });
    session = new Session({ settings: { ...settings, rootCert }, clock, random, report, open: link.open });
    await session.run(ending.signal);
    return ending.farewell ?? { code: EXIT.done, reason: 'the requested number of messages was sent' };
  } finally {
    await link?.close();
    keyboard?.close();
  }
}
