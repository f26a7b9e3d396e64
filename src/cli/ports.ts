import { EXIT } from '../errors.ts';
import { rankPorts } from '../serial/likely.ts';
import { listPorts } from '../serial/list.ts';
import type { CommandAction } from './command.ts';
import { runCommand } from './runner.ts';

/** Shows the serial ports of this computer, and which one is likely the board's. */
export const ports: CommandAction = (given, environment) =>
  runCommand(given, environment, async ({ print, printJson }) => {
    const ranked = rankPorts(await listPorts());
    if (given.flags['json'] === true) {
      for (const { path, vendorId, productId, serialNumber, manufacturer, likely, why } of ranked) {
        printJson({ path, vendorId, productId, serialNumber, manufacturer, likely, why });
      }
      return EXIT.done;
    }
    if (ranked.length === 0)
      print('No serial port was found. Plug the USB-UART adapter in, or try --simulate without one.');
    for (const { path, vendorId, productId, serialNumber, manufacturer, likely, why } of ranked) {
      const ids = vendorId ? `${vendorId}:${productId ?? '?'}` : '';
      const facts = [ids, manufacturer, serialNumber, why].filter(Boolean).join('  ');
      print(`${likely ? '*' : ' '} ${path}  ${facts}`);
    }
    if (ranked.some(({ likely }) => likely)) {
      print('');
      print('* likely the board');
    }
    return EXIT.done;
  });
