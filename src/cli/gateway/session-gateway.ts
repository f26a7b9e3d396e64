import type { GatewaySettings } from '../../config/resolve.ts';
import { AppError } from '../../errors.ts';
import type { Report } from '../../events.ts';
import { isLoopbackAddress } from '../../gateway/address.ts';
import { LONGEST_BODY } from '../../gateway/bridge.ts';
import type { GatewayEvent } from '../../gateway/events.ts';
import { type Gateway, startGateway } from '../../gateway/gateway.ts';
import type { CloudGateway } from '../../session/cloud-gateway.ts';
import type { Simulation } from '../../simulator/simulation.ts';
import { LOOPBACK } from '../../web/loopback.ts';
import type { ProcessEnvironment } from '../process-environment.ts';
import { type BoardCredentials, credentialsOf, simulatedCredentials } from './board-credentials.ts';
import type { CloudSide } from './cloud-side.ts';
import { firewallCommand } from './firewall.ts';
import { listenError } from './listen-error.ts';
import { chooseAddress, ownAddresses } from './own-addresses.ts';

type Environment = Pick<ProcessEnvironment, 'clock' | 'random' | 'cwd'>;

export interface SessionGatewayOptions extends Environment {
  readonly settings: GatewaySettings;
  readonly cloud: CloudSide;
  /** The symmetric key; null for a certificate. */
  readonly key: string | null;
  readonly report: Report;
  /** The cloud of a simulation, which is told of the gateway's certificate. */
  readonly simulated?: Pick<Simulation, 'enroll'> | undefined;
}

/** The gateway of one session: it listens from the moment on that it is known where the board is. */
export class SessionGateway implements CloudGateway {
  readonly longestPacket = LONGEST_BODY;
  readonly #options: SessionGatewayOptions;
  readonly #listeners: ((bytes: number) => void)[] = [];
  #gateway: Gateway | null = null;
  #board: BoardCredentials | null = null;
  /** Of the board, to DPS. */
  #deviceId = '';

  constructor(options: SessionGatewayOptions) {
    this.#options = options;
  }

  async open(board: { deviceId: string; ip: string; netmask: string | null }): Promise<{ host: string; port: number }> {
    const { settings, simulated } = this.#options;
    const wanted = settings.listen ?? 'auto';
    const host = wanted === 'auto' && simulated ? LOOPBACK : chooseAddress(wanted, board, ownAddresses());
    const running = this.#gateway;
    if (running && running.host === host && isPresent(host)) {
      this.moved(board.ip);
      return { host, port: running.port };
    }
    await this.close();
    this.#board ??= await this.#introduce(board.deviceId);
    this.#gateway = await this.#listen(host, board.ip, this.#board);
    return { host, port: this.#gateway.port };
  }

  moved(ip: string): void {
    this.#gateway?.boards.expect(this.#deviceId, ip);
  }

  wasReached(since: number): boolean {
    const last = this.#gateway?.boards.lastVisit ?? null;
    return last !== null && last >= since;
  }

  unreached(): AppError {
    const { host = '', port = 0 } = this.#gateway ?? {};
    return new AppError(
      'E_GATEWAY_UNREACHED',
      `The board never reached ${host}:${port}: a firewall here, or an access point that isolates its clients`,
      'Let the port through the firewall of this computer, and look for "client isolation" in the access point.',
      undefined,
      { command: firewallCommand(process.platform, port) },
    );
  }

  failure(): AppError | null {
    const failure = this.#gateway?.boards.failure(this.#deviceId) ?? null;
    const certificate = this.#board?.identity?.certificate;
    if (failure === null || certificate === undefined) return failure;
    const { code, message, hint, cause, facts } = failure;
    return new AppError(code, message, hint, cause, { ...facts, certificate });
  }

  get isHolding(): boolean {
    return this.#gateway?.boards.isHolding(this.#deviceId) ?? false;
  }

  onTooLarge(listener: (bytes: number) => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    const gateway = this.#gateway;
    this.#gateway = null;
    await gateway?.close();
  }

  /** Says who the gateway is for this board. */
  async #introduce(deviceId: string): Promise<BoardCredentials> {
    const { settings, key, simulated, clock, cwd, report } = this.#options;
    this.#deviceId = deviceId;
    const now = clock.wall();
    const board =
      simulated && key === null && settings.identity === null
        ? await simulatedCredentials(deviceId, now)
        : await credentialsOf(deviceId, settings, key, { cwd, now });
    const { credentials } = board;
    const { key: own } = credentials;
    await simulated?.enroll(
      deviceId,
      credentials.kind === 'key' ? { key: own } : { certificate: credentials.certificate },
    );
    for (const message of board.words) report({ type: 'event', level: 'event', message });
    return board;
  }

  async #listen(host: string, ip: string, { credentials }: BoardCredentials): Promise<Gateway> {
    const { settings, cloud, clock, random } = this.#options;
    const { port } = settings;
    try {
      return await startGateway({
        ...cloud,
        clock,
        random,
        host,
        port,
        boards: [{ deviceId: this.#deviceId, credentials, address: ip }],
        report: (event) => this.#report(event),
      });
    } catch (error) {
      throw listenError(error, host, port, ownAddresses());
    }
  }

  #report(event: GatewayEvent): void {
    this.#options.report({ type: 'gateway', ...event });
    if (event.happening !== 'too-large' || event.bytes === undefined) return;
    for (const listener of this.#listeners) listener(event.bytes);
  }
}

/** Whether this computer still has an address: it may have moved to another network, or have slept. */
function isPresent(host: string): boolean {
  return isLoopbackAddress(host) || ownAddresses().some(({ address }) => address === host);
}
