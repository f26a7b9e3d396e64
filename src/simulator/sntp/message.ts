import { SECONDS_1900_TO_1970 } from '../ntp-epoch.ts';

/** Length of a message without the optional authenticator, in bytes (RFC 4330, 4). */
const LENGTH = 48;
const CLIENT = 3;
const SERVER = 4;
/** A clock of its own, here the computer's (RFC 4330, figure 2). */
const STRATUM = 1;
const REFERENCE = 'LOCL';
/** The clock counts milliseconds, which is a little more than 2 to the power of -10 seconds. */
const PRECISION = -10;
const ERA = 2 ** 32;

/**
 * The answer to an SNTP request.
 * @param now milliseconds since 1970: the time to tell
 * @returns null for what is not a request of a client
 */
export function answerSntp(request: Buffer, now: number): Buffer | null {
  const first = request[0] ?? 0;
  const version = (first >> 3) & 0b111;
  if (request.length < LENGTH || (first & 0b111) !== CLIENT || version === 0) return null;
  const answer = Buffer.alloc(LENGTH);
  answer[0] = (version << 3) | SERVER;
  answer[1] = STRATUM;
  answer[2] = request[2] ?? 0;
  answer.writeInt8(PRECISION, 3);
  answer.write(REFERENCE, 12, 'latin1');
  writeTime(answer, 16, now);
  // The client knows its answer by its own transmit time (RFC 4330, 5).
  request.copy(answer, 24, 40, LENGTH);
  writeTime(answer, 32, now);
  writeTime(answer, 40, now);
  return answer;
}

/** Seconds since 1900, which start again from 0 in 2036 (RFC 4330, 3), and a fraction of 32 bits. */
function writeTime(message: Buffer, offset: number, time: number): void {
  const seconds = Math.floor(time / 1000);
  message.writeUInt32BE((((seconds + SECONDS_1900_TO_1970) % ERA) + ERA) % ERA, offset);
  message.writeUInt32BE(Math.floor(((time / 1000 - seconds) * ERA) % ERA), offset + 4);
}
