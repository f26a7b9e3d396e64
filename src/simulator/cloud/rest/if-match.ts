import { AzureError } from '../azure-error.ts';

const TAG = /^(?:(?:W\/)?"([^"]*)"|([^"\s]+))$/;

/**
 * Compares an If-Match header with what is there. Clients send etags with quotation marks and without.
 * @param etag without quotation marks
 * @throws AzureError 412001 when it is another one, 400004 for a header that cannot be read
 */
export function checkIfMatch(header: string | undefined, etag: string): void {
  if (header === undefined) return;
  const tags = header.split(',').map((part) => {
    const [whole, quoted, bare] = TAG.exec(part.trim()) ?? [];
    if (whole === undefined) throw new AzureError(400004, 'The header If-Match is not an etag.');
    return quoted ?? bare;
  });
  if (!tags.includes('*') && !tags.includes(etag))
    throw new AzureError(412001, 'Precondition failed: the etag is another one, so it was changed meanwhile.');
}
