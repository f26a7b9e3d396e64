import type { AnyCloudModule } from '../anycloud/module.ts';
import { resolveValues, type SettingsInput } from '../config/resolve.ts';
import type { ExitCode } from '../errors.ts';
import type { Report } from '../events.ts';
import { greet } from './greet.ts';
import { type Link, type LinkSettings, openLink } from './open-link.ts';
import { type Desk, type Given, runVerb, settingsInput } from './verb.ts';
import type { World } from './world.ts';

/** A verb's work with a module that answers. */
type Work = (module: AnyCloudModule, desk: Desk) => Promise<ExitCode>;

/** Runs a verb that needs the module of its settings, and leaves everything closed. */
export function runWithModule(given: Given, world: World, work: Work): Promise<ExitCode> {
  return runVerb(world, async (desk) => {
    const settings = linkSettings(settingsInput(given, world));
    return withModule(settings, world, desk, (module) => work(module, desk));
  });
}

/**
 * Opens the way to the module, calls `use` with the module brought to attention, and closes the way again.
 * @throws AppError when there is no AnyCloud module at the end of the way
 */
export async function withModule<T>(
  settings: LinkSettings,
  world: World,
  desk: Desk,
  use: (module: AnyCloudModule) => Promise<T>,
): Promise<T> {
  const link = await openVerbLink(settings, world, desk);
  try {
    const module = await greet(await link.open(desk.signal), world.clock, desk.signal);
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
  if (!simulate) return { simulate, ...resolveValues(input, ['port', 'baud']) };
  const { ssid, passphrase, security, ...values } = resolveValues(input, [
    'pace',
    'ssid',
    'passphrase',
    'security',
    'idScope',
    'deviceId',
    'mqttTls',
    'demoTwin',
  ]);
  // Any free port: nobody is told of this cloud, and a session may have the usual one.
  return { simulate, ...values, wifi: { ssid, passphrase, security }, httpPort: 0 };
}

/** Opens the way to the module, and notes what there is to say about it. */
export function openVerbLink(settings: LinkSettings, { clock, random }: World, { note }: Desk): Promise<Link> {
  const report: Report = (event) => {
    if (event.type === 'event') note(event.message);
  };
  return openLink(settings, { clock, random, report });
}
