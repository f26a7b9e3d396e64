/** A parameter as help shows it: name, type, a sentence, and what its values mean. */
interface HelpParameter {
  name: string;
  type: 'Integer' | 'String' | 'Any';
  about: string;
  values?: string[];
}

interface HelpTopic {
  about: string;
  /** The ways to call the command, each with its parameters in order. */
  forms: HelpParameter[][];
}

const NAME_COLUMN = 17;
const TYPE_COLUMN = 9;
const VALUES_COLUMN = 31;
const LINE_END = '\r\n';

const integer = (name: string, about: string, values?: string[]): HelpParameter =>
  values ? { name, type: 'Integer', about, values } : { name, type: 'Integer', about };
const text = (name: string, about: string): HelpParameter => ({ name, type: 'String', about });

const ID = integer('ID', 'Which entry of the configuration.');
const VALUE: HelpParameter = { name: 'VAL', type: 'Any', about: 'What the entry is set to.' };
const CONFIGURATION = [[], [ID], [ID, VALUE]];
const STATE = integer('STATE', 'What the station is to do.', [
  'Leave the network.',
  'Join the network that +WSTAC describes.',
  'Join the network of the last connection again.',
]);
const CHANNEL = integer('CHANNEL', 'Channel to listen on, 255 for all of them.');
const FILTER = text('TOPIC_NAME', 'Filter of the topics in question.');
const QOS = ['At most once.', 'At least once.', 'Exactly once.'];
const CONF = integer('CONF', 'Which of the two TLS configurations.');
const FORMAT = integer('FORMAT', '1 for Unix time, 2 for time since 1900, 3 for text.');

/** The sentences are this project's; only the layout is the firmware's (AT protocol 4.1). */
const TOPICS: Record<string, HelpTopic> = {
  E: { about: 'Turns echo and prompt off (0) or on (1).', forms: [[]] },
  V: { about: 'Selects how much a status line tells, from 0 to 5.', forms: [[]] },
  '+GMI': { about: 'Names the manufacturer.', forms: [[]] },
  '+GMM': { about: 'Names the model.', forms: [[]] },
  '+GMR': { about: 'Names the revision of the firmware.', forms: [[]] },
  '+IPR': { about: 'Reads or changes the rate of the UART.', forms: [[], [integer('RATE', 'Baud rate.')]] },
  '+RST': { about: 'Restarts the module.', forms: [[]] },
  '+CFG': { about: 'Reads or writes the settings of the module itself.', forms: CONFIGURATION },
  '+INFO': { about: 'Reports on the state of the system.', forms: [[integer('ID', 'Which report.')]] },
  '+SWFW': { about: 'Stands for a change of firmware.', forms: [[]] },
  '+LOWPOWER': { about: 'Selects a power mode.', forms: [[integer('MODE', 'Power mode.')]] },
  '+TLSC': { about: 'Reads or writes a TLS configuration.', forms: CONFIGURATION.map((form) => [CONF, ...form]) },
  '+WSTAC': { about: 'Reads or writes the settings of the Wi-Fi station.', forms: CONFIGURATION },
  '+WSTA': {
    about: 'Joins or leaves a Wi-Fi network.',
    forms: [[], [STATE], [STATE, integer('TIMEOUT', 'Milliseconds until joining counts as failed.')]],
  },
  '+WSCNC': { about: 'Reads or writes the settings of the Wi-Fi scan.', forms: CONFIGURATION },
  '+WSCNA': { about: 'Looks for networks by asking.', forms: [[CHANNEL], [CHANNEL, text('SSID', 'Its name.')]] },
  '+WSCNP': { about: 'Looks for networks by listening.', forms: [[CHANNEL], [CHANNEL, text('SSID', 'Its name.')]] },
  '+DNSRESOLV': {
    about: 'Looks up the address of a name.',
    forms: [[integer('TYPE', 'Kind of address, 1 for IPv4.'), text('NAME', 'The name.')]],
  },
  '+PING': { about: 'Measures the way to a host.', forms: [[text('HOST', 'Its address.')]] },
  '+TIME': { about: 'Reads or sets the clock.', forms: [[FORMAT], [FORMAT, VALUE]] },
  '+READCERT': { about: 'Prints a certificate.', forms: [[integer('TYPE', 'Which certificate.')]] },
  '+LOADCERT': {
    about: 'Takes a certificate to trust, in binary mode.',
    forms: [[integer('LENGTH', 'Its size in bytes.'), text('NAME', 'Its name, which is not used.')]],
  },
  '+MQTTC': { about: 'Reads or writes the settings of the MQTT client.', forms: CONFIGURATION },
  '+MQTTCONN': {
    about: 'Connects to the broker.',
    forms: [[], [integer('CLEAN', 'Clean session, which is not used.')]],
  },
  '+MQTTSUB': { about: 'Subscribes to topics.', forms: [[FILTER, integer('MAX_QOS', 'The highest QoS.', QOS)]] },
  '+MQTTUNSUB': { about: 'Ends a subscription.', forms: [[FILTER]] },
  '+MQTTPUB': {
    about: 'Sends a message.',
    forms: [
      [
        integer('DUP', 'Whether it was sent before.', ['It was not.', 'It was.']),
        integer('QOS', 'How surely it is delivered.', QOS),
        integer('RETAIN', 'Whether the broker keeps it.', ['It does not.', 'It does.']),
        text('TOPIC_NAME', 'Where to.'),
        text('TOPIC_PAYLOAD', 'What.'),
      ],
    ],
  },
  '+MQTTDISCONN': { about: 'Ends the connection to the broker.', forms: [[]] },
};

/** The answer to a help request for a command that exists. */
export function helpText(name: string): string {
  const topic = Object.hasOwn(TOPICS, name) ? TOPICS[name] : undefined;
  if (!topic) return '';
  const lines = ['Description', `  ${topic.about}`, '', ...topic.forms.flatMap((form) => formLines(name, form))];
  return lines.join(LINE_END) + LINE_END;
}

function formLines(name: string, parameters: HelpParameter[]): string[] {
  const list = parameters.map((parameter) => `<${parameter.name}>`).join(',');
  const call = ['Command Syntax:', `  AT${name}${list === '' ? '' : `=${list}`}`, ''];
  if (list === '') return call;
  return [...call, tableRow('Parameter Name', 'Type', 'Description'), ...parameters.flatMap(parameterLines), ''];
}

function parameterLines({ name, type, about, values = [] }: HelpParameter): string[] {
  const meanings = values.map((meaning, value) => `${' '.repeat(VALUES_COLUMN)}${value} : ${meaning}`);
  return [tableRow(`<${name}>`, type, about), ...meanings];
}

function tableRow(name: string, type: string, about: string): string {
  return `  ${name.padEnd(NAME_COLUMN)}${type.padEnd(TYPE_COLUMN)}${about}`;
}
