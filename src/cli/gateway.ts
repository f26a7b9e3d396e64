import { isIPv4 } from 'node:net';
import { deviceId as deviceIdCheck } from '../config/checks.ts';
import {
  contradictions,
  GATEWAY_SETTINGS,
  type GatewaySettings,
  gatewaySettings,
  resolveValues,
} from '../config/resolve.ts';
import { AppError } from '../errors.ts';
import { type CommandAction, settingsInput } from './command.ts';
import { CommandOptions, wrongOption } from './command-options.ts';
import { readKey } from './gateway/board-credentials.ts';
import { cloudSide } from './gateway/cloud-side.ts';
import { type GatewayPlan, serveGateway } from './gateway/gateway-service.ts';
import { MODULE_LIMITS } from './module-limits.ts';
import { runService } from './runner.ts';

/** Lets this computer make the TLS connections of boards, until it is told to end. */
export const gateway: CommandAction = (given, environment) =>
  runService(given, environment, () => {
    const { deviceId, dpsHost, mqttPort, json, logFile, gatewayAt, ...values } = resolveValues(
      settingsInput({ ...given, flags: { ...given.flags, gateway: given.flags['gateway'] ?? true } }, environment),
      [...GATEWAY_SETTINGS, 'deviceId', 'dpsHost', 'mqttPort', 'json', 'logFile'],
    );
    const settings: GatewaySettings = gatewaySettings({ ...values, gatewayAt: null });
    const [problem] = contradictions({ ...values, gatewayAt: null });
    if (problem !== undefined) throw new AppError('E_SETTINGS', problem, '', undefined, { path: '.env' });
    const named = new CommandOptions(given.flags).texts('board').map(readBoard);
    const boards = named.length > 0 || deviceId === null ? named : [{ deviceId, address: null }];
    if (boards.length === 0) {
      throw new AppError('E_CONFIG', '--board is missing: the device id of each board that may connect', '');
    }
    const key = readKey(settings, environment.cwd);
    if (key !== null && settings.keyType === 'individual' && boards.length > 1) {
      throw new AppError(
        'E_CONFIG',
        'The key of an individual enrollment is that of one board',
        'Use the key of a group (--key-type group), or certificates.',
      );
    }
    const plan: GatewayPlan = {
      settings,
      key,
      boards,
      cloud: cloudSide(settings, { dpsHost, mqttPort }, environment.cwd),
    };
    return {
      output: { json, logFile },
      secrets: key === null ? [] : [key],
      work: (context) => serveGateway(plan, context, environment),
    };
  });

/** Reads `<device id>` or `<device id>=<address>`. @throws AppError E_CONFIG */
function readBoard(text: string): GatewayPlan['boards'][number] {
  const [id = '', address, ...rest] = text.split('=');
  const checked = deviceIdCheck(id, MODULE_LIMITS);
  const isAddress = address === undefined || isIPv4(address);
  if ('must' in checked || !isAddress || rest.length > 0) {
    throw wrongOption('--board', text, 'be the device id of a board, or <device id>=<its IPv4 address>');
  }
  return { deviceId: checked.value, address: address ?? null };
}
