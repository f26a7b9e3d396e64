import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import { answerSntp } from './message.ts';

export interface SntpServer {
  port: number;
  close(): Promise<void>;
}

/**
 * Tells the time to whoever asks.
 * @param port 0 takes any free one
 * @param now milliseconds since 1970, true or not
 * @throws the system's error (EACCES, EADDRINUSE …) when the port cannot be had
 */
export async function startSntpServer(host: string, port: number, now: () => number): Promise<SntpServer> {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  socket.on('message', (request, { address, port: from }) => {
    const answer = answerSntp(request, now());
    // Who cannot be reached will ask again.
    if (answer) socket.send(answer, from, address, () => undefined);
  });
  socket.bind(port, host);
  await once(socket, 'listening');
  socket.on('error', () => undefined);
  return {
    port: socket.address().port,
    async close() {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}
