import { readdir, readFile, realpath } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SerialPort } from 'serialport';

export interface PortInfo {
  path: string;
  manufacturer?: string | undefined;
  serialNumber?: string | undefined;
  vendorId?: string | undefined;
  productId?: string | undefined;
}

const LINUX_NAMES = /^tty(?:USB|ACM)\d+$/;

/** The serial ports of this computer; empty when the system cannot tell. */
export async function listPorts(): Promise<PortInfo[]> {
  try {
    return await SerialPort.list();
  } catch {
    // Linux without udevadm: the device files have names that tell, and sysfs knows the rest.
    const names = (await readdir('/dev').catch(() => [])).filter((name) => LINUX_NAMES.test(name));
    return Promise.all(
      names.map(async (name) => ({ path: `/dev/${name}`, ...(await usbFacts(`/sys/class/tty/${name}/device`)) })),
    );
  }
}

/** How far above the tty its USB device stands: one folder for a CDC ACM port, two for a converter. */
const MAX_LEVELS = 3;

async function usbFacts(link: string): Promise<Omit<PortInfo, 'path'>> {
  let folder = await realpath(link).catch(() => '/');
  for (let level = 0; level <= MAX_LEVELS; level++) {
    const vendorId = await fact(folder, 'idVendor');
    if (vendorId !== undefined) {
      return {
        vendorId,
        productId: await fact(folder, 'idProduct'),
        manufacturer: await fact(folder, 'manufacturer'),
        serialNumber: await fact(folder, 'serial'),
      };
    }
    folder = dirname(folder);
  }
  return {};
}

function fact(folder: string, name: string): Promise<string | undefined> {
  return readFile(join(folder, name), 'utf8').then(
    (text) => text.trim(),
    () => undefined,
  );
}
