import { integer, matching } from '../config/checks.ts';
import { resolveValues } from '../config/resolve.ts';
import { LOOPBACK } from '../web/loopback.ts';
import { readEnrollment, readGroup } from './cloud-enrollments.ts';
import { readKeyRequest } from './cloud-keys.ts';
import { type CloudPlan, serveCloud } from './cloud-service.ts';
import { type CommandAction, settingsInput } from './command.ts';
import { CommandOptions, wrongOption } from './command-options.ts';
import { openModels } from './models/places.ts';
import type { ProcessEnvironment } from './process-environment.ts';
import { runService } from './runner.ts';

const MQTT_PORT = 8883;
const NTP_PORT = 123;
const aPort = integer(0, 65_535);
const aHost = matching(/^[0-9A-Za-z.:-]{1,253}$/, 'be an address or a name of this computer');

/** Lets this computer be DPS and IoT Hub for whoever can reach it, until it is asked to end. */
export const cloud: CommandAction = (given, environment) =>
  runService(given, environment, () => {
    const { idScope, httpPort, models, open, json, logFile } = resolveValues(
      // Without an ID scope it has that of a simulation.
      settingsInput({ ...given, flags: { ...given.flags, simulate: true } }, environment),
      ['idScope', 'httpPort', 'models', 'open', 'json', 'logFile'],
    );
    const options = new CommandOptions(given.flags);
    const plan: CloudPlan = {
      idScope,
      open,
      httpPort,
      models: openModels(models, environment.cwd),
      host: options.checked('host', aHost, LOOPBACK),
      mqttPort: options.checked('mqttPort', aPort, MQTT_PORT),
      httpsPort: options.checked('httpsPort', aPort, null),
      plainPort: options.checked('plainPort', aPort, null),
      data: options.text('data'),
      exportTo: options.text('export'),
      ...readEnrollments(options, environment),
      keys: options.texts('enrollKey').map((text) => readKeyRequest('--enroll-key', text, environment.cwd)),
      groupKeys: options.texts('groupKey').map((text) => readKeyRequest('--group-key', text, environment.cwd)),
      sntp: readSntp(options),
    };
    return { output: { json, logFile }, secrets: [], work: (floor) => serveCloud(plan, floor, environment) };
  });

/** The groups and devices that are let in; those without a certificate are to be given one. */
function readEnrollments(
  options: CommandOptions,
  { cwd }: ProcessEnvironment,
): Pick<CloudPlan, 'enrollments' | 'toIssue' | 'toForget'> {
  const requests = [...options.texts('enroll'), ...options.texts('enrol')].map((text) => readEnrollment(text, cwd));
  return {
    enrollments: [
      ...options.texts('group').map((path) => readGroup(path, cwd)),
      ...requests.filter((request) => 'enrollment' in request),
    ],
    toIssue: requests.flatMap((request) => ('issueTo' in request ? [request.issueTo] : [])),
    toForget: options.texts('forget'),
  };
}

function readSntp(options: CommandOptions): CloudPlan['sntp'] {
  const text = options.text('sntpDate');
  const date = text === null ? null : Date.parse(text);
  if (text !== null && (date === null || Number.isNaN(date) || !/^\d{4}-\d\d-\d\d/.test(text))) {
    throw wrongOption('--sntp-date', text, 'be a date such as 2025-05-01, or a time such as 2025-05-01T12:00:00Z');
  }
  if (date === null && !options.has('sntp')) return null;
  return { port: options.checked('sntp', aPort, NTP_PORT), date };
}
