import type { GatewaySettings } from '../../config/resolve.ts';
import type { Board } from '../../gateway/credentials.ts';
import { startGateway } from '../../gateway/gateway.ts';
import type { ServiceContext } from '../command.ts';
import type { ProcessEnvironment } from '../process-environment.ts';
import { credentialsOf } from './board-credentials.ts';
import type { CloudSide } from './cloud-side.ts';
import { listenError } from './listen-error.ts';
import { chooseAddress, ownAddresses } from './own-addresses.ts';

/** What a gateway for several boards is made from. */
export interface GatewayPlan {
  readonly settings: GatewaySettings;
  /** The symmetric key; null for certificates. */
  readonly key: string | null;
  readonly boards: readonly Pick<Board, 'deviceId' | 'address'>[];
  readonly cloud: CloudSide;
}

/** Is a gateway until the signal is aborted. */
export async function serveGateway(
  { settings, key, boards, cloud }: GatewayPlan,
  { report, signal }: ServiceContext,
  { clock, random, cwd }: ProcessEnvironment,
): Promise<void> {
  const note = (message: string) => report({ type: 'event', level: 'note', message });
  const host = chooseAddress(settings.listen ?? 'auto', null, ownAddresses());
  const known: Board[] = [];
  for (const board of boards) {
    const { credentials, words } = await credentialsOf(board.deviceId, settings, key, { cwd, now: clock.wall() });
    for (const word of words) note(word);
    known.push({ ...board, credentials });
  }
  const { port } = settings;
  const gateway = await startGateway({
    ...cloud,
    clock,
    random,
    host,
    port,
    boards: known,
    report: (event) => report({ type: 'gateway', ...event }),
  }).catch((error: unknown) => {
    throw listenError(error, host, port, ownAddresses());
  });
  try {
    const open = known.filter(({ address }) => address === null).map(({ deviceId }) => deviceId);
    if (open.length > 0) {
      const message =
        `Whoever is in this network and knows the id can connect as ${open.join(', ')}, as long as the board does not: ` +
        'name its address (--board <id>=<address>) to prevent it';
      report({ type: 'event', level: 'warning', message });
    }
    const readable = 'Between the boards and the gateway nothing is encrypted: who is in that network can read it';
    report({ type: 'event', level: 'warning', message: readable });
    note(`What the session of a board needs: GATEWAY_AT=${gateway.host}:${gateway.port}`);
    await new Promise<void>((resolve) => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  } finally {
    await gateway.close();
  }
}
