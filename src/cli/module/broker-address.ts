import { isIPv6 } from 'node:net';
import { integer } from '../../config/checks.ts';
import { wrongOption } from '../command-options.ts';

export interface Address {
  host: string;
  port: number;
}

const ANY = '*';
const RULE = /^(?<name>[^=]+)=(?:\[(?<v6>[^\]]+)\]|(?<host>[^:=[\]]+)):(?<port>\d+)$/i;
const aPort = integer(1, 65_535);

/**
 * Reads rules such as `*=127.0.0.1:8883`: the name of a broker, or `*` for every other, and where it is really found.
 * A rule may be for one port of a name (`name:443=…`): it counts for who asks for that port only.
 * @returns what a name leads to; undefined: where the name itself leads
 * @throws AppError E_CONFIG
 */
export function readRules(rules: readonly string[]): (host: string) => Address | undefined {
  const addresses = new Map<string, Address>();
  for (const rule of rules) {
    const { name, v6, host = v6, port = '' } = RULE.exec(rule)?.groups ?? {};
    const checked = aPort(port);
    const isAddress = v6 === undefined || isIPv6(v6);
    if (name === undefined || host === undefined || !isAddress || !('value' in checked)) {
      throw wrongOption('--resolve', rule, 'be <name>=<host>:<port>, or *=<host>:<port> for every name');
    }
    addresses.set(name.toLowerCase(), { host, port: checked.value });
  }
  return (host) => {
    const port = /:\d+$/.exec(host)?.[0] ?? '';
    return addresses.get(host.toLowerCase()) ?? addresses.get(ANY + port);
  };
}
