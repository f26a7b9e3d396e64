import { AppError } from '../../errors.ts';
import { checkLimit } from '../limits.ts';
import { CERTIFICATE_FILE, FILE_TYPE, KEY_FILE, type ModuleFiles } from './files.ts';
import type { RnwfLink } from './link.ts';
import { isAtLeast } from './product.ts';

/** Settings of the TLS configuration that MQTT uses (RNWF 7). */
const ID = {
  root: 1,
  certificate: 2,
  key: 3,
  serverName: 5,
  domain: 6,
  chip: 8,
  verifyPeer: 40,
  verifyDomain: 41,
} as const;

/** The one that is used; the first is numbered 1 in spite of the manual of RNWF11 (RNWF 7). */
export const TLS_CONFIGURATION = 1;
/** What Azure's servers are signed by is in every module, under this name (RNWF 7). */
export const BUILT_IN_ROOT = 'DigiCertGlobalRootG2';
/** From this version on the module can be told not to verify, so it is told to. */
const VERIFIES_BY_SETTING = [2, 0];

/** How the module proves who it is, and whom it believes (RNWF 7). */
export class RnwfTls {
  readonly #link: RnwfLink;
  readonly #files: ModuleFiles;
  /** The name of the root certificate, in the module. */
  root = BUILT_IN_ROOT;

  constructor(link: RnwfLink, files: ModuleFiles) {
    this.#link = link;
    this.#files = files;
  }

  /**
   * Sets everything for a connection to `host`.
   * @param firmware its version, where it is known
   * @throws AppError E_IDENTITY_MISSING when the module holds no identity; ModemError
   */
  async configure(host: string, firmware: string | null, signal: AbortSignal): Promise<void> {
    const { product } = this.#link;
    const set = (id: number, value: string | number) => this.#link.writeConfig('TLSC', id, value, signal);
    if (product.identity === 'files') await this.#demandIdentity(signal);
    await set(ID.root, this.root);
    if (product.identity === 'files') {
      await set(ID.certificate, CERTIFICATE_FILE);
      await set(ID.key, KEY_FILE);
    }
    await set(ID.serverName, host);
    await set(ID.domain, this.#domainOf(host));
    if (product.identity === 'chip') {
      await set(ID.chip, 1);
    } else if (isAtLeast(firmware, VERIFIES_BY_SETTING)) {
      await set(ID.verifyPeer, 1);
      await set(ID.verifyDomain, 1);
    }
  }

  /** The name to verify the server by: its own, or, where that is too long, that of all hosts of its domain. */
  #domainOf(host: string): string {
    const { name, domain, limits } = this.#link.product;
    // Names that are longer than RNWF11 can hold are those of Azure, whose certificates are for all hosts of a domain.
    const found = name === 'RNWF02' || host.length <= domain ? host : host.replace(/^[^.]+/, '*');
    if (name === 'RNWF11') checkLimit({ ...limits, brokerHost: domain }, 'brokerHost', found);
    return found;
  }

  async #demandIdentity(signal: AbortSignal): Promise<void> {
    const hasCertificate = (await this.#files.list(FILE_TYPE.certificate, signal)).includes(CERTIFICATE_FILE);
    const hasKey = (await this.#files.list(FILE_TYPE.key, signal)).includes(KEY_FILE);
    if (hasCertificate && hasKey) return;
    const what = hasCertificate ? 'no private key' : hasKey ? 'no certificate' : 'no certificate and no private key';
    throw new AppError(
      'E_IDENTITY_MISSING',
      `The module holds ${what} of a device, so it cannot prove who it is`,
      'Store the certificate of the device and its key in the module.',
    );
  }
}
