import type { Console } from '../console.ts';
import { stringForm } from '../forms.ts';

/** Prints a received message, once for each subscription. @returns false when its form overruns a buffer (T30). */
export function printMessage(console: Console, topic: Buffer, payload: Buffer, times: number): boolean {
  const topicWrites = stringForm(topic);
  const payloadWrites = stringForm(payload);
  if (!topicWrites || !payloadWrites) return false;
  const writes = [`+MQTTPUB:${topic.length},`, ...topicWrites, `,${payload.length},`, ...payloadWrites, '\r\n'];
  for (let time = 0; time < times; time++) console.print(...writes);
  return true;
}

/** The lines that tell of a packet that could not be sent (AT protocol 3.5). @param call what failed, if it is named. */
export function printSendFailure(console: Console, reason: string, length: number, call: string | undefined): void {
  console.diagnostic(reason);
  console.diagnostic('SYS_NET_SendMsg():Failed');
  console.diagnostic(`Failed. Sent bytes = 0 ; length = ${length}`);
  console.diagnostic('sendPacket() failed (-1)');
  if (call) console.diagnostic(`${call} (-1)`);
}

/** @param sent, received when the timers of the two directions ran out, in milliseconds since power-up. */
export function printKeepaliveFailure(console: Console, sent: number, received: number): void {
  const [lastSent, lastReceived] = [Math.floor(sent), Math.floor(received)];
  console.diagnostic(`PINGRESP Not Rcvd Last Sent = (${lastSent}); Last Rcvd = (${lastReceived})`);
  console.diagnostic('keepalive failed; Disconnecting the session');
}
