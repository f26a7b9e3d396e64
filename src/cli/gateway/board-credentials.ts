import { resolve } from 'node:path';
import type { GatewaySettings } from '../../config/resolve.ts';
import { AppError } from '../../errors.ts';
import type { Credentials } from '../../gateway/credentials.ts';
import { type Identity, openIdentity, passingIdentity } from '../../gateway/identity-folder.ts';
import { deviceKey, isKey } from '../../gateway/shared-access.ts';
import { FileProblem, readUserFile } from '../../user-file.ts';

/** Where certificates are when nothing else is said. */
export const IDENTITY_FOLDER = 'gateway-identity';
const KEY_FILE_LIMIT = 4_096;

/** The credentials of one board, and what a person is to be told of them. */
export interface BoardCredentials {
  readonly credentials: Credentials;
  /** Null for a key. */
  readonly identity: Identity | null;
  readonly words: readonly string[];
}

/**
 * The symmetric key of the settings; null where a certificate is used.
 * @throws AppError E_GATEWAY_IDENTITY when its file has none
 */
export function readKey({ key, keyFile }: GatewaySettings, cwd: string): string | null {
  if (keyFile === null) return key;
  try {
    const text = readUserFile(resolve(cwd, keyFile), KEY_FILE_LIMIT).toString('utf8').trim();
    if (isKey(text)) return text;
    throw new FileProblem('has no key in it: base 64 of 16 to 64 bytes, as the portal shows it, and nothing else');
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    throw new AppError(
      'E_GATEWAY_IDENTITY',
      `The file ${keyFile} ${error.message}`,
      'Name the file with the key.',
      error,
    );
  }
}

/** A certificate for a simulation that names no folder: its cloud is told of it, and both are gone with it. */
export async function simulatedCredentials(deviceId: string, now: number): Promise<BoardCredentials> {
  const credentials = await passingIdentity(deviceId, now);
  const words = [
    "The gateway has a certificate of its own, made for this run: the enrollment is the gateway's, not the chip's",
  ];
  return { credentials, identity: null, words };
}

/**
 * What the gateway proves to Azure for a board.
 * @param key see `readKey`
 * @param now milliseconds since 1970
 * @throws AppError E_GATEWAY_IDENTITY
 */
export async function credentialsOf(
  deviceId: string,
  settings: GatewaySettings,
  key: string | null,
  { cwd, now }: { cwd: string; now: number },
): Promise<BoardCredentials> {
  if (key !== null) {
    const isGroup = settings.keyType === 'group';
    const own = isGroup ? deviceKey(key, deviceId) : key;
    const whose = isGroup ? 'a key derived from that of the group' : 'its symmetric key';
    return {
      credentials: { kind: 'key', key: own },
      identity: null,
      words: [`To Azure the gateway is ${deviceId} by ${whose}: the enrollment is the gateway's, not the chip's`],
    };
  }
  const folder = settings.identity ?? IDENTITY_FOLDER;
  const identity = await openIdentity(resolve(cwd, folder), deviceId, now);
  return {
    credentials: identity.credentials,
    identity,
    words: identity.isNew ? made(deviceId, identity) : known(identity),
  };
}

function known({ certificate }: Identity): string[] {
  return [`The gateway shows Azure the certificate ${certificate}: the enrollment is the gateway's, not the chip's`];
}

function made(deviceId: string, { certificate, key, thumbprint }: Identity): string[] {
  return [
    `A certificate for ${deviceId} was made, valid for ten years: ${certificate} (thumbprint ${thumbprint}). ` +
      `Its key is ${key}, for you alone`,
    'Upload the certificate once. IoT Central: Devices, New, with this device id; then Connect, Individual enrollment, ' +
      'Certificates (X.509), as primary. DPS: Manage enrollments, Individual enrollments, X.509 client certificates, as primary',
    "The enrollment is then the gateway's, not the chip's: whoever has that key is the device, and the board's secure " +
      'element proves nothing',
  ];
}
