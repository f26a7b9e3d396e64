import { EXIT, type ExitCode } from '../errors.ts';
import { rankPorts } from '../serial/likely.ts';
import { listPorts } from '../serial/list.ts';
import { visible } from '../terminal/visible.ts';
import type { World } from './main.ts';

/** Shows the serial ports of this computer, and which one is likely the board's. */
export async function ports({ json }: { json?: boolean }, { stdout }: World): Promise<ExitCode> {
  const ranked = rankPorts(await listPorts());
  if (json) {
    const rows = ranked.map(({ path, vendorId, productId, serialNumber, manufacturer, likely, why }) => ({
      path,
      vendorId: vendorId ?? null,
      productId: productId ?? null,
      serialNumber: serialNumber ?? null,
      manufacturer: manufacturer ?? null,
      likely,
      why,
    }));
    stdout.write(`${JSON.stringify(rows)}\n`);
    return EXIT.done;
  }
  if (ranked.length === 0) {
    stdout.write('No serial port was found. Plug the USB-UART adapter in, or try --simulate without one.\n');
    return EXIT.done;
  }
  for (const port of ranked) {
    const ids = port.vendorId ? `${port.vendorId}:${port.productId ?? '?'}` : '';
    const facts = [ids, port.manufacturer, port.serialNumber].filter(Boolean).join('  ');
    stdout.write(visible(`${port.likely ? '*' : ' '} ${port.path}  ${facts}  ${port.why}`).trimEnd());
    stdout.write('\n');
  }
  if (ranked.some(({ likely }) => likely)) stdout.write('\n* likely the board\n');
  return EXIT.done;
}
