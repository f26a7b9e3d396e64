import type { IncomingHttpHeaders } from 'node:http';
import { AzureError } from '../azure-error.ts';

const MOST = 1000;
const USUAL = 100;

/** How many items a page may have, as the client asks for them. @throws AzureError 400004 */
export function pageSize(headers: IncomingHttpHeaders): number {
  const asked = headers['x-ms-max-item-count'];
  if (asked === undefined || asked === '') return USUAL;
  const size = Number(asked);
  // SDKs send -1 where they have no wish.
  if (size === -1) return USUAL;
  if (Number.isInteger(size) && size >= 1) return Math.min(size, MOST);
  throw new AzureError(400004, `The header x-ms-max-item-count must be a whole number from 1 to ${MOST}.`);
}
