import type { IConnectPacket } from 'mqtt-packet';
import type { PeerIdentity } from './identity.ts';
import { endOfToken, parseSasToken, type SasToken, type TokenProblem } from './sas-token.ts';

/** What the transport knows of a client: a certificate whose key it holds, none (null), or that there is no TLS. */
export type Peer = PeerIdentity | null | 'plain';

/** What a client has shown of itself; where there is no TLS, its name must do. */
export type Proof = Peer | SasToken;

export const isToken = (proof: Proof): proof is SasToken => proof !== null && proof !== 'plain' && 'signature' in proof;

export const isProblem = (proof: Proof | TokenProblem): proof is TokenProblem =>
  proof !== null && proof !== 'plain' && 'problem' in proof;

export const NOTHING_SHOWN = 'no certificate was sent, and no token';

/** When a connection ends because of what it was let in for, in milliseconds since 1970; empty where it does not. */
export const endOf = (proof: Proof, now: number): { until?: number } =>
  isToken(proof) ? { until: endOfToken(proof, now) } : {};

/** The proof in a CONNECT: a token goes before a certificate. */
export function proofOf({ password }: IConnectPacket, peer: Peer): Proof | TokenProblem {
  if (peer === 'plain' || !password?.length) return peer;
  const parsed = parseSasToken(password.toString());
  return 'problem' in parsed ? { problem: `the password cannot be used: ${parsed.problem}` } : parsed;
}
