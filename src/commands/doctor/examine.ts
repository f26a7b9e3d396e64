import { resolveSettings, resolveValues, type SettingsInput } from '../../config/resolve.ts';
import type { SettingName, SettingValues } from '../../config/settings.ts';
import type { World } from '../main.ts';
import type { Desk } from '../verb.ts';
import { checkDps } from './dps.ts';
import { type CheckId, type Finding, failedBy, ok, skipped, type Verdict } from './finding.ts';
import { MODULE_CHECKS } from './module-checks.ts';
import { Way } from './way.ts';

/** Checks everything that a session needs, in the order in which it needs it, and changes nothing. */
export async function* examine(input: SettingsInput, world: World, desk: Desk): AsyncGenerator<Finding> {
  yield finding('node', ok(`Node.js ${process.versions.node}`));
  yield finding('settings', checkSettings(input));
  yield* examineModule(input, world, desk);
  yield finding('dps', await dps(input, world, desk.signal));
}

function finding(id: CheckId, verdict: Verdict): Finding {
  return { id, ...verdict };
}

function checkSettings(input: SettingsInput): Verdict {
  try {
    resolveSettings(input);
    return ok('Nothing is missing, nothing is wrong');
  } catch (error) {
    return failedBy(error);
  }
}

async function* examineModule(input: SettingsInput, world: World, desk: Desk): AsyncGenerator<Finding> {
  const way = new Way(input, world, desk);
  try {
    yield finding('port', await way.open());
    yield finding('module', await way.greet());
    for (const [id, check] of MODULE_CHECKS) {
      const { module, simulate } = way;
      if (!module) yield finding(id, skipped('The module does not answer'));
      else yield finding(id, await check({ module, simulate, ...wishes(input) }, desk.signal).catch(failedBy));
    }
  } finally {
    await way.close();
  }
}

/** The settings that the checks of the module compare with; null where one is missing or wrong. */
function wishes(input: SettingsInput) {
  return { deviceId: value(input, 'deviceId'), ssid: value(input, 'ssid'), security: value(input, 'security') };
}

function value<Name extends SettingName>(input: SettingsInput, name: Name): SettingValues[Name] | null {
  try {
    return resolveValues(input, [name])[name];
  } catch {
    return null;
  }
}

async function dps(input: SettingsInput, { clock }: World, signal: AbortSignal): Promise<Verdict> {
  if (value(input, 'simulate')) return skipped('A simulation has a DPS of its own');
  const host = value(input, 'dpsHost');
  return host === null ? skipped('No DPS is set') : checkDps(host, clock, signal);
}
