import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { isIP } from 'node:net';
import { connect, type DetailedPeerCertificate, rootCertificates } from 'node:tls';
import { type Clock, sleep } from '../../clock.ts';
import { aliasesOf } from './aliases.ts';
import { type CheckResult, failed, ok, warning } from './check-result.ts';

const DEADLINE = 10_000;

export interface Address {
  host: string;
  port: number;
  /** What names it on the command line or in the settings. */
  setting: string;
  /** A root (PEM) to trust beside those of this computer. */
  root: string | null;
}

/** What the names of servers have in common that the firmware cannot reach (its release notes). */
const GATEWAY = /gateway/i;

/**
 * Whether the name of a server resolves and answers TLS, seen from this computer; nothing is sent beyond the handshake.
 * @param aliases the names that one is an alias of
 * @throws the reason of `signal` when that is aborted first
 */
export async function checkServer(
  address: Address,
  clock: Clock,
  signal: AbortSignal,
  aliases = aliasesOf,
): Promise<CheckResult> {
  const { host, port, setting } = address;
  const end = new AbortController();
  const late = sleep(clock, DEADLINE, AbortSignal.any([signal, end.signal])).then(() => {
    throw new Error(`no answer within ${DEADLINE / 1000} s`);
  });
  late.catch(() => undefined);
  const within = <T>(promise: Promise<T>) => Promise.race([promise, late]);
  try {
    const ip = await within(lookup(host)).then(
      (found) => found.address,
      (error: unknown) => Promise.reject(new Unresolved(reason(error))),
    );
    const peer = await within(handshake(address, ip, end.signal));
    const answers = `${host} (${ip}) answers TLS from this computer; its root is ${rootOf(peer)}`;
    const behind = isIP(host) === 0 ? (await within(aliases(host))).find((name) => GATEWAY.test(name)) : undefined;
    if (behind === undefined) return ok(answers);
    return warning(
      `${answers}. It is an alias of ${behind}`,
      'The firmware is known not to reach hosts behind a gateway: where the board does not connect, use another region.',
    );
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Unresolved) {
      return failed(
        `The name ${host} does not resolve: ${error.message}`,
        `Check ${setting}, and the network of this computer.`,
      );
    }
    return failed(
      `${host} does not answer TLS on port ${port}: ${reason(error)}`,
      `The network must let TCP port ${port} through, unchanged; the board may be in another network than this computer.`,
    );
  } finally {
    end.abort();
  }
}

class Unresolved extends Error {}

async function handshake({ host, port, root }: Address, ip: string, signal: AbortSignal) {
  const socket = connect({
    host: ip,
    port,
    ...(isIP(host) === 0 && { servername: host }),
    ...(root !== null && { ca: [...rootCertificates, root] }),
  });
  try {
    await once(socket, 'secureConnect', { signal });
    return socket.getPeerCertificate(true);
  } finally {
    socket.on('error', () => undefined);
    socket.destroy();
  }
}

/** The common name at the end of the chain, which ends in itself. */
function rootOf(certificate: DetailedPeerCertificate): string {
  const seen = new Set<DetailedPeerCertificate>();
  let root = certificate;
  while (root.issuerCertificate && !seen.has(root)) {
    seen.add(root);
    root = root.issuerCertificate;
  }
  return String(root.subject?.CN ?? 'not named');
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
