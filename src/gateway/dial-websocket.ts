import type { Duplex } from 'node:stream';
import type { Clock } from '../clock.ts';
import { dialTls, type Way } from './dial-tls.ts';
import { NoAnswer } from './failure.ts';

/** Where both DPS and hubs take MQTT over WebSocket (Azure 1.1, 2.1). */
const PATH = '/$iothub/websocket';
const PROTOCOL = 'mqtt';
const OPENING_TIMEOUT = 10_000;
/** A frame holds a packet at most, of which a message has 256 KB. */
const LONGEST_FRAME = 512 * 1024;

/**
 * Opens MQTT over WebSocket over TLS, for networks that let nothing through but port 443.
 * @param hasCertificate whether the client shows one: Azure does not ask for it otherwise
 */
export async function dialWebSocket(
  way: Way,
  hasCertificate: boolean,
  clock: Clock,
  signal: AbortSignal,
): Promise<Duplex> {
  const [socket, { createWebSocketStream, WebSocket }] = await Promise.all([
    dialTls({ ...way, protocol: 'http/1.1' }, clock, signal),
    import('ws'),
  ]);
  // TLS is there already, with the name verified, so what is spoken in it is HTTP.
  const query = hasCertificate ? '' : '?iothub-no-client-cert=true';
  const webSocket = new WebSocket(`ws://${way.name}${PATH}${query}`, PROTOCOL, {
    createConnection: () => socket,
    perMessageDeflate: false,
    maxPayload: LONGEST_FRAME,
  });
  const giveUp = () => webSocket.terminate();
  const timer = clock.after(OPENING_TIMEOUT, giveUp);
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await new Promise<void>((resolve, reject) => {
      webSocket.once('open', resolve);
      webSocket.once('error', reject);
      webSocket.once('close', () => reject(new NoAnswer('the connection was closed before WebSocket was open')));
    });
    return createWebSocketStream(webSocket);
  } catch (error) {
    webSocket.on('error', () => undefined);
    socket.destroy();
    signal.throwIfAborted();
    throw error;
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', giveUp);
  }
}
