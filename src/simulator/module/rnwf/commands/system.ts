import { STATUS } from '../status.ts';
import { printText } from '../strings.ts';
import { configure, type Handler, integerOf } from './api.ts';

const told =
  (name: string, value: (firmware: Parameters<Handler>[0]) => string): Handler =>
  (firmware, parameters) => {
    if (parameters.length > 0) return STATUS.parameterCount;
    firmware.info(`${name}:${printText(value(firmware))}`);
    return STATUS.ok;
  };

const baud: Handler = (firmware, parameters) => {
  const rate = integerOf(parameters[0]);
  if (parameters.length > 1) return STATUS.parameterCount;
  if (parameters.length === 0) {
    firmware.info(`+IPR:${firmware.baud}`);
    return STATUS.ok;
  }
  if (rate === undefined || rate < 1) return STATUS.invalidParameter;
  // The answer still comes at the old rate.
  firmware.after(0, () => {
    firmware.baud = rate;
  });
  return STATUS.ok;
};

const restart: Handler = (firmware, parameters) => {
  if (parameters.length > 0) return STATUS.parameterCount;
  firmware.after(0, () => firmware.restart());
  return STATUS.ok;
};

const device: Handler = (firmware, parameters) => configure(firmware, '+CFG', firmware.device, parameters);

/** RNWF 2, 4. */
export const SYSTEM_COMMANDS: Record<string, Handler> = {
  '+GMI': told('+GMI', () => 'Microchip Technology Inc.'),
  '+GMM': told('+GMM', ({ product }) => product.model),
  '+GMR': told('+GMR', ({ product }) => product.version),
  '+IPR': baud,
  '+RST': restart,
  '+CFG': device,
};
