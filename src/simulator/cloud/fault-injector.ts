import type { CloudContext } from './context.ts';
import type { DeviceRegistry } from './devices.ts';
import type { DeviceFault, Fault, QueuedFault } from './faults.ts';

/** Trouble on demand. */
export interface CloudFaults {
  /** Makes a fault happen: at once, or at the next occasions. @throws AzureError 404001 for a device that is not there. */
  inject(fault: Fault): Promise<void>;
  /** Those that wait for their occasion. */
  waiting(): QueuedFault[];
  /** Forgets what waits, and ends throttling. */
  clear(): void;
}

const FAULT = 'a fault that was asked for';

async function changeDevice(devices: DeviceRegistry, fault: DeviceFault): Promise<void> {
  const { deviceId } = fault;
  if (fault.type === 'delete') return devices.delete(deviceId);
  if (fault.type === 'kick') return devices.get(deviceId).link?.close(FAULT);
  // MQTT 3.1.1 cannot tell the device why: all it sees is that the connection is gone (Azure 2.1).
  if (fault.type === 'move') {
    const device = await devices.update(deviceId, (record) => ({ ...record, movedTo: fault.hub }));
    device.link?.close(`the device was moved to the hub ${fault.hub}`);
    return;
  }
  devices.get(deviceId);
  await devices.change(deviceId, { enabled: fault.type === 'enable' });
}

export function createFaults(context: CloudContext, devices: DeviceRegistry): CloudFaults {
  const { faults, clock } = context;
  return {
    async inject(fault) {
      switch (fault.type) {
        case 'dps':
        case 'twin':
        case 'connect':
        case 'lose':
          return faults.add(fault);
        case 'throttle':
          return faults.throttle(fault, clock.wall());
        default:
          return changeDevice(devices, fault);
      }
    },
    waiting: () => faults.waiting(),
    clear: () => faults.clear(),
  };
}
