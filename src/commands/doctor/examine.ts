import { resolveSettings, resolveValues, type SettingsInput } from '../../config/resolve.ts';
import type { SettingName, SettingValues } from '../../config/settings.ts';
import { readRootCertificate } from '../root-certificate.ts';
import type { Desk } from '../verb.ts';
import type { World } from '../world.ts';
import { checkDps } from './dps.ts';
import { type CheckId, type Finding, failedBy, ok, skipped, type Verdict } from './finding.ts';
import { MODULE_CHECKS } from './module-checks.ts';
import { Way } from './way.ts';

/** Checks everything that a session needs, in the order in which it needs it, and changes nothing. */
export async function* examine(input: SettingsInput, world: World, desk: Desk): AsyncGenerator<Finding> {
  yield finding('node', ok(`Node.js ${process.versions.node}`));
  yield finding('settings', checkSettings(input, world));
  yield* examineModule(input, world, desk);
  yield finding('dps', await dps(input, world, desk.signal));
}

function finding(id: CheckId, verdict: Verdict): Finding {
  return { id, ...verdict };
}

function checkSettings(input: SettingsInput, world: World): Verdict {
  try {
    const { rootCert } = resolveSettings(input);
    if (rootCert !== null) readRootCertificate(rootCert, world);
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

async function dps(input: SettingsInput, world: World, signal: AbortSignal): Promise<Verdict> {
  if (value(input, 'simulate')) return skipped('A simulation has a DPS of its own');
  if (value(input, 'mqttTls') === 0) return skipped('MQTT goes without TLS');
  const [host, port] = [value(input, 'dpsHost'), value(input, 'mqttPort')];
  if (host === null || port === null) return skipped('No DPS is set, or its settings are wrong');
  return checkDps({ host, port, root: trustedRoot(input, world) }, world.clock, signal);
}

/** The root that is set; null where there is none, or it is wrong, which the settings' check tells. */
function trustedRoot(input: SettingsInput, world: World): string | null {
  const path = value(input, 'rootCert');
  try {
    return path === null ? null : readRootCertificate(path, world);
  } catch {
    return null;
  }
}
