import { X509Certificate } from 'node:crypto';
import { loadCertificate, readCertificate } from '../../modem/anycloud/certificates.ts';
import type { StateHandler } from '../context.ts';
import { event } from '../report.ts';

/** Gives the module the root certificate that it is to trust, which it forgets at every reset (T53). */
export const rootCert: StateHandler<'root-cert'> = async ({ modem, settings, report }, signal) => {
  if (settings.rootCert === null) return 'trusted';
  const wanted = new X509Certificate(settings.rootCert);
  // Once there was a TLS connection, loading the same one again may do harm (AT protocol 7.17).
  const loaded = await readCertificate(modem.module, 'loaded', signal);
  if (loaded?.raw.equals(wanted.raw)) return 'trusted';
  await loadCertificate(modem.module, Buffer.from(settings.rootCert), signal);
  event(report, `Root certificate loaded: ${wanted.subject.replaceAll('\n', ', ')}`);
  return 'trusted';
};
