import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { createWebSocketStream, type WebSocket, WebSocketServer } from 'ws';
import { NO_AMQP } from './amqp.ts';
import { percentDecode } from './topics.ts';

const PATH = '/$iothub/websocket';
const PROTOCOL = 'mqtt';
/** The largest frame that is taken: a whole MQTT packet, of which the codec takes less. */
const MAX_FRAME = 512 * 1024;
/** Bytes that a client sends as text are no MQTT (MQTT 3.1.1, 6.0). */
const UNSUPPORTED_DATA = 1003;
const MAX_SHOWN = 80;

/** MQTT over WebSocket, at the path that hub and DPS share. */
export class WebSocketEndpoint {
  readonly #server = new WebSocketServer({
    noServer: true,
    handleProtocols: () => PROTOCOL,
    maxPayload: MAX_FRAME,
    perMessageDeflate: false,
  });
  readonly #accept: (stream: Duplex, request: IncomingMessage) => void;
  readonly #onRefused: (reason: string) => void;

  /** @param accept takes the bytes within the frames */
  constructor(accept: (stream: Duplex, request: IncomingMessage) => void, onRefused: (reason: string) => void) {
    this.#accept = accept;
    this.#onRefused = onRefused;
  }

  /** Takes over a connection whose client asks for another protocol. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => {}); // a connection that breaks is closed, which is all there is to do
    const objection = objectionTo(request);
    if (objection) this.#refuse(socket, objection.status, objection.reason);
    else this.#server.handleUpgrade(request, socket, head, (webSocket) => this.#talk(webSocket, request));
  }

  #talk(webSocket: WebSocket, request: IncomingMessage): void {
    webSocket.on('error', () => {});
    webSocket.on('message', (_data, isBinary) => {
      if (!isBinary) webSocket.close(UNSUPPORTED_DATA);
    });
    try {
      this.#accept(createWebSocketStream(webSocket), request);
    } catch (error) {
      this.#onRefused(`a client certificate cannot be read: ${String(error)}`);
      webSocket.terminate();
    }
  }

  #refuse(socket: Duplex, status: string, reason: string): void {
    this.#onRefused(reason);
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
  }
}

/** Why a request for a WebSocket is refused, and with which status; undefined when it is not. */
function objectionTo({ url = '', headers }: IncomingMessage): { status: string; reason: string } | undefined {
  const path = percentDecode(url.replace(/\?.*$/s, '')) ?? url;
  if (path.toLowerCase() !== PATH) {
    return { status: '404 Not Found', reason: `there is no WebSocket at ${JSON.stringify(path.slice(0, MAX_SHOWN))}` };
  }
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim().toLowerCase());
  if (offered.includes(PROTOCOL)) return undefined;
  const reason = offered.some((name) => name.startsWith('amqp'))
    ? NO_AMQP
    : `a WebSocket does not ask for the subprotocol ${PROTOCOL}`;
  return { status: '400 Bad Request', reason };
}
