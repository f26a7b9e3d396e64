/** A status of a command: two numbers and their text (RNWF 11). */
export interface Status {
  readonly module: number;
  readonly code: number;
  readonly text: string;
}

const status = (module: number, code: number, text: string): Status => ({ module, code, text });

export const STATUS = {
  ok: status(0, 0, 'OK'),
  general: status(0, 1, 'General Error'),
  invalidCommand: status(0, 2, 'Invalid AT Command'),
  unknownCommand: status(0, 3, 'Unknown AT Command'),
  invalidParameter: status(0, 4, 'Invalid Parameter'),
  parameterCount: status(0, 5, 'Incorrect Number of Parameters'),
  updateBlocked: status(0, 6, 'Configuration Update Blocked'),
  accessFailed: status(0, 7, 'Configuration Access Failed'),
  timedOut: status(0, 8, 'Operation Timed Out'),
  notConnected: status(1, 1, 'STA Not Connected'),
  nameUnknown: status(5, 4, 'DNS Non-Existent Domain'),
  transferUnsupported: status(7, 0, 'Unsupported File Transfer Protocol'),
  fileExists: status(7, 1, 'File Exists'),
  fileNotFound: status(7, 2, 'File Not Found'),
  fileType: status(7, 3, 'Invalid File Type'),
  fileCreate: status(7, 4, 'File create failed'),
  fileWrite: status(7, 5, 'File write failed'),
  mqtt: status(8, 0, 'MQTT Error'),
  ping: status(11, 0, 'Ping Failed'),
  sntpTimeout: status(13, 0, 'NTP Server Timeout'),
  time: status(16, 0, 'Time Error'),
  caMissing: status(17, 0, 'CA Cert Missing'),
  caValidation: status(17, 1, 'CA Cert Validation'),
  caDate: status(17, 2, 'CA Cert Date Validation'),
  keyPair: status(17, 3, 'Key Pair Incomplete'),
  domainMissing: status(17, 4, 'Peer Domain Missing'),
  disconnectRefused: status(20, 0, 'STA Disconnect Not Permitted'),
  connectRefused: status(20, 2, 'STA Connection Not Permitted'),
  connectFailed: status(20, 3, 'STA Connection Failed'),
} as const satisfies Record<string, Status>;

export const MAX_VERBOSITY = 5;

export const isOk = ({ module, code }: Status): boolean => module === 0 && code === 0;

/** A status as the end of an answer, by the verbosity of ATV (RNWF 2). */
export function statusText(of: Status, verbosity: number): string {
  const number = `${of.module}.${of.code}`;
  if (isOk(of)) return verbosity < 2 ? '0' : 'OK';
  switch (verbosity) {
    case 0:
      return '1';
    case 1:
      return `1:${number}`;
    case 2:
      return 'ERROR';
    case 3:
      return `ERROR:${number}`;
    case 4:
      return `ERROR:"${of.text}"`;
    default:
      return `ERROR:${number},"${of.text}"`;
  }
}

/** A status inside an event: its code, and its text where the verbosity has one. */
export function statusValues(of: Status, verbosity: number): string {
  const number = `${of.module}.${of.code}`;
  return verbosity < MAX_VERBOSITY ? number : `${number},"${of.text}"`;
}
