import { AppError, type ErrorCode } from '../errors.ts';

/** What CONNACK's codes mean (MQTT 3.1.1, 3.2.2.3), and what Azure means by them (Azure 2.1). */
const CODES: Readonly<Record<number, string>> = {
  1: 'it does not speak this version of MQTT',
  2: 'it refuses the client id',
  3: 'it is not available at the moment',
  4: 'it refuses user name or password',
  5: 'not authorized',
};

const UNRESOLVED: readonly unknown[] = ['ENOTFOUND', 'EAI_AGAIN', 'ENODATA', 'EAI_NODATA', 'EAI_NONAME'];
const UNREACHED: readonly unknown[] = [
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'ENETDOWN',
  'EADDRNOTAVAIL',
];
/** What Node calls a certificate that it does not accept. */
const DISTRUST =
  /^(?:CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|ERR_TLS_CERT_ALTNAME|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|HOSTNAME_)/;
/** OpenSSL's words for an alert of the other side: `tlsv1 alert unknown ca`, `sslv3 alert handshake failure`. */
const ALERT = /\balert ([a-z ]+?)(?::|$)/i;

/** Nothing answers within the time of an attempt, or the connection is closed before CONNACK. */
export class NoAnswer extends Error {}

/** Whether it is worth trying another port: nothing there has shown that it is the cloud. */
export function isBlocked(error: unknown): boolean {
  const code = codeOf(error);
  return UNREACHED.includes(code) || code === 'ECONNRESET' || code === 'EPROTO' || error instanceof NoAnswer;
}

/** Why the cloud could not be reached at `place`, in words. */
export function unreached(place: string, error: unknown): AppError {
  const code = codeOf(error);
  const reason = reasonOf(error);
  const fail = (kind: ErrorCode, message: string, hint: string) => new AppError(kind, message, hint, error, { place });
  if (UNRESOLVED.includes(code)) {
    return fail(
      'E_GATEWAY_UPSTREAM',
      `The name of ${place} does not resolve`,
      'Check the name, and the DNS of this computer.',
    );
  }
  if (typeof code === 'string' && DISTRUST.test(code)) {
    return fail(
      'E_GATEWAY_TLS',
      `The certificate of ${place} is not accepted: ${reason}`,
      'Something stands between this computer and the cloud, or its authority is not known here.',
    );
  }
  const alert = ALERT.exec(reason)?.[1];
  if (alert !== undefined) {
    return fail(
      'E_GATEWAY_TLS',
      `${place} ends TLS with the alert "${alert.trim()}"`,
      "It does not accept the gateway's certificate, or its kind of TLS.",
    );
  }
  const hint = 'The network of this computer must let the port through.';
  return fail('E_GATEWAY_UPSTREAM', `${place} cannot be reached: ${reason}`, hint);
}

/** A board wants to be connected to a host that is not Azure's, as a hub may be that a DPS of one's own has assigned. */
export function notAllowed(host: string): AppError {
  const message = `The gateway connects boards to Azure, and not to ${JSON.stringify(host)}`;
  return new AppError('E_GATEWAY_HOST', message, 'Allow it, if it is yours.', undefined, { host });
}

/** What the cloud has answered to CONNECT, which the module never shows (T10). */
export function refused(host: string, code: number): AppError {
  return new AppError(
    'E_GATEWAY_REFUSED',
    `${host} refuses the connection with CONNACK code ${code}: ${CODES[code] ?? 'a code that MQTT does not know'}`,
    code === 3
      ? 'Try again later.'
      : "Check that the gateway's identity is enrolled, that the device is enabled, and the ID scope.",
    undefined,
    { host, code },
  );
}

/** OpenSSL's messages have its insides in them, and its reasons not. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if ('reason' in error && typeof error.reason === 'string') return error.reason;
  return error.message.split('\n', 1)[0] ?? '';
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
