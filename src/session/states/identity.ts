import { AppError } from '../../errors.ts';
import { commonName } from '../../modem/certificate.ts';
import { checkLimit } from '../../modem/limits.ts';
import type { StateHandler } from '../context.ts';
import { event } from '../report.ts';

/** Settles the device id: it is the common name of the module's certificate, or DPS refuses it (Azure 1.1). */
export const identity: StateHandler<'identity'> = async (context, signal) => {
  const { modem, settings, report } = context;
  const certificate = await modem.certificates.device(signal);
  const name = certificate && commonName(certificate);
  if (settings.deviceId === null) {
    if (!name) {
      throw new AppError(
        'E_CONFIG',
        'DEVICE_ID is empty, and the certificate of the module tells no common name',
        'Write in .env: DEVICE_ID=<the id that is enrolled at DPS>',
      );
    }
    checkLimit(modem.limits, 'clientId', name);
    event(report, `Device id ${name}, from the certificate of the module`);
  } else if (name && name !== settings.deviceId) {
    throw new AppError(
      'E_CONFIG',
      `DEVICE_ID is "${settings.deviceId}", but the certificate of the module is for "${name}"; DPS would refuse it`,
      `Write in .env: DEVICE_ID=${name}, or leave it empty.`,
    );
  }
  context.deviceId = settings.deviceId ?? name ?? '';
  return 'known';
};
