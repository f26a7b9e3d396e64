/** A parameter as help shows it: name, type, a sentence, and what its values mean, from `first` on. */
interface HelpParameter {
  name: string;
  type: 'Integer' | 'String' | 'Any';
  about: string;
  values?: string[];
  first?: number;
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

const integer = (name: string, about: string, values: string[] = [], first = 0): HelpParameter => ({
  name,
  type: 'Integer',
  about,
  values,
  first,
});
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
const SCAN = [[CHANNEL], [CHANNEL, text('SSID', 'Its name.')]];
const TOPIC = text('TOPIC_NAME', 'The topic, or the filter of topics.');
const QOS = ['At most once.', 'At least once.', 'Exactly once.'];
const CONF = integer('CONF', 'Which of the two TLS configurations.');
const FORMAT = integer('FORMAT', 'How the time is written.', ['Unix time.', 'Seconds since 1900.', 'Text.'], 1);

/** The sentences are this project's; names and layout are the firmware's (AT protocol 4.1). */
const TOPICS: Record<string, HelpTopic> = {
  '+GMI': { about: 'Names the manufacturer.', forms: [[]] },
  '+GMM': { about: 'Names the model.', forms: [[]] },
  '+GMR': { about: 'Names the revision of the firmware.', forms: [[]] },
  '+IPR': { about: 'Reads or changes the rate of the UART.', forms: [[], [integer('BAUD_RATE', 'Baud rate.')]] },
  '+RST': { about: 'Restarts the module.', forms: [[]] },
  '+CFG': { about: 'Reads or writes the settings of the module itself.', forms: CONFIGURATION },
  '+INFO': {
    about: 'Reports on the state of the system.',
    forms: [[integer('TYPE', 'Which report.', ['The tasks.'], 1)]],
  },
  '+SWFW': { about: 'Stands for a change of firmware.', forms: [[]] },
  '+LOWPOWER': { about: 'Selects a power mode.', forms: [[integer('TYPE', 'Power mode.', ['One of them.'], 1)]] },
  '+TLSC': {
    about: 'Reads or writes a TLS configuration.',
    forms: CONFIGURATION.map((form) => [CONF, ...form]),
  },
  '+WSTAC': { about: 'Reads or writes the settings of the Wi-Fi station.', forms: CONFIGURATION },
  '+WSTA': {
    about: 'Joins or leaves a Wi-Fi network.',
    forms: [[], [STATE], [STATE, integer('TIMEOUT', 'Milliseconds until joining counts as failed.')]],
  },
  '+WSCNC': { about: 'Reads or writes the settings of the Wi-Fi scan.', forms: CONFIGURATION },
  '+WSCNA': { about: 'Looks for networks by asking.', forms: SCAN },
  '+WSCNP': { about: 'Looks for networks by listening.', forms: SCAN },
  '+DNSRESOLV': {
    about: 'Looks up the address of a name.',
    forms: [[integer('TYPE', 'Kind of address.', ['IPv4.'], 1), text('DOMAIN_NAME', 'The name.')]],
  },
  '+PING': { about: 'Measures the way to a host.', forms: [[text('TARGET_ADDR', 'Its address.')]] },
  '+TIME': {
    about: 'Reads or sets the clock.',
    forms: [
      [FORMAT],
      [FORMAT, integer('UTC_SEC', 'The time in seconds.')],
      [FORMAT, text('DATE_TIME', 'The time as text.')],
    ],
  },
  '+READCERT': {
    about: 'Prints a certificate.',
    forms: [
      [
        integer(
          'CERTTYPE',
          'Which certificate.',
          ['That of the device.', 'The root.', 'The loaded one.', 'That of the signer.'],
          1,
        ),
      ],
    ],
  },
  '+LOADCERT': {
    about: 'Takes a certificate to trust, in binary mode.',
    forms: [[integer('LENGTH', 'Its size in bytes.'), text('CERTNAME', 'Its name, which is not used.')]],
  },
  '+MQTTC': { about: 'Reads or writes the settings of the MQTT client.', forms: CONFIGURATION },
  '+MQTTCONN': {
    about: 'Connects to the broker.',
    forms: [[integer('CLEAN', 'Clean session, which is not used.', ['The old one.', 'A new one.'])]],
  },
  '+MQTTSUB': { about: 'Subscribes to topics.', forms: [[TOPIC, integer('MAX_QOS', 'The highest QoS.', QOS)]] },
  '+MQTTUNSUB': { about: 'Ends a subscription.', forms: [[TOPIC]] },
  '+MQTTPUB': {
    about: 'Sends a message.',
    forms: [
      [
        integer('DUP', 'Whether it was sent before.', ['It was not.', 'It was.']),
        integer('QOS', 'How surely it is delivered.', QOS),
        integer('RETAIN', 'Whether the broker keeps it.', ['It does not.', 'It does.']),
        TOPIC,
        text('TOPIC_PAYLOAD', 'What it says.'),
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

function parameterLines({ name, type, about, values = [], first = 0 }: HelpParameter): string[] {
  const meanings = values.map((meaning, index) => `${' '.repeat(VALUES_COLUMN)}${first + index} : ${meaning}`);
  return [tableRow(`<${name}>`, type, about), ...meanings];
}

function tableRow(name: string, type: string, about: string): string {
  return `  ${name.padEnd(NAME_COLUMN)}${type.padEnd(TYPE_COLUMN)}${about}`;
}
