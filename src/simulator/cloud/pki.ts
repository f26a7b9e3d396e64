import type { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';
import type { Name, PublicKeyType } from '@peculiar/x509';

/** A certificate and its private key, PEM. */
export interface KeyedCertificate {
  certificate: string;
  key: string;
}

/** A device's identity in the shape of the module's secure element (AT protocol 7.18). */
export interface DeviceCredentials extends KeyedCertificate {
  signer: string;
  root: string;
}

/** Everything that a PKI has to keep to go on after a restart. */
export interface PkiState {
  ca: KeyedCertificate;
  server: KeyedCertificate;
  /** For clients that know no ECDSA suites. */
  rsaServer?: KeyedCertificate;
  /** The names and addresses that the server certificate was made for. */
  hosts: string[];
  deviceRoot: KeyedCertificate;
  deviceSigner: KeyedCertificate;
}

export interface Pki {
  /** The CA that clients must trust, PEM. */
  ca: string;
  server: KeyedCertificate;
  /** The server's certificates, one for each kind of key. */
  servers: readonly KeyedCertificate[];
  /** What issues device certificates, PEM: the certificate of a group enrollment. */
  deviceSigner: string;
  state: PkiState;
  /** A new leaf with this common name, its certificate followed by the signer's. */
  device(commonName: string): Promise<DeviceCredentials>;
}

export interface PkiOptions {
  /** Names and addresses that the server certificate covers, beside loopback and Azure's own names. */
  hosts: string[];
  /** Milliseconds since 1970: every certificate is valid from the day before. */
  now: number;
  /** Whether the server has an RSA certificate too, which takes a moment to make. */
  rsa?: boolean;
  /** What an earlier run has kept. Only a server certificate that does not cover `hosts` is made again, by the same CA. */
  state?: PkiState | undefined;
}

const ALWAYS_COVERED = [
  'localhost',
  '127.0.0.1',
  '::1',
  'global.azure-devices-provisioning.net',
  '*.azure-devices-provisioning.net',
  '*.azure-devices.net',
  '*.device.azure-devices.net',
];

// The module knows no other curve (AT protocol 8.5).
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const RSA = {
  name: 'RSASSA-PKCS1-v1_5',
  modulusLength: 2048,
  publicExponent: new Uint8Array([1, 0, 1]),
  hash: 'SHA-256',
};
const MAX_HOSTS = 50;
const DAY = 86_400_000;
const YEARS_OF_VALIDITY = 20;

/** The library needs its polyfill to be there first. Whoever makes no certificate does not pay for it. */
async function x509Library() {
  await import('reflect-metadata');
  return await import('@peculiar/x509');
}

interface Order {
  commonName: string;
  use: 'ca' | 'server' | 'client';
  /** For a key of that kind; the authorities have ECDSA keys, and sign with them. */
  rsa?: boolean;
  /** For a CA: how many more CAs may stand below it. */
  pathLength?: number;
  hosts?: string[];
  issuer?: KeyedCertificate;
  now: number;
}

/** A certificate as what signs others. */
interface Issuer {
  subject: Name;
  publicKey: PublicKeyType;
  privateKey: webcrypto.CryptoKey;
}

/** Those that were made or read in this process: to read one takes half as long as to make one. */
const issuers = new WeakMap<KeyedCertificate, Promise<Issuer>>();

function issuerOf(certificate: KeyedCertificate): Promise<Issuer> {
  const known = issuers.get(certificate) ?? readIssuer(certificate);
  issuers.set(certificate, known);
  return known;
}

async function readIssuer({ certificate, key }: KeyedCertificate): Promise<Issuer> {
  const x509 = await x509Library();
  const { subjectName, publicKey } = new x509.X509Certificate(certificate);
  const bytes = x509.PemConverter.decodeFirst(key);
  const privateKey = await globalThis.crypto.subtle.importKey('pkcs8', bytes, ALGORITHM, false, ['sign']);
  return { subject: subjectName, publicKey, privateKey };
}

async function issue(order: Order): Promise<KeyedCertificate> {
  const x509 = await x509Library();
  const { subtle } = globalThis.crypto;
  const keys = await subtle.generateKey(order.rsa ? RSA : ALGORITHM, true, ['sign', 'verify']);
  const subject = new x509.Name([{ O: ['anycloud-iotc local cloud'] }, { CN: [order.commonName] }]);
  const own: Issuer = { subject, ...keys };
  const issuer = order.issuer ? await issuerOf(order.issuer) : own;
  const isCa = order.use === 'ca';
  const usage = isCa
    ? x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign
    : x509.KeyUsageFlags.digitalSignature | (order.rsa ? x509.KeyUsageFlags.keyEncipherment : 0);
  const extensions: InstanceType<typeof x509.Extension>[] = [
    new x509.BasicConstraintsExtension(isCa, order.pathLength, true),
    new x509.KeyUsagesExtension(usage, true),
    await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    await x509.AuthorityKeyIdentifierExtension.create(issuer.publicKey),
  ];
  if (!isCa) {
    const purpose = order.use === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
    extensions.push(new x509.ExtendedKeyUsageExtension([purpose]));
  }
  if (order.hosts) {
    const names = order.hosts.map((host) => ({ type: isIP(host) ? ('ip' as const) : ('dns' as const), value: host }));
    extensions.push(new x509.SubjectAlternativeNameExtension(names));
  }
  const notBefore = new Date(order.now - DAY);
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: issuer.subject,
    notBefore,
    notAfter: new Date(notBefore.getTime() + YEARS_OF_VALIDITY * 365 * DAY),
    publicKey: keys.publicKey,
    signingKey: issuer.privateKey,
    signingAlgorithm: ALGORITHM,
    extensions,
  });
  const key = x509.PemConverter.encode(await subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  const issued = { certificate: `${certificate.toString('pem')}\n`, key: `${key}\n` };
  issuers.set(issued, Promise.resolve(own));
  return issued;
}

function issueServer(ca: KeyedCertificate, hosts: string[], now: number, rsa = false): Promise<KeyedCertificate> {
  const covered = [...new Set([...ALWAYS_COVERED, ...hosts])];
  return issue({ commonName: 'localhost', use: 'server', hosts: covered, issuer: ca, now, rsa });
}

async function createState(hosts: string[], now: number): Promise<PkiState> {
  const [ca, deviceRoot] = await Promise.all([
    issue({ commonName: 'Local cloud CA', use: 'ca', pathLength: 0, now }),
    issue({ commonName: 'Device root CA', use: 'ca', pathLength: 1, now }),
  ]);
  const [server, deviceSigner] = await Promise.all([
    issueServer(ca, hosts, now),
    issue({ commonName: 'Device signer', use: 'ca', pathLength: 0, issuer: deviceRoot, now }),
  ]);
  return { ca, server, hosts, deviceRoot, deviceSigner };
}

async function continueState(state: PkiState, hosts: string[], now: number): Promise<PkiState> {
  if (hosts.every((host) => state.hosts.includes(host))) return state;
  // The names of earlier runs stay, so that a change of network and back needs no other certificate each time.
  const all = [...new Set([...state.hosts, ...hosts])].slice(-MAX_HOSTS);
  const { rsaServer, ...others } = state;
  return { ...others, hosts: all, server: await issueServer(state.ca, all, now) };
}

async function withRsa(state: PkiState, now: number): Promise<PkiState> {
  return state.rsaServer ? state : { ...state, rsaServer: await issueServer(state.ca, state.hosts, now, true) };
}

/**
 * The local cloud's certificates, EC P-256 but for a second one of the server: a CA with server certificates, and a device root whose signer issues
 * device certificates, as a secure element's are.
 */
export async function createPki({ hosts, now, rsa = false, state: earlier }: PkiOptions): Promise<Pki> {
  const basic = earlier ? await continueState(earlier, hosts, now) : await createState(hosts, now);
  const state = rsa ? await withRsa(basic, now) : basic;
  const { deviceRoot, deviceSigner } = state;
  return {
    ca: state.ca.certificate,
    server: state.server,
    servers: rsa && state.rsaServer ? [state.server, state.rsaServer] : [state.server],
    deviceSigner: deviceSigner.certificate,
    state,
    async device(commonName) {
      const leaf = await issue({ commonName, use: 'client', issuer: deviceSigner, now });
      return {
        certificate: leaf.certificate + deviceSigner.certificate,
        key: leaf.key,
        signer: deviceSigner.certificate,
        root: deviceRoot.certificate,
      };
    },
  };
}
