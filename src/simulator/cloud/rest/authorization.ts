import { AzureError } from '../azure-error.ts';
import type { Hub } from '../hub.ts';
import type { Permission, Policies } from '../policies.ts';
import { NOTHING_SHOWN, type Peer } from '../proof.ts';
import { expiryOfToken, isSignedWith, misdirection, parseSasToken, type SasToken } from '../sas-token.ts';

const refused = (reason: string) => new AzureError(401002, 'Unauthorized', reason);

const quote = (text: string) => JSON.stringify(text.slice(0, 80));

/** The token in an Authorization header; undefined where there is none. @throws AzureError 401002 for what is none */
export function tokenIn(header: string | undefined): SasToken | undefined {
  if (header === undefined || header === '') return undefined;
  const token = parseSasToken(header);
  if (!('problem' in token)) return token;
  const isOther = /^Bearer /i.test(header);
  throw refused(
    isOther
      ? 'tokens of Microsoft Entra ID are not taken here: use a connection string'
      : `Authorization: ${token.problem}`,
  );
}

/**
 * Checks that a policy allows a request.
 * @param needs one of these is enough
 * @param hosts the names of the service
 * @throws AzureError 401002, whose reason is for the operator
 */
export function authorize(
  token: SasToken | undefined,
  needs: readonly Permission[],
  { policies, hosts, path, now }: { policies: Policies; hosts: string[]; path: string[]; now: number },
): void {
  if (!token) throw refused('no Authorization header was sent');
  const doubt = misdirection(token, hosts, path) ?? expiryOfToken(token, now);
  if (doubt !== null) throw refused(doubt);
  if (token.policy === null) throw refused('the token names no policy (skn)');
  const policy = policies.find(token.policy);
  if (!policy) throw refused(`the token names ${quote(token.policy)}, and there is no such policy`);
  if (!isSignedWith(token, policy)) throw refused(`the token is signed with neither key of the policy ${policy.name}`);
  if (needs.some((permission) => policy.permissions.includes(permission))) return;
  throw refused(`the policy ${policy.name} does not allow this: it needs ${needs.join(' or ')}`);
}

/** Checks that a device is the one whose id is in the path. @throws AzureError 401002, or 404001 when there is none */
export function authorizeDevice(hub: Hub, id: string, host: string, proof: SasToken | Exclude<Peer, 'plain'>): void {
  if (proof === null) throw refused(NOTHING_SHOWN);
  const objection = hub.objectionTo(id, host, proof);
  if (objection !== null) throw refused(objection);
}
