/**
 * The table of faults: what can be made to go wrong with a device. Each has a name, what it does, and when it happens.
 * `fault` is the body for /api/faults without the device, `line` a control line of the virtual module.
 */
const registering = 'when it registers';
const asking = 'at its next twin request';
const connecting = 'when it connects';
const now = 'now';

const dps = (name, about, answer) => ({ name, about, when: registering, fault: { type: 'dps', ...answer } });
const twin = (name, about, answer) => ({ name, about, when: asking, fault: { type: 'twin', ...answer } });
const connect = (name, about, answer) => ({
  name,
  about,
  when: connecting,
  fault: { type: 'connect', service: 'hub', ...answer },
});
const lose = (name, about, when, packet) => ({ name, about, when, fault: { type: 'lose', packet, service: 'hub' } });
const device = (name, about, fault) => ({ name, about, when: now, fault });
const module = (name, about, line, when = now) => ({ name, about, when, line });

export const CLOUD_FAULTS = [
  {
    title: 'The device and its hub',
    faults: [
      device('Close the connection', 'The hub hangs up.', { type: 'kick' }),
      device('Disable', 'The device is cut off and refused, until it is enabled.', { type: 'disable' }),
      device('Enable', 'The device is let in again.', { type: 'enable' }),
      device('Move to another hub', 'The hub refuses the device, which must ask DPS where it belongs.', {
        type: 'move',
        hub: 'other-hub.azure-devices.net',
      }),
      device('Delete', 'The identity and the twin are gone, until the device registers again.', { type: 'delete' }),
      device('Throttle for 30 s', 'Its requests to DPS and for its twin are answered with 429.', {
        type: 'throttle',
        seconds: 30,
      }),
    ],
  },
  {
    title: 'Connections to the hub',
    faults: [
      connect('Refuse as unauthorized', 'CONNACK with code 5.', { answer: 'code', code: 5 }),
      connect('Refuse as unavailable', 'CONNACK with code 3.', { answer: 'code', code: 3 }),
      connect('Hang up', 'The connection is closed in place of a CONNACK.', { answer: 'drop' }),
      connect('Stay silent', 'There is no CONNACK.', { answer: 'none' }),
      lose('Lose a SUBACK', 'A subscription is not confirmed.', 'when it subscribes', 'suback'),
      lose('Lose a PUBACK', 'A message of QoS 1 is not acknowledged.', 'at its next message of QoS 1', 'puback'),
      lose('Lose a PINGRESP', 'A ping is not answered.', 'at its next ping', 'pingresp'),
    ],
  },
  {
    title: 'The twin',
    faults: [
      twin('Twin: 429', 'Too many requests; Retry later.', { answer: 'status', status: 429 }),
      twin('Twin: 500', 'An error of the service.', { answer: 'status', status: 500 }),
      twin('Twin: silence', 'The request is never answered.', { answer: 'none' }),
      twin('Twin: hang up', 'The connection is closed.', { answer: 'drop' }),
      twin('Twin: cut short', 'The answer ends in the middle.', { answer: 'malformed' }),
      twin('Twin: empty', 'The answer has no body.', { answer: 'empty' }),
      twin('Twin: too large', 'The answer does not fit the module.', { answer: 'oversize', on: 'get' }),
      twin('Twin: 10 s late', 'The right answer, later.', { answer: 'delay', delay: 10_000 }),
    ],
  },
  {
    title: 'The registration at DPS',
    hint: 'A device registers when it starts. “Move to another hub” makes it register again.',
    faults: [
      dps('DPS: busy', 'Three requests are answered with 429 and a retry-after of 5 s.', {
        answer: 'status',
        status: 429,
        retryAfter: 5,
        count: 3,
      }),
      dps('DPS: 500', 'An error of the service.', { answer: 'status', status: 500 }),
      dps('DPS: 401', 'The device is not enrolled.', { answer: 'status', status: 401 }),
      dps('DPS: failed', 'The registration ends as failed.', { answer: 'failed' }),
      dps('DPS: disabled', 'The registration ends as disabled.', { answer: 'disabled' }),
      dps('DPS: unassigned', 'The registration ends without a hub.', { answer: 'unassigned' }),
      dps('DPS: MQTT 5 only', 'The hub that is assigned takes no MQTT 3.1.1.', { answer: 'mqttV5' }),
      dps('DPS: silence', 'The request is never answered.', { answer: 'none' }),
      dps('DPS: hang up', 'The connection is closed.', { answer: 'drop' }),
      dps('DPS: cut short', 'The answer ends in the middle.', { answer: 'malformed' }),
      dps('DPS: empty', 'The answer has no body.', { answer: 'empty' }),
      dps('DPS: 10 s late', 'The right answer, later.', { answer: 'delay', delay: 10_000 }),
    ],
  },
];

export const MODULE_FAULTS = [
  {
    title: 'Virtual module: network',
    faults: [
      module('Wi-Fi drops', 'The access point disappears for a moment.', 'wifi-drop'),
      module('Wi-Fi refuses', 'Joining fails, as with a wrong passphrase.', 'wifi-mode fail', 'when it joins'),
      module('Wi-Fi is well', 'Joining works again.', 'wifi-mode ok', 'when it joins'),
      module('New lease', 'The DHCP lease is renewed.', 'dhcp-renew'),
      module('No time', 'The time server does not answer.', 'sntp off', 'when it asks for the time'),
      module('Time again', 'The time server answers.', 'sntp on', 'when it asks for the time'),
      module('Name not found', 'The name of the broker has no address.', 'dial dns', connecting),
      module('Port closed', 'The broker refuses connections.', 'dial refused', connecting),
      module('No TLS', 'The TLS handshake fails.', 'dial tls', connecting),
      module('Broker is well', 'Connections work again.', 'dial ok', connecting),
    ],
  },
  {
    title: 'Virtual module: MQTT',
    faults: [
      module('Broker closes', 'The connection ends in good order.', 'mqtt-drop'),
      module('Broker resets', 'The connection breaks.', 'mqtt-rst'),
      module('No CONNACK', 'None arrives, until nothing is omitted.', 'omit connack', connecting),
      module('No SUBACK', 'None arrives, until nothing is omitted.', 'omit suback', 'when it subscribes'),
      module('Omit nothing', 'Every packet arrives again.', 'omit none'),
      module('2 s late', 'Acknowledgements come 2 s later.', 'delay 2000'),
      module('On time', 'Acknowledgements come at once.', 'delay 0'),
    ],
  },
  {
    title: 'Virtual module: serial port',
    faults: [
      module('Noise', '64 bytes that mean nothing.', 'noise 64'),
      module('Lose 20 bytes to us', 'Bytes of the module’s next lines are lost.', 'drop-tx 20', 'at its next line'),
      module('Lose 20 bytes to it', 'Bytes of our next command are lost.', 'drop-rx 20', 'at our next command'),
      module('Stall for 5 s', 'Nothing leaves the module.', 'stall 5000'),
      module('Mixed lines', 'One printed line in four is interrupted by another.', 'preempt 25'),
      module('Whole lines', 'Lines are printed whole again.', 'preempt 0'),
      module('Reset', 'The reset pin is pulled.', 'reset'),
      module('Crash', 'No answer, until it is reset.', 'crash'),
    ],
  },
];
