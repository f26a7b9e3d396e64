import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { AppError } from '../../errors.ts';
import type { Modem } from '../../modem/modem.ts';
import { LOOPBACK } from '../../web/loopback.ts';
import { firewallCommand } from '../gateway/firewall.ts';
import { listenError } from '../gateway/listen-error.ts';
import { chooseAddress, ownAddresses } from '../gateway/own-addresses.ts';
import type { ProcessEnvironment } from '../process-environment.ts';
import { type CheckResult, failedBy, ok, skipped } from './check-result.ts';

/** A board that can come comes within a second or two; milliseconds. */
const WITHIN = 10_000;
/** An answer to CONNECT: so the module is content, and can be told to leave again (T22). */
const CONNACK = Buffer.from([0x20, 2, 0, 0]);

export interface ReachOptions {
  /** What the settings say: an address, or `auto`. */
  readonly wanted: string;
  readonly port: number;
  readonly simulate: boolean;
}

/** Whether the board reaches this computer: something listens where a gateway would, and the board is told to connect. */
export async function checkReach(
  module: Modem | null,
  { wanted, port, simulate }: ReachOptions,
  { clock }: Pick<ProcessEnvironment, 'clock'>,
  signal: AbortSignal,
): Promise<CheckResult> {
  if (!module) return skipped('The module does not answer');
  const ip = await module.wifi.address(signal);
  if (ip === null) return skipped('The module is not in the network');
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.write(CONNACK));
  });
  try {
    const netmask = (await module.wifi.netmask?.(signal)) ?? null;
    const host = wanted === 'auto' && simulate ? LOOPBACK : chooseAddress(wanted, { ip, netmask }, ownAddresses());
    server.listen(port, host);
    await once(server, 'listening').catch((error: unknown) => {
      throw listenError(error, host, port, ownAddresses());
    });
    const { port: taken } = server.address() as AddressInfo;
    const place = `${host}:${taken}`;
    if (await module.mqtt.isConnected(signal)) await module.mqtt.close(signal);
    await module.mqtt.configure({ host, port: taken, clientId: 'doctor', userName: 'doctor', tls: false }, signal);
    const late = new AbortController();
    const timer = clock.after(WITHIN, () => late.abort());
    const came = await module.mqtt.connect(AbortSignal.any([signal, late.signal])).catch((error: unknown) => {
      if (signal.aborted || !late.signal.aborted) throw error;
      return 'timed-out';
    });
    timer.cancel();
    if (came === 'connected') {
      await module.mqtt.close(signal);
      return ok(`The board (${ip}) reaches this computer at ${place}`);
    }
    // It would go on trying.
    await module.reset(signal);
    const command = firewallCommand(process.platform, taken);
    const message = `The board never reached ${place}: a firewall here, or an access point that isolates its clients`;
    return failedBy(new AppError('E_GATEWAY_UNREACHED', message, '', undefined, { command }));
  } catch (error) {
    return failedBy(error);
  } finally {
    server.close();
  }
}
