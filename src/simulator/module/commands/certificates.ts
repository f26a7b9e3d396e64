import { escapeText, hexForm } from '../forms.ts';
import { STATUS } from '../status.ts';
import type { Handler } from './machine.ts';

const LOADED = 3;
/** A longer PEM text is printed in two write calls. */
const ONE_WRITE = 749;

/** AT protocol 7.18; the blank after the comma is the firmware's (T36). */
const readCertificate: Handler = (machine, parameters) => {
  const [kind] = parameters;
  if (kind === undefined || parameters.length > 1) return STATUS.parameterCount;
  if (kind === LOADED) {
    const der = machine.certificates.loadedDer;
    if (!der) return STATUS.general;
    machine.console.print(`+READCERT:3, ${der.length},`, hexForm(der), '\r\n');
    return STATUS.ok;
  }
  if (kind !== 1 && kind !== 2 && kind !== 4) return STATUS.general;
  const pem = machine.certificates.identityPem(kind);
  const [first, second] = [pem.slice(0, ONE_WRITE - 1), pem.slice(ONE_WRITE - 1)].map((part) =>
    escapeText(Buffer.from(part)),
  );
  const data = second ? [`"${first}`, `${second}"`] : [`"${first}"`];
  machine.console.print(`+READCERT:${kind}, ${pem.length},`, ...data, '\r\n');
  return STATUS.ok;
};

/** AT protocol 7.17: no status, neither now nor later (T52). */
const loadCertificate: Handler = (machine, parameters) => {
  const [length, name] = parameters;
  if (length === undefined || name === undefined || parameters.length > 2) return STATUS.parameterCount;
  if (typeof length !== 'number' || typeof name === 'number') return STATUS.invalidParameter;
  machine.receiveBinary(length, (bytes) => `+LOADCERT:${machine.certificates.load(bytes) ? 0 : 1}`);
  return undefined;
};

export const CERTIFICATE_COMMANDS: Record<string, Handler> = {
  '+READCERT': readCertificate,
  '+LOADCERT': loadCertificate,
};
