import { type FormPart, stringForm } from '../forms.ts';
import { STATUS, type Status } from '../status.ts';
import type { FirmwareApi, Handler } from './firmware-api.ts';

const LOADED = 3;
/** From this length on a certificate is printed in two parts, each in the form that its own bytes ask for. */
const PART = 749;
/** What wolfSSL says of bytes that are no certificate. */
const ASN_PARSE_ERROR = -140;

/** AT protocol 7.18; the blank after the comma is the firmware's (T36). */
const readCertificate: Handler = (firmware, parameters) => {
  const [kind] = parameters;
  if (kind === undefined || parameters.length > 1) return STATUS.parameterCount;
  if (kind === LOADED) return print(firmware, kind, firmware.certificates.loaded);
  if (kind !== 1 && kind !== 2 && kind !== 4) return STATUS.general;
  return print(firmware, kind, Buffer.from(firmware.certificates.identityPem(kind)));
};

function print(firmware: FirmwareApi, kind: number, bytes: Buffer): Status {
  if (bytes.length === 0) return STATUS.general;
  const parts: Array<[Buffer, FormPart]> =
    bytes.length < PART
      ? [[bytes, 'whole']]
      : [
          [bytes.subarray(0, PART), 'first'],
          [bytes.subarray(PART), 'last'],
        ];
  const writes = parts.flatMap(([part, place]) => stringForm(part, place) ?? []);
  firmware.console.print(`+READCERT:${kind}, ${bytes.length},`, ...writes, '\r\n');
  return STATUS.ok;
}

/** AT protocol 7.17: no status, neither now nor later (T52). */
const loadCertificate: Handler = (firmware, parameters) => {
  const [length, name] = parameters;
  if (length === undefined || name === undefined || parameters.length > 2) return STATUS.parameterCount;
  if (typeof length !== 'number' || typeof name === 'number') return STATUS.invalidParameter;
  firmware.receiveBinary(length, (bytes) => {
    // A transfer of nothing does not even end with a result.
    if (length === 0) return;
    const { certificates, console } = firmware;
    const loading = certificates.load(bytes, length);
    console.print('+LOADCERT:');
    if (loading === 'unusable') {
      console.diagnostic(`Something went wrong (${ASN_PARSE_ERROR}) loading the CA certificates`);
    }
    console.print(loading === 'refused' ? '1\r\n' : '0\r\n');
  });
  return undefined;
};

export const CERTIFICATE_COMMANDS: Record<string, Handler> = {
  '+READCERT': readCertificate,
  '+LOADCERT': loadCertificate,
};
