import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

/** What must have come, beside the status, before the next command makes sense. */
const AWAITED: [command: RegExp, events: RegExp[]][] = [
  [/^AT\+WSTA=1/, [/\+WSTALU:/, /\+WSTAAIP:/, /\+TIME:/]],
  [/^AT\+MQTTCONN=1/, [/\+MQTTCONN:1\r\n/]],
  [/^AT\+MQTTDISCONN/, [/\+MQTTCONN:0\r\n/]],
  [/^AT\+MQTTSUB/, [/\+MQTTSUB:/]],
  [/^AT\+MQTTPUB=0,1/, [/\+MQTTPUBACC/]],
  [/^AT\+MQTTPUB=.*"\$dps/, [/\$dps\/registrations\/res\/.*\r\n/]],
  [/^AT\+MQTTPUB=.*"\$iothub\/twin\/GET/, [/\$iothub\/twin\/res\/.*\r\n/]],
];
/** After a close the module's MQTT client is busy for a moment (AT protocol, T1), in milliseconds. */
const IDLE_AFTER_CLOSE = 250;
const STATUS = /(?:^|\n)(?:OK|ERROR[^\r]*)\r\n/;
const TELEMETRY = /^AT\+MQTTPUB=.*"devices\//;

export function isTelemetry(command: string): boolean {
  return TELEMETRY.test(command);
}

/**
 * Sends the commands that a session has sent, each as soon as the last one is through, with no thinking at all; it
 * knows the waits that module and cloud demand, and nothing else.
 * @returns milliseconds from the first byte of the first command to the last byte of the last one
 */
export async function drive(stream: Duplex, commands: readonly string[]): Promise<number> {
  let seen = '';
  let look: () => void = () => undefined;
  stream.on('data', (chunk: Buffer) => {
    seen += chunk.toString('latin1');
    look();
  });
  const arrival = (patterns: RegExp[]) =>
    new Promise<void>((resolve) => {
      look = () => {
        if (patterns.every((pattern) => pattern.test(seen))) resolve();
      };
      look();
    });

  const started = performance.now();
  let operation = '';
  for (const command of commands) {
    seen = '';
    stream.write(`${command.replace(/operationId=[^"]*/, `operationId=${operation}`)}\r\n`);
    if (isTelemetry(command)) break;
    const events = AWAITED.filter(([pattern]) => pattern.test(command)).flatMap(([, awaited]) => awaited);
    await arrival([STATUS, ...events]);
    operation = /"operationId":"([^"]+)"/.exec(seen)?.[1] ?? operation;
    const retryAfter = Number(/\$dps\/registrations\/res\/202\/.*retry-after=(\d+)/.exec(seen)?.[1] ?? 0);
    const demanded = command === 'AT+MQTTDISCONN' ? IDLE_AFTER_CLOSE : 1000 * retryAfter;
    if (demanded > 0) await pause(demanded);
  }
  return performance.now() - started;
}
