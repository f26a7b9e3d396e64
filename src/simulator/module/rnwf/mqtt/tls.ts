import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { TlsRequest } from '../../dial-request.ts';
import type { ModuleIdentity } from '../../identity.ts';
import { certificatePem, FILE_TYPES, type Flash } from '../flash.ts';
import type { Product } from '../product.ts';
import { TLS } from '../settings.ts';
import { STATUS, type Status } from '../status.ts';
import type { Store } from '../store.ts';

/** What a TLS connection is made with: one of the configurations, and the files that it names (RNWF 7). */
export function tlsRequest(
  configuration: Store,
  { product, flash, identity, now }: { product: Product; flash: Flash; identity: ModuleIdentity; now: number },
): TlsRequest | Status {
  const root = flash.read(FILE_TYPES.certificate, configuration.text(TLS.root));
  const verifiesPeer = !product.hasVerification || configuration.number(TLS.verifyPeer) === 1;
  if (!root && verifiesPeer) return STATUS.caMissing;
  const trusted = root && certificatePem(root);
  if (root && trusted === undefined) return STATUS.caValidation;
  const verifiesDomain = product.hasVerification && configuration.number(TLS.verifyDomain) === 1;
  if (verifiesDomain && configuration.bytes(TLS.domain).length === 0) return STATUS.domainMissing;
  const own = credentials(configuration, { product, flash, identity });
  if (!own) return STATUS.keyPair;
  const serverName = configuration.text(TLS.serverName);
  return {
    ...own,
    trusted: trusted === undefined ? [] : [trusted],
    ...(serverName !== '' && isIP(serverName) === 0 && { servername: serverName }),
    now,
    alpn: [],
  };
}

/** The certificate and the key that belong together. */
function credentials(
  configuration: Store,
  { product, flash, identity }: { product: Product; flash: Flash; identity: ModuleIdentity },
): { certificate: string; key: string } | undefined {
  if (product.hasChip && configuration.number(TLS.chip) === 1) {
    return { certificate: `${identity.certificate.trimEnd()}\n${identity.signer}`, key: identity.key };
  }
  const certificateFile = flash.read(FILE_TYPES.certificate, configuration.text(TLS.certificate));
  const keyFile = flash.read(FILE_TYPES.key, configuration.text(TLS.key));
  const certificate = certificateFile && certificatePem(certificateFile);
  if (!certificate || !keyFile) return undefined;
  try {
    const key = createPrivateKey(keyFile.toString('latin1'));
    if (!new X509Certificate(certificate).checkPrivateKey(key)) return undefined;
    return { certificate, key: key.export({ type: 'pkcs8', format: 'pem' }).toString() };
  } catch {
    return undefined;
  }
}
