import { isIP } from 'node:net';

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
  /** The names and addresses that the server certificate was made for. */
  hosts: string[];
  deviceRoot: KeyedCertificate;
  deviceSigner: KeyedCertificate;
}

export interface Pki {
  /** The CA that clients must trust, PEM. */
  ca: string;
  server: KeyedCertificate;
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
  /** What an earlier run has kept. Only a server certificate that does not cover `hosts` is made again, by the same CA. */
  state?: PkiState;
}

const ALWAYS_COVERED = [
  'localhost',
  '127.0.0.1',
  'global.azure-devices-provisioning.net',
  '*.azure-devices-provisioning.net',
  '*.azure-devices.net',
];

// The module knows no other curve (AT protocol 8.5).
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY = 86_400_000;
const YEARS_OF_VALIDITY = 20;

/** The library needs its polyfill to be there first, and costs 150 ms: whoever makes no certificate pays nothing. */
async function x509Library() {
  await import('reflect-metadata');
  return await import('@peculiar/x509');
}

interface Order {
  commonName: string;
  use: 'ca' | 'server' | 'client';
  /** For a CA: how many more CAs may stand below it. */
  pathLength?: number;
  hosts?: string[];
  issuer?: KeyedCertificate;
  now: number;
}

async function issue(order: Order): Promise<KeyedCertificate> {
  const x509 = await x509Library();
  const { subtle } = globalThis.crypto;
  const keys = await subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const issuer = order.issuer && new x509.X509Certificate(order.issuer.certificate);
  const signingKey = order.issuer
    ? await subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(order.issuer.key), ALGORITHM, false, ['sign'])
    : keys.privateKey;
  const isCa = order.use === 'ca';
  const usage = isCa
    ? x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign
    : x509.KeyUsageFlags.digitalSignature;
  const extensions: InstanceType<typeof x509.Extension>[] = [
    new x509.BasicConstraintsExtension(isCa, order.pathLength, true),
    new x509.KeyUsagesExtension(usage, true),
    await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    await x509.AuthorityKeyIdentifierExtension.create(issuer?.publicKey ?? keys.publicKey),
  ];
  if (!isCa) {
    const purpose = order.use === 'server' ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth;
    extensions.push(new x509.ExtendedKeyUsageExtension([purpose]));
  }
  if (order.hosts) {
    const names = order.hosts.map((host) => ({ type: isIP(host) ? ('ip' as const) : ('dns' as const), value: host }));
    extensions.push(new x509.SubjectAlternativeNameExtension(names));
  }
  const subject = new x509.Name([{ O: ['anycloud-iotc local cloud'] }, { CN: [order.commonName] }]);
  const notBefore = new Date(order.now - DAY);
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: issuer?.subjectName ?? subject,
    notBefore,
    notAfter: new Date(notBefore.getTime() + YEARS_OF_VALIDITY * 365 * DAY),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: ALGORITHM,
    extensions,
  });
  const key = x509.PemConverter.encode(await subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  return { certificate: `${certificate.toString('pem')}\n`, key: `${key}\n` };
}

function issueServer(ca: KeyedCertificate, hosts: string[], now: number): Promise<KeyedCertificate> {
  const covered = [...new Set([...ALWAYS_COVERED, ...hosts])];
  return issue({ commonName: 'localhost', use: 'server', hosts: covered, issuer: ca, now });
}

async function createState(hosts: string[], now: number): Promise<PkiState> {
  const ca = await issue({ commonName: 'Local cloud CA', use: 'ca', pathLength: 0, now });
  const deviceRoot = await issue({ commonName: 'Device root CA', use: 'ca', pathLength: 1, now });
  const deviceSigner = await issue({
    commonName: 'Device signer',
    use: 'ca',
    pathLength: 0,
    issuer: deviceRoot,
    now,
  });
  return { ca, server: await issueServer(ca, hosts, now), hosts, deviceRoot, deviceSigner };
}

async function continueState(state: PkiState, hosts: string[], now: number): Promise<PkiState> {
  if (hosts.every((host) => state.hosts.includes(host))) return state;
  return { ...state, hosts, server: await issueServer(state.ca, hosts, now) };
}

/**
 * The local cloud's certificates, all EC P-256: a CA with a server certificate, and a device root whose signer issues
 * device certificates, as a secure element's are.
 */
export async function createPki({ hosts, now, state: earlier }: PkiOptions): Promise<Pki> {
  const state = earlier ? await continueState(earlier, hosts, now) : await createState(hosts, now);
  const { deviceRoot, deviceSigner } = state;
  return {
    ca: state.ca.certificate,
    server: state.server,
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
