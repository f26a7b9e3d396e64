import { read as fsRead } from 'node:fs';
import { promisify } from 'node:util';

/** The part of an open POSIX port that reading needs. */
export interface ReadablePort {
  /** The file descriptor; null once the port is closed. */
  readonly fd: number | null;
  readonly poller: { once(event: 'readable', callback: (error: Error | null) => void): unknown };
}

interface Filled {
  buffer: Buffer;
  bytesRead: number;
}

type Read = (fd: number, buffer: Buffer, offset: number, length: number, position: null) => Promise<Filled>;

/**
 * Reads at least one byte from a port. A read that gives nothing is the end of a line that was hung up: the port has been
 * opened so that a read without data fails with EAGAIN. serialport's own function repeats it at once and for ever, which
 * keeps a core busy and hides the loss until something is written.
 * @throws when the port is closed, gone or hung up
 */
export async function readPort(
  port: ReadablePort,
  buffer: Buffer,
  offset: number,
  length: number,
  read: Read = promisify(fsRead),
): Promise<Filled> {
  for (;;) {
    if (port.fd === null) throw new Error('the port is not open');
    try {
      const { bytesRead } = await read(port.fd, buffer, offset, length, null);
      if (bytesRead === 0) throw new Error('the line was hung up');
      return { buffer, bytesRead };
    } catch (error) {
      if (!isPassing(error)) throw error;
    }
    await readable(port);
  }
}

function readable({ poller }: ReadablePort): Promise<void> {
  return new Promise((resolve, reject) => {
    poller.once('readable', (error) => (error ? reject(error) : resolve()));
  });
}

function isPassing(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return code === 'EAGAIN' || code === 'EWOULDBLOCK' || code === 'EINTR';
}
