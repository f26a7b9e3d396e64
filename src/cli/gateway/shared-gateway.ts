import { AppError } from '../../errors.ts';
import { LONGEST_BODY } from '../../gateway/bridge.ts';
import type { CloudGateway } from '../../session/cloud-gateway.ts';
import { firewallCommand } from './firewall.ts';

/** A gateway that runs elsewhere, for several boards: nothing of what it sees is known here. */
export class SharedGateway implements CloudGateway {
  readonly longestPacket = LONGEST_BODY;
  readonly isHolding = false;
  readonly #host: string;
  readonly #port: number;

  /** @param address and port, with a colon between them */
  constructor(address: string) {
    const [host = '', port] = address.split(':');
    this.#host = host;
    this.#port = Number(port);
  }

  async open(): Promise<{ host: string; port: number }> {
    return { host: this.#host, port: this.#port };
  }

  moved(): void {}

  wasReached(): null {
    return null;
  }

  unreached(): AppError {
    const place = `${this.#host}:${this.#port}`;
    const command = firewallCommand(process.platform, this.#port);
    return new AppError('E_GATEWAY_UNREACHED', `The board never reached ${place}`, '', undefined, { command });
  }

  failure(): null {
    return null;
  }

  onTooLarge(): void {}
}
