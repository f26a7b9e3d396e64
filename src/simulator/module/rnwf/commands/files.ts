import { STATUS, type Status } from '../status.ts';
import { printText } from '../strings.ts';
import type { Answer } from '../transfers.ts';
import { bytesOf, type FirmwareApi, type Handler, integerOf, LATER, type Outcome, textOf } from './api.ts';

const OPERATION = { load: 1, list: 2, delete: 3, info: 4, store: 5 } as const;
/** How a file comes: by XMODEM with CRC, or in command lines. */
const PROTOCOL = { xmodem: 2, lines: 5 } as const;

const files: Handler = (firmware, parameters) => {
  const [operation, type] = parameters.map(integerOf);
  const { flash } = firmware;
  switch (operation) {
    case OPERATION.list:
      if (parameters.length > 2) return STATUS.parameterCount;
      for (const kind of type === undefined ? [0, 1, 2, 3, 20] : [type]) {
        for (const name of flash.list(kind)) firmware.info(`+FS:2,${kind},${printText(name)}`);
      }
      return STATUS.ok;
    case OPERATION.info:
      firmware.info(`+FS:4,${flash.free},${flash.handles}`);
      return STATUS.ok;
    case OPERATION.delete: {
      const name = textOf(parameters[2]);
      if (type === undefined || name === undefined) return STATUS.parameterCount;
      return flash.delete(type, name);
    }
    case OPERATION.load:
    case OPERATION.store:
      return transfer(firmware, parameters.length, operation, parameters);
    default:
      return STATUS.invalidParameter;
  }
};

function transfer(
  firmware: FirmwareApi,
  count: number,
  operation: typeof OPERATION.load | typeof OPERATION.store,
  parameters: Parameters<Handler>[1],
): Outcome {
  if (count !== (operation === OPERATION.load ? 5 : 4)) return STATUS.parameterCount;
  const [, type, protocol, , length] = parameters.map(integerOf);
  const name = textOf(parameters[3]);
  if (type === undefined || protocol === undefined || name === undefined) return STATUS.invalidParameter;
  if (protocol === PROTOCOL.xmodem && operation === OPERATION.load) return receive(firmware, type, name, length);
  if (protocol !== PROTOCOL.lines || !firmware.product.hasFileCommands) return STATUS.transferUnsupported;
  if (operation === OPERATION.store) return answer(firmware, firmware.transfers.store(type, name));
  return length === undefined ? STATUS.invalidParameter : answer(firmware, firmware.transfers.load(type, name, length));
}

function receive(firmware: FirmwareApi, type: number, name: string, length: number | undefined): Outcome {
  if (length === undefined) return STATUS.invalidParameter;
  const status = firmware.flash.accepts(type, name, length);
  if (status !== STATUS.ok) return status;
  firmware.receiveFile(type, name, length);
  return LATER;
}

const block: Handler = (firmware, parameters) => {
  const { transfers } = firmware;
  const [handleParameter, blockParameter, data] = parameters;
  if (handleParameter === undefined) {
    for (const line of transfers.report()) firmware.info(line);
    return STATUS.ok;
  }
  const [handle, number] = [integerOf(handleParameter), integerOf(blockParameter)];
  if (handle === undefined || parameters.length > 4) return STATUS.invalidParameter;
  if (blockParameter === undefined) return answer(firmware, transfers.query(handle));
  if (number === undefined) return STATUS.invalidParameter;
  if (data === undefined) return transfers.abandon(handle);
  const [bytes, length] = [bytesOf(data), integerOf(data)];
  if (bytes) return answer(firmware, transfers.take(handle, number, bytes));
  return length === undefined ? STATUS.invalidParameter : answer(firmware, transfers.give(handle, number, length));
};

function answer(firmware: FirmwareApi, { status, line }: Answer): Status {
  if (line !== undefined) firmware.info(line);
  return status;
}

/** RNWF 9. */
export const FILE_COMMANDS: Record<string, Handler> = { '+FS': files, '+FSTSFR': block };
