import type { KeyObject, X509Certificate } from 'node:crypto';

// Node's cryptography takes long to load, and most runs need it late or not at all: so it is not imported.
const cryptography = () => process.getBuiltinModule('node:crypto');

/** The certificate in PEM or DER. @throws Error for what is none */
export function certificateFrom(bytes: string | Uint8Array): X509Certificate {
  const { X509Certificate } = cryptography();
  return new X509Certificate(bytes);
}

/** The private key in PEM. @throws Error for what is none, or needs a password */
export function privateKeyFrom(pem: string): KeyObject {
  return cryptography().createPrivateKey(pem);
}
