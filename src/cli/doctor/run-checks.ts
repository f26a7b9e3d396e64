import { remarksOn, resolveSettings, resolveValues, type SettingsInput } from '../../config/resolve.ts';
import type { SettingName, SettingValues } from '../../config/settings.ts';
import { AppError } from '../../errors.ts';
import { type Modem, ModemError, type ModemTraits } from '../../modem/modem.ts';
import type { CommandContext } from '../command.ts';
import type { ProcessEnvironment } from '../process-environment.ts';
import { readRootCertificate } from '../root-certificate.ts';
import { familyOf } from '../with-module.ts';
import {
  type CheckId,
  type CheckResult,
  type Finding,
  failed,
  failedBy,
  ok,
  skipped,
  warning,
} from './check-result.ts';
import { checkReach } from './gateway-reach.ts';
import { MODULE_CHECKS } from './module-checks.ts';
import { ModuleProbe } from './module-probe.ts';
import { checkServer } from './server.ts';

/**
 * Checks everything that a session needs, in the order in which it needs it, and changes nothing.
 * @param onModule is told what module was found, which is then asked for more than the checks need; null: it is not
 */
export async function* runChecks(
  input: SettingsInput,
  environment: ProcessEnvironment,
  context: CommandContext,
  onModule: ((traits: ModemTraits) => void) | null = null,
): AsyncGenerator<Finding> {
  yield finding('node', ok(`Node.js ${process.versions.node}`));
  yield finding('settings', checkSettings(input, environment));
  yield* examineModule(input, environment, context, onModule);
  yield finding('dps', await dps(input, environment, context.signal));
  const hub = input.flags['hub'];
  if (typeof hub !== 'string') return;
  const address = {
    host: hub,
    port: value(input, 'mqttPort') ?? 8883,
    root: trustedRoot(input, environment),
    setting: '--hub',
  };
  yield finding('hub', await checkServer(address, environment.clock, context.signal));
}

function finding(id: CheckId, verdict: CheckResult): Finding {
  return { id, ...verdict };
}

function checkSettings(input: SettingsInput, environment: ProcessEnvironment): CheckResult {
  try {
    const { rootCert, modem } = resolveSettings(input);
    const root = rootCert === null ? null : readRootCertificate(rootCert, environment, familyOf(modem));
    const { warnings } = remarksOn(input);
    if (warnings.length > 0) return warning(warnings.join('\n'), 'Correct the name in the file.');
    return ok(`Nothing is missing, nothing is wrong${root?.choice ? `. ${root.choice}` : ''}`);
  } catch (error) {
    return failedBy(error);
  }
}

async function* examineModule(
  input: SettingsInput,
  environment: ProcessEnvironment,
  context: CommandContext,
  onModule: ((traits: ModemTraits) => void) | null,
): AsyncGenerator<Finding> {
  const way = new ModuleProbe(input, environment, context);
  try {
    yield finding('port', await way.open());
    yield finding('module', await way.identifyModule());
    for (const [id, check] of MODULE_CHECKS) {
      const { module, simulate } = way;
      if (!module) yield finding(id, skipped('The module does not answer'));
      else
        yield finding(
          id,
          await check(
            { module, simulate, ...environment, hasGateway: hasGateway(input), ...desired(input) },
            context.signal,
          ).catch(failedBy),
        );
    }
    if (way.module && onModule) {
      onModule(way.module.traits);
      await survey(way.module, context.signal);
    }
    const wanted = value(input, 'gateway');
    if (input.flags['join'] === true || wanted !== null) yield finding('join', await joins(input, way.module, context));
    if (wanted !== null) {
      const reach = { wanted, port: value(input, 'gatewayPort') ?? 0, simulate: way.simulate };
      yield finding('gateway', await checkReach(way.module, reach, environment, context.signal));
    }
  } finally {
    await way.close();
  }
}

/** Has the module say what is not known of it, for a report. */
async function survey(module: Modem, signal: AbortSignal): Promise<void> {
  for (const line of module.traits.survey) {
    try {
      await module.type(line, signal);
    } catch (error) {
      if (!(error instanceof ModemError) || error.failure === 'closed') throw error;
    }
  }
}

/** Whether the module joins the network that is set; it stays in it. */
async function joins(input: SettingsInput, module: Modem | null, { signal }: CommandContext): Promise<CheckResult> {
  if (!module) return skipped('The module does not answer');
  try {
    const { ssid, passphrase, security, ntpServer } = resolveValues(input, [
      'ssid',
      'passphrase',
      'security',
      'ntpServer',
    ]);
    const wifi = { ssid, passphrase, security };
    const { active, own } = await module.wifi.state(wifi, ntpServer, signal);
    if (active && own) return ok(`The module is in the network "${ssid}" already`);
    if (active && !(await module.wifi.leave(signal))) {
      return failed('The module does not leave the network that it is in', 'Press its reset button.');
    }
    await module.wifi.configure(wifi, ntpServer, signal);
    const result = await module.wifi.join(signal);
    if (result.joined) return ok(`The module has joined the network "${ssid}", with the address ${result.ip}`);
    const message = `The module could not join the network "${ssid}": ${result.reason}`;
    return failedBy(new AppError('E_WIFI_JOIN', message, 'Check name, passphrase and security of the network.'));
  } catch (error) {
    return failedBy(error);
  }
}

/** The settings that the checks of the module compare with; null where one is missing or wrong. */
function desired(input: SettingsInput) {
  return { deviceId: value(input, 'deviceId'), ssid: value(input, 'ssid'), security: value(input, 'security') };
}

/** Whether a gateway makes the TLS connections, in the session or elsewhere. */
function hasGateway(input: SettingsInput): boolean {
  return value(input, 'gateway') !== null || value(input, 'gatewayAt') !== null;
}

function value<Name extends SettingName>(input: SettingsInput, name: Name): SettingValues[Name] | null {
  try {
    return resolveValues(input, [name])[name];
  } catch {
    return null;
  }
}

async function dps(input: SettingsInput, environment: ProcessEnvironment, signal: AbortSignal): Promise<CheckResult> {
  if (value(input, 'simulate')) return skipped('A simulation has a DPS of its own');
  if (value(input, 'mqttTls') === 0 && !hasGateway(input)) return skipped('MQTT goes without TLS');
  const [host, port] = [value(input, 'dpsHost'), value(input, 'mqttPort')];
  if (host === null || port === null) return skipped('No DPS is set, or its settings are wrong');
  const root = trustedRoot(input, environment);
  return checkServer({ host, port, root, setting: 'DPS_HOST' }, environment.clock, signal);
}

/** The root that is set; null where there is none, or it is wrong, which the settings' check tells. */
function trustedRoot(input: SettingsInput, environment: ProcessEnvironment): string | null {
  const path = value(input, 'rootCert');
  try {
    return path === null ? null : readRootCertificate(path, environment, familyOf(value(input, 'modem') ?? 'auto')).pem;
  } catch {
    return null;
  }
}
