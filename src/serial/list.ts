import { readdir } from 'node:fs/promises';
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
    // Linux without udevadm: the device files still have names that tell.
    const names = await readdir('/dev').catch(() => []);
    return names.filter((name) => LINUX_NAMES.test(name)).map((name) => ({ path: `/dev/${name}` }));
  }
}
