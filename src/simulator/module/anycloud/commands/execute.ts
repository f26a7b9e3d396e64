import { parseLine, parseParameters } from '../parser.ts';
import { STATUS } from '../status.ts';
import { CERTIFICATE_COMMANDS } from './certificates.ts';
import type { FirmwareApi, Handler, Outcome } from './firmware-api.ts';
import { helpText } from './help.ts';
import { MQTT_COMMANDS } from './mqtt.ts';
import { applyOptions, SYSTEM_COMMANDS } from './system.ts';
import { TIME_COMMANDS } from './time.ts';
import { WIFI_COMMANDS } from './wifi.ts';

/** Every command that the virtual module knows; names are matched exactly. */
export const COMMANDS = new Map<string, Handler>(
  Object.entries({
    ...SYSTEM_COMMANDS,
    ...WIFI_COMMANDS,
    ...TIME_COMMANDS,
    ...CERTIFICATE_COMMANDS,
    ...MQTT_COMMANDS,
  }),
);

/** Carries out one command line (AT protocol 4.1). @returns its status; undefined when it ends without one. */
export function execute(firmware: FirmwareApi, line: Buffer): Outcome {
  const request = parseLine(line);
  if (request.kind === 'attention') return STATUS.ok;
  if (request.kind === 'failed') return request.status;
  const { name, text, help, endless } = request;
  const handler = COMMANDS.get(name);
  // What follows an option is not looked at, and there is no help for it.
  if (!handler) return applyOptions(firmware, name);
  if (help) {
    firmware.console.print(helpText(name));
    return STATUS.ok;
  }
  if (text.length > 0 && endless) {
    firmware.console.release();
    firmware.console.prompt();
    return undefined;
  }
  const parameters = parseParameters(text);
  switch (parameters.kind) {
    case 'failed':
      return parameters.status;
    case 'crash':
      firmware.crash('more than 32 parameters have overwritten the stack');
      return undefined;
    case 'parameters':
      return handler(firmware, parameters.values);
  }
}
