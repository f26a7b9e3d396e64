import { X509Certificate } from 'node:crypto';
import { STATUS } from '../status.ts';
import { printString } from '../strings.ts';
import { type Handler, integerOf } from './api.ts';

/** Of the device, of what has signed it, and of the root, which comes as DER (RNWF 10). */
const KINDS: Readonly<Record<number, 'certificate' | 'signer' | 'root'>> = { 1: 'certificate', 2: 'signer', 3: 'root' };
const ROOT = 3;

const serial: Handler = (firmware, parameters) => {
  if (parameters.length > 0) return STATUS.parameterCount;
  const name = /CN=sn([0-9A-F]+)/.exec(new X509Certificate(firmware.identity.certificate).subject)?.[1] ?? '';
  firmware.info(`+ECCRDSER:${name.length},"${name}"`);
  return STATUS.ok;
};

const certificate: Handler = (firmware, parameters) => {
  const [kind, length] = parameters.map(integerOf);
  if (parameters.length !== 2) return STATUS.parameterCount;
  const part = kind === undefined ? undefined : KINDS[kind];
  if (part === undefined || length === undefined || length < 1) return STATUS.invalidParameter;
  const found = new X509Certificate(firmware.identity[part]);
  const bytes = kind === ROOT ? found.raw : Buffer.from(found.toString());
  const given = bytes.subarray(0, length);
  firmware.info(`+ECCRDCERT:${bytes.length},${bytes.length - given.length},${printString(given)}`);
  return STATUS.ok;
};

/** The commands of a secure element. */
export const CHIP_COMMANDS: Record<string, Handler> = { '+ECCRDSER': serial, '+ECCRDCERT': certificate };
