import { certificateFrom } from '../../pem.ts';
import { event } from '../report.ts';
import type { StateHandler } from './state-handler.ts';

/** Gives the module the root certificate that it is to trust, which it forgets at every reset. */
export const rootCert: StateHandler<'root-cert'> = async ({ settings, report, gateway }, { modem }, signal) => {
  if (settings.rootCert === null || gateway) return 'trusted';
  const { subject } = certificateFrom(settings.rootCert);
  if (await modem.certificates.trust(settings.rootCert, signal)) {
    event(report, `Root certificate loaded: ${subject.replaceAll('\n', ', ')}`);
  }
  return 'trusted';
};
