import { textOf } from './json.js';

/**
 * What a line on either wire means: a pattern, a sentence, and where the project's protocol documents say more
 * (AT: docs/at-protocol.md, Azure: docs/azure-mqtt.md). The first that fits counts.
 */
const AT = [
  [/^AT$/, 'Asks whether the module is there.', 'AT 7.1'],
  [/^ATE/, 'Switches the echo of commands on or off.', 'AT 2.3'],
  [/^ATV/, 'Chooses how a status is written: number, text or both.', 'AT 6'],
  [/^(AT)?\+GM[IMR]/, 'Maker, model or firmware version of the module.', 'AT 7.1'],
  [/^AT\+RST/, 'Restarts the module; it answers with its banner.', 'AT 1.2'],
  [/^AT\+WSTAC=3,/, 'Sets the passphrase of the network. It is masked here.', 'AT 7.4'],
  [/^AT\+WSTAC=12,/, 'Names the time server. Without the time there is no TLS.', 'AT 7.4'],
  [/^AT\+WSTAC/, 'Sets or reads a setting of the Wi-Fi station.', 'AT 7.4'],
  [/^AT\+WSTA=0/, 'Leaves the network.', 'AT 7.5'],
  [/^AT\+WSTA=/, 'Joins the network. OK only says that it tries; +WSTALU and +WSTAAIP say that it has.', 'AT 7.5'],
  [/^(AT)?\+WSTA(:\d|$)/, 'The state of the Wi-Fi station.', 'AT 7.5'],
  [/^\+WSTALU/, 'The access point has accepted the module.', 'AT 7.5'],
  [/^\+WSTAAIP/, 'The module has an address: the network works.', 'AT 7.5'],
  [/^\+WSTALD/, 'The link to the access point is gone. The module does not join again by itself.', 'AT 7.5'],
  [/^\+WSTA:ERROR/, 'Joining took too long: wrong passphrase, or the network is not there.', 'AT 7.5'],
  [/^AT\+TIME/, 'Sets or reads the clock. Only a time from the network lets TLS work.', 'AT 7.6'],
  [/^\+TIME/, 'The time, once the time server has answered.', 'AT 7.6'],
  [/^AT\+WSCN/, 'Looks for Wi-Fi networks.', 'AT 7.7'],
  [/^\+WSCN/, 'A network that was found, or the end of the list.', 'AT 7.7'],
  [/^AT\+MQTTC=1,/, 'Names the MQTT broker: DPS first, then the hub.', 'AT 7.11'],
  [/^AT\+MQTTC=2,/, 'The port of the broker.', 'AT 7.11'],
  [/^AT\+MQTTC=3,/, 'The MQTT client id, which is the device id. At most 23 characters.', 'AT 7.11'],
  [/^AT\+MQTTC=4,/, 'The MQTT user name; for Azure it holds ID scope or hub, device id and API version.', 'AT 7.11'],
  [/^AT\+MQTTC=7,/, 'Whether the connection goes over TLS.', 'AT 7.11'],
  [/^(AT)?\+MQTTC[=:]/, 'A setting of the MQTT client.', 'AT 7.11'],
  [/^AT\+MQTTCONN=/, 'Connects to the broker. OK says nothing of success; +MQTTCONN:1 does.', 'AT 7.12'],
  [/^AT\+MQTTCONN$/, 'Asks whether there is a connection.', 'AT 7.12'],
  [/^\+MQTTCONNACK:0/, 'The broker has accepted the connection.', 'AT 7.12'],
  [/^\+MQTTCONNACK:1/, 'No CONNACK within 5 s; the module tries again by itself.', 'AT 7.12'],
  [/^\+MQTTCONN:1/, 'Connected to the broker.', 'AT 7.12'],
  [
    /^\+MQTTCONN:0/,
    'Not connected, or the connection is gone; the module tries again by itself unless it was told to close.',
    'AT 7.12',
  ],
  [/^AT\+MQTTSUB/, 'Subscribes to a topic.', 'AT 7.13'],
  [/^\+MQTTSUB:0/, 'The broker has answered the subscription. A refusal looks the same.', 'AT 7.13'],
  [/^\+MQTTSUB:1/, 'The subscription was not answered within 5 s; the connection ends.', 'AT 7.13'],
  [/^(AT)?\+MQTTUNSUB/, 'Ends a subscription; +MQTTUNSUB:1 is success.', 'AT 7.14'],
  [/^AT\+MQTTPUB=/, 'Sends a message: DUP, QoS, retain, topic, payload.', 'AT 7.15'],
  [/^\+MQTTPUBACC/, 'The broker has acknowledged a message of QoS 1.', 'AT 7.15'],
  [/^\+MQTTPUBERR/, 'A message was not acknowledged within 5 s; nothing is sent again.', 'AT 7.15'],
  [/^\+MQTTPUB:/, 'A message from the broker: length and text of the topic, then of the payload.', 'AT 5.1'],
  [/^AT\+MQTTDISCONN/, 'Closes the connection; the module has one broker at a time.', 'AT 7.16'],
  [/^(AT)?\+LOADCERT/, 'Loads a root certificate, which the module forgets at a reset.', 'AT 7.17'],
  [/^(AT)?\+READCERT/, 'Reads a certificate of the module.', 'AT 7.18'],
  [/^AT\+DNSRESOLV/, 'Looks up an address.', 'AT 7.8'],
  [/^\+DNSRESOLV/, 'An address that was found, or not.', 'AT 7.8'],
  [/^(AT)?\+PING/, 'Asks whether a host answers.', 'AT 7.9'],
  [/^(AT)?\+CFG/, 'Address of the hardware, name of the device.', 'AT 7.2'],
  [/^OK$/, 'The command was accepted, which does not say that it is done.', 'AT 6'],
  [/^ERROR:47/, 'MQTT error: not connected, or an acknowledgement is still awaited.', 'AT 6'],
  [/^ERROR:6/, 'The setting cannot be changed while the station is active.', 'AT 7.4'],
  [/^ERROR/, 'The command was refused; the number says why.', 'AT 6'],
];

const MQTT = [
  [
    /^connect .*registrations/,
    'The device connects to DPS; its user name holds the ID scope and its registration id.',
    'Azure 1.1',
  ],
  [/^connect /, 'The device connects to its hub.', 'Azure 2.1'],
  [/^connack .*returnCode 0/, 'The connection was accepted.', 'Azure 2.1'],
  [/^connack /, 'The connection was refused: 4 and 5 are the identity, 3 is busy.', 'Azure 2.1'],
  [/^subscribe .*\$dps/, 'Subscribes to the answers of DPS.', 'Azure 1.2'],
  [/^subscribe .*methods/, 'From now on commands reach the device.', 'Azure 2.2'],
  [/^subscribe .*twin\/res/, 'Subscribes to the answers to its twin requests.', 'Azure 2.2'],
  [/^subscribe .*desired/, 'From now on changes of desired properties reach the device.', 'Azure 2.2'],
  [/^subscribe .*devicebound/, 'From now on cloud-to-device messages reach the device.', 'Azure 2.2'],
  [/^suback /, 'The subscription was answered, with the QoS that was granted.', 'Azure 2.1'],
  [/^publish .*iotdps-register/, 'Registers the device at DPS; the body names its model.', 'Azure 1.2'],
  [/^publish .*iotdps-get-operationstatus/, 'Asks DPS whether a hub was assigned.', 'Azure 1.2'],
  [/^publish .*registrations\/res\/202/, 'DPS is still at it; ask again after the seconds that it names.', 'Azure 1.2'],
  [/^publish .*registrations\/res\/200/, 'The result of the registration: the hub, or why there is none.', 'Azure 1.3'],
  [/^publish .*registrations\/res\//, 'DPS refuses the request; the status says why.', 'Azure 1.4'],
  [/^publish .*twin\/GET/, 'The device asks for its twin.', 'Azure 2.4'],
  [/^publish .*twin\/res\/204/, 'The report was accepted; the new version stands in the topic.', 'Azure 2.4'],
  [/^publish .*twin\/res\/200/, 'The twin: desired and reported properties, each with its version.', 'Azure 2.4'],
  [/^publish .*twin\/res\//, 'A twin request was refused; the status says why.', 'Azure 2.4'],
  [
    /^publish .*properties\/reported/,
    'The device reports properties; ac, av, ad and value acknowledge a desired one.',
    'Azure 3.1',
  ],
  [/^publish .*properties\/desired/, 'Desired properties have changed; $version numbers the change.', 'Azure 2.4'],
  [/^publish .*methods\/POST/, 'A command, with its request as the body.', 'Azure 2.5'],
  [/^publish .*methods\/res/, 'The answer to a command: the status stands in the topic.', 'Azure 2.5'],
  [/^publish .*messages\/events/, 'Telemetry; properties stand behind the last slash.', 'Azure 2.2'],
  [/^publish .*devicebound/, 'A cloud-to-device message.', 'Azure 2.2'],
  [/^puback /, 'A message of QoS 1 was acknowledged.', 'Azure 2.1'],
  [/^ping/, 'A sign of life, so that the connection is not taken for dead.', 'Azure 2.1'],
  [/^disconnect/, 'The device closes the connection.', 'Azure 2.1'],
  [/^unsub/, 'Ends a subscription, or confirms its end.', 'Azure 2.2'],
];

/** A packet as one line: its kind, and what matters of it. */
export function packetLine(packet) {
  const { cmd, topic, payload, subscriptions, ...rest } = packet;
  if (cmd === 'publish') return `publish ${textOf(topic)}${payload === '' ? '' : ` ${textOf(payload)}`}`;
  if (Array.isArray(subscriptions))
    return `${textOf(cmd)} ${subscriptions.map((one) => `${textOf(one?.topic)} qos ${textOf(one?.qos)}`).join(', ')}`;
  return `${textOf(cmd)} ${Object.entries(rest)
    .map(([name, value]) => `${name} ${textOf(value)}`)
    .join(', ')}`;
}

/** @returns {{ text: string, source: string } | null} what a line means; null for one that is not in the table */
export function explain(side, line) {
  for (const [pattern, text, source] of side === 'at' ? AT : MQTT) if (pattern.test(line)) return { text, source };
  return null;
}

/** The sections that the table names, for the test that they exist. */
export const SOURCES = [...AT, ...MQTT].map(([, , source]) => String(source));
