import { resolveValues, type SettingsInput } from '../config/resolve.ts';
import type { SettingValues } from '../config/settings.ts';
import type { ExitCode } from '../errors.ts';
import { type Family, identifyModem } from '../modem/detect.ts';
import type { Modem } from '../modem/modem.ts';
import { reportDialogue } from '../session/report.ts';
import { type CommandContext, type Given, settingsInput } from './command.ts';
import { type Link, type LinkSettings, openLink } from './open-link.ts';
import type { ProcessEnvironment } from './process-environment.ts';
import { runCommand } from './runner.ts';

/** A command's work with a module that answers. */
type Work = (module: Modem, context: CommandContext) => Promise<ExitCode>;

/** Runs a command that needs the module of its settings, and leaves everything closed. */
export function runWithModule(given: Given, environment: ProcessEnvironment, work: Work): Promise<ExitCode> {
  return runCommand(given, environment, async (context) => {
    const settings = linkSettings(settingsInput(given, environment));
    return withModule(settings, environment, context, (module) => work(module, context));
  });
}

/**
 * Opens the way to the module, calls `use` with the module synchronized, and closes the way again.
 * @throws AppError when there is no module at the end of the way
 */
export async function withModule<T>(
  settings: LinkSettings,
  environment: ProcessEnvironment,
  context: CommandContext,
  use: (module: Modem) => Promise<T>,
): Promise<T> {
  const link = await openCommandLink(settings, environment, context);
  try {
    const stream = await link.open(context.signal);
    const module = await identifyModem(stream, environment.clock, context.signal, settings.family, (found) =>
      reportDialogue(context.report, found),
    );
    try {
      return await use(module);
    } finally {
      module.close();
    }
  } finally {
    await link.close();
  }
}

/** Only the settings that the way to the module needs. @throws AppError E_CONFIG */
export function linkSettings(input: SettingsInput): LinkSettings {
  const { simulate } = resolveValues(input, ['simulate']);
  const family = familyOf(resolveValues(input, ['modem']).modem);
  if (!simulate) return { simulate, family, ...resolveValues(input, ['port', 'baud']) };
  const { ssid, passphrase, security, ...values } = resolveValues(input, [
    'pace',
    'ssid',
    'passphrase',
    'security',
    'idScope',
    'deviceId',
    'mqttTls',
    'interval',
    'expiredRoot',
    'gateway',
  ]);
  // Any free port: nobody is told of this cloud, and a session may have the usual one.
  return { simulate, family, ...values, wifi: { ssid, passphrase, security }, emptyTwin: true, httpPort: 0 };
}

/** The family that a setting names; null where the module is asked. */
export function familyOf(modem: SettingValues['modem']): Family | null {
  return modem === 'auto' ? null : modem;
}

/** Opens the way to the module, and notes what there is to say about it. */
export function openCommandLink(
  settings: LinkSettings,
  { clock, random }: ProcessEnvironment,
  { report }: CommandContext,
): Promise<Link> {
  return openLink(settings, { clock, random, report });
}
