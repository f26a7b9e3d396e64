import type { Packet } from 'mqtt-packet';
import type { JsonObject } from '../../json.ts';

const MAX_TEXT = 2000;

/** A character has at most four bytes; what is cut in two at the end is cut off. */
const textOf = (payload: string | Buffer) =>
  (typeof payload === 'string' ? payload : payload.toString('utf8', 0, 4 * MAX_TEXT)).slice(0, MAX_TEXT);

/** A packet for those who look on: what matters of it, shortened, and never a password. */
export function describePacket(packet: Packet): JsonObject {
  const { cmd } = packet;
  const messageId = packet.messageId ? { messageId: packet.messageId } : {};
  switch (packet.cmd) {
    case 'connect': {
      const { clientId, username = null, clean = true, keepalive = 0 } = packet;
      return { cmd, clientId, username, clean, keepalive };
    }
    case 'connack':
      return { cmd, returnCode: packet.returnCode ?? 0, sessionPresent: packet.sessionPresent };
    case 'publish': {
      const { topic, qos, retain, dup } = packet;
      return { cmd, topic, payload: textOf(packet.payload), qos, retain, dup, ...messageId };
    }
    case 'subscribe': {
      const subscriptions = packet.subscriptions.map(({ topic, qos }) => ({ topic, qos }));
      return { cmd, subscriptions, ...messageId };
    }
    case 'suback':
      return { cmd, granted: packet.granted.map(Number), ...messageId };
    case 'unsubscribe':
      return { cmd, unsubscriptions: packet.unsubscriptions, ...messageId };
    default:
      return { cmd, ...messageId };
  }
}
