import type { Clock } from '../clock.ts';
import { AppError } from '../errors.ts';
import { type ConnectPacket, withPassword } from './connect-packet.ts';
import type { Credentials } from './credentials.ts';
import type { CloudDial, Via } from './dial.ts';
import { NoAnswer, refused, unreached } from './failure.ts';
import { PacketStream } from './packet-stream.ts';
import { MalformedPacket, type RawPacket, TYPE } from './packets.ts';
import type { Target } from './target.ts';

/** A message may have 256 KB, and a topic and a header beside it (Azure 2.1). */
const LONGEST_PACKET = 262_144 + 65_535 + 16;
const CONNACK_TIMEOUT = 20_000;

/** A connection to the cloud, which has taken the CONNECT of a board. */
export interface CloudConnection {
  readonly stream: PacketStream;
  /** As the cloud has sent it. */
  readonly connack: Buffer;
  readonly via: Via;
  readonly password: Password;
}

/** The password for a CONNECT. */
export interface Password {
  /** Null where the cloud wants none. */
  readonly text: string | null;
  /** When it ends, in milliseconds since 1970; and how many milliseconds before that it is to be renewed. */
  readonly expires: number;
  readonly renewedBefore: number;
}

/**
 * One attempt to connect a board to its cloud.
 * @param makePassword called when the way to the cloud is there, so that no time is lost of what it lasts
 * @throws AppError E_GATEWAY_UPSTREAM, E_GATEWAY_TLS; E_GATEWAY_REFUSED with the `code` of CONNACK
 */
export async function connectToCloud(
  packet: ConnectPacket,
  target: Target,
  credentials: Credentials,
  makePassword: () => Password,
  { dial, clock }: { readonly dial: CloudDial; readonly clock: Clock },
  signal: AbortSignal,
): Promise<CloudConnection> {
  const { host } = target;
  try {
    const { socket, via } = await dial(host, credentials, signal);
    const password = makePassword();
    const stream = new PacketStream(socket, LONGEST_PACKET, clock);
    const answer = firstPacket(stream, clock, signal);
    stream.write(withPassword(packet, password.text));
    const { type, bytes, body } = await answer;
    const code = body[1];
    if (type !== TYPE.connack || code === undefined) {
      stream.destroy();
      throw new MalformedPacket('it answers CONNECT with something else than CONNACK');
    }
    if (code === 0) return { stream, connack: bytes, via, password };
    stream.end();
    throw refused(host, code);
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof AppError ? error : unreached(host, error);
  }
}

/** The first packet that comes; the next ones are kept. */
function firstPacket(stream: PacketStream, clock: Clock, signal: AbortSignal): Promise<RawPacket> {
  return new Promise((resolve, reject) => {
    const timer = clock.after(CONNACK_TIMEOUT, () => {
      stream.destroy(new NoAnswer(`no answer to CONNECT within ${CONNACK_TIMEOUT / 1000} s`));
    });
    const giveUp = () => stream.destroy(new Error('given up'));
    const settle = () => {
      timer.cancel();
      signal.removeEventListener('abort', giveUp);
    };
    signal.addEventListener('abort', giveUp, { once: true });
    stream.onPacket = (packet) => {
      stream.onPacket = null;
      settle();
      resolve(packet);
    };
    stream.onEnd = (error) => {
      settle();
      reject(error ?? new NoAnswer('it has closed the connection instead of an answer to CONNECT'));
    };
    if (signal.aborted) giveUp();
  });
}
