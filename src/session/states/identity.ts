import { AppError } from '../../errors.ts';
import { commonName } from '../../modem/certificate.ts';
import { certificateFacts } from '../../modem/certificate-facts.ts';
import { event } from '../report.ts';
import type { StateHandler } from './state-handler.ts';

/** Settles the device id: it is the common name of the module's certificate, or DPS refuses it (Azure 1.1). */
export const identity: StateHandler<'identity'> = async (context, { modem }, signal) => {
  const { settings, report, gateway } = context;
  const certificate = await modem.certificates.device(signal);
  const name = certificate && commonName(certificate);
  // Told before anything is compared with it: whoever is refused wants to see it most.
  if (certificate && !gateway) {
    const { commonName: _, ...facts } = certificateFacts(certificate);
    report({ type: 'certificate', ...facts, pem: certificate.toString() });
  }
  // Whatever has no certificate may be something else than a module.
  if (!certificate) await modem.identify(signal);
  const deviceId = settings.deviceId ?? name;
  if (!deviceId) throw new AppError('E_IDENTITY_UNKNOWN', 'The certificate of the module tells no common name', '');
  // A gateway has an identity of its own, which the module's certificate has nothing to do with.
  if (name && name !== deviceId && !gateway) {
    throw new AppError(
      'E_IDENTITY_MISMATCH',
      `The device id is "${deviceId}", but the certificate of the module is for "${name}"; DPS would refuse it`,
      `Use the device id ${name}.`,
      undefined,
      { commonName: name },
    );
  }
  const bytes = Buffer.byteLength(deviceId);
  if (bytes > modem.limits.clientId) {
    throw new AppError(
      'E_IDENTITY_LIMIT',
      `The device id "${deviceId}" has ${bytes} bytes; the module takes ${modem.limits.clientId}`,
      'Use a device with a shorter id.',
    );
  }
  if (settings.deviceId === null) event(report, `Device id ${deviceId}, from the certificate of the module`);
  await context.startDevice(deviceId);
  return { outcome: 'known', deviceId };
};
