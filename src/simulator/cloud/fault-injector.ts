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

async function changeDevice(devices: DeviceRegistry, fault: DeviceFault): Promise<void> {
  const { deviceId } = fault;
  if (fault.type === 'delete') return devices.delete(deviceId);
  if (fault.type === 'kick') return devices.get(deviceId).link?.close();
  const device = await devices.update(deviceId, (record) =>
    fault.type === 'move' ? { ...record, movedTo: fault.hub } : { ...record, enabled: fault.type === 'enable' },
  );
  // MQTT 3.1.1 cannot tell the device why: all it sees is that the connection is gone (Azure 2.1).
  if (fault.type !== 'enable') device.link?.close();
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
          return faults.throttle(fault, clock.now());
        default:
          return changeDevice(devices, fault);
      }
    },
    waiting: () => faults.waiting(),
    clear: () => faults.clear(),
  };
}
