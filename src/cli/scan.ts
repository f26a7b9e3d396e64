import { EXIT } from '../errors.ts';
import type { SeenNetwork } from '../modem/modem.ts';
import type { CommandAction } from './command.ts';
import { runWithModule } from './with-module.ts';

/** Shows the Wi-Fi networks that the module sees. */
export const scan: CommandAction = (given, environment) =>
  runWithModule(given, environment, async (module, { signal, print, printJson, report }) => {
    report({ type: 'waiting', message: 'the module looks for networks', seconds: 15 });
    const networks = await module.wifi.scan(signal);
    if (given.flags['json'] === true) {
      for (const network of networks) printJson({ ...network });
      return EXIT.done;
    }
    if (networks.length === 0) print('The module sees no Wi-Fi network; it knows 2.4 GHz only.');
    else print(' signal  channel  security  network');
    for (const network of networks) print(networkLine(network));
    return EXIT.done;
  });

/** A network as a row of a table. */
export function networkLine({ rssi, channel, security, ssid }: SeenNetwork): string {
  const signal = `${rssi} dBm`.padStart(7);
  return `${signal}  ${String(channel).padStart(7)}  ${security.padEnd(8)}  ${ssid === '' ? '(hidden)' : ssid}`;
}
