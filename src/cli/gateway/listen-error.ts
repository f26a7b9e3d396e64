import { AppError } from '../../errors.ts';
import type { OwnAddress } from '../../gateway/address.ts';

/** Why the gateway cannot listen, in a sentence; any other failure stays as it is. */
export function listenError(error: unknown, host: string, port: number, own: readonly OwnAddress[]): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error;
  const place = `${host}:${port}`;
  switch (error.code) {
    case 'EADDRINUSE':
      return new AppError(
        'E_GATEWAY_PORT',
        `Port ${port} of ${host} is in use by another program: a gateway, perhaps, or an MQTT broker`,
        'Choose another port; 0 takes any that is free.',
        error,
      );
    case 'EACCES':
    case 'EPERM':
      return new AppError('E_GATEWAY_PORT', `You are not allowed to listen on ${place}`, 'Choose another port.', error);
    case 'EADDRNOTAVAIL':
      return new AppError(
        'E_GATEWAY_ADDRESS',
        `${host} is not an address of this computer${own.length === 0 ? '' : `; it has ${own.map(({ address }) => address).join(', ')}`}`,
        'Name one that the board can reach.',
        error,
        { addresses: own.map(({ address }) => address) },
      );
    default:
      return new AppError('E_GATEWAY_PORT', `The gateway cannot listen on ${place}: ${error.message}`, '', error);
  }
}
