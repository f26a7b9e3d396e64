import { type ControlLines, choice, count, plain, text } from './control-lines.ts';
import { ACKNOWLEDGEMENTS, DIAL_FAILURES, type Environment } from './environment.ts';
import type { ModuleFaults } from './faults.ts';

/** The faults as control lines, in the words of the recordings. */
export function faultLines(faults: ModuleFaults): ControlLines {
  return {
    'wifi-drop': plain('the access point disappears for a moment', () => faults.wifiDrop()),
    'wifi-mode': choice(['ok', 'fail'], 'whether joining works, or fails as with a wrong passphrase', (mode) =>
      faults.wifiMode(mode),
    ),
    'dhcp-renew': plain('the DHCP lease is renewed', () => faults.dhcpRenew()),
    sntp: choice(['on', 'off'], 'whether the NTP server answers', (mode) => faults.sntp(mode === 'on')),
    dial: choice(['ok', ...DIAL_FAILURES], 'how connections to the broker fail', (mode) =>
      faults.dial(mode === 'ok' ? undefined : mode),
    ),
    'mqtt-drop': plain('the broker ends the connection', () => faults.mqttDrop()),
    'mqtt-rst': plain('the broker resets the connection', () => faults.mqttReset()),
    omit: choice(
      ['none', ...ACKNOWLEDGEMENTS],
      `such packets of the broker never arrive: ${ACKNOWLEDGEMENTS.join(', ')}`,
      (name) => faults.omit(name === 'none' ? undefined : name),
      '<packet>|none',
    ),
    delay: count('ms', 600_000, 'acknowledgements of the broker come that much later', (ms) => faults.delay(ms)),
    urc: text('<text>', 'prints an event line', (line) => faults.urc(line)),
    raw: text('<bytes>', 'sends bytes, with \\r, \\n, \\\\ and \\xNN', (bytes) => faults.raw(decodeEscapes(bytes))),
    noise: count('n', 4095, 'sends random bytes', (bytes) => faults.noise(bytes)),
    'drop-rx': count('n', 1_000_000, 'the next bytes from the host are lost', (bytes) => faults.dropReceived(bytes)),
    'drop-tx': count('n', 1_000_000, 'the next bytes to the host are lost', (bytes) => faults.dropTransmitted(bytes)),
    stall: count('ms', 600_000, 'nothing leaves the module', (ms) => faults.stall(ms)),
    preempt: count('percent', 100, 'how often another task takes over within a printed line', (percent) =>
      faults.preempt(percent),
    ),
    reset: plain('the reset pin', () => faults.reset()),
    crash: plain('a CPU exception: no answer until a reset', () => faults.crash()),
  };
}

/** The faults of the world that are in force, as the control lines that made them. */
export function faultsInForce(environment: Environment): string[] {
  const { wifiFails, sntp, dialFailure, omitted, acknowledgementDelay, preempt } = environment;
  return [
    ...(wifiFails ? ['wifi-mode fail'] : []),
    ...(sntp ? [] : ['sntp off']),
    ...(dialFailure ? [`dial ${dialFailure}`] : []),
    ...(omitted ? [`omit ${omitted}`] : []),
    ...(acknowledgementDelay > 0 ? [`delay ${acknowledgementDelay}`] : []),
    ...(preempt > 0 ? [`preempt ${preempt}`] : []),
  ];
}

/** Bytes written as in the recordings: `\r`, `\n`, `\\` and `\xNN`. */
function decodeEscapes(text: string): Buffer {
  const named: Record<string, string> = { '\\r': '\r', '\\n': '\n', '\\\\': '\\' };
  const decoded = text.replace(/\\x([0-9a-fA-F]{2})|\\[rn\\]/g, (match, hex?: string) =>
    hex ? String.fromCharCode(Number.parseInt(hex, 16)) : (named[match] ?? match),
  );
  return Buffer.from(decoded, 'latin1');
}
