/** The address that this computer listens on when nothing else is asked for. */
export const LOOPBACK = '127.0.0.1';

const NAMES = /^(?:127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|localhost)$/i;

/** True when only this computer can reach what listens on `host`. */
export function isLoopback(host: string): boolean {
  return NAMES.test(host);
}
