import { X509Certificate } from 'node:crypto';
import { event } from '../report.ts';
import type { StateHandler } from './state-handler.ts';

/** Gives the module the root certificate that it is to trust, which it forgets at every reset. */
export const rootCert: StateHandler<'root-cert'> = async ({ settings, report, gateway }, { modem }, signal) => {
  if (settings.rootCert === null || gateway) return 'trusted';
  const { subject } = new X509Certificate(settings.rootCert);
  if (await modem.certificates.trust(settings.rootCert, signal)) {
    event(report, `Root certificate loaded: ${subject.replaceAll('\n', ', ')}`);
  }
  return 'trusted';
};
