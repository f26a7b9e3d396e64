import type { Parameter, StringParameter } from '../parser.ts';
import { STATUS } from '../status.ts';
import { configure, type FirmwareApi, type Handler, type Outcome, plainConfiguration } from './firmware-api.ts';

const MAX_FILTER = 128;
const PUBLISH_PARAMETERS = 5;
/** A topic from this length on overwrites the stack; one byte less is luck of the memory layout (T13). */
const FATAL_TOPIC = 130;

/** Text in place of a number is not noticed (AT protocol 4.3); its address stands in for the number, here 0. */
const asNumber = (value: Parameter | undefined) => (typeof value === 'number' ? value : 0);

const isString = (value: Parameter | undefined): value is StringParameter => typeof value === 'object';

const brokerConfiguration: Handler = (firmware, parameters) =>
  configure(firmware, plainConfiguration(firmware.mqtt.configuration, '+MQTTC:'), parameters);

/** AT protocol 7.12: whatever the number, it connects (T24). */
const connect: Handler = (firmware, parameters) => {
  const [cleanSession] = parameters;
  if (parameters.length > 1) return STATUS.parameterCount;
  if (cleanSession === undefined) {
    firmware.console.print(`+MQTTCONN:${firmware.mqtt.connected ? 1 : 0}\r\n`);
    return STATUS.ok;
  }
  if (typeof cleanSession !== 'number' || cleanSession > 1) return STATUS.invalidParameter;
  firmware.mqtt.connect();
  return STATUS.ok;
};

const subscribe: Handler = (firmware, parameters) => {
  const [filter, qos] = parameters;
  if (filter === undefined || qos === undefined || parameters.length > 2) return STATUS.parameterCount;
  return withFilter(firmware, filter, (bytes) => firmware.mqtt.subscribe(bytes, asNumber(qos)));
};

const unsubscribe: Handler = (firmware, parameters) => {
  const [filter] = parameters;
  if (filter === undefined || parameters.length > 1) return STATUS.parameterCount;
  return withFilter(firmware, filter, (bytes) => firmware.mqtt.unsubscribe(bytes));
};

function withFilter(firmware: FirmwareApi, filter: Parameter, act: (filter: Buffer) => void): Outcome {
  if (typeof filter !== 'number' && filter.bytes.length > MAX_FILTER) return STATUS.invalidParameter;
  if (firmware.mqtt.state !== 'connected') return STATUS.mqtt;
  if (typeof filter === 'number') return wildPointer(firmware);
  act(filter.bytes);
  return STATUS.ok;
}

const publish: Handler = (firmware, parameters) => {
  const [, qos, retain, topic, payload] = parameters;
  if (parameters.length !== PUBLISH_PARAMETERS) return STATUS.parameterCount;
  if (firmware.mqtt.state !== 'connected') return STATUS.mqtt;
  if (!isString(topic) || !isString(payload)) return wildPointer(firmware);
  if (topic.bytes.length >= FATAL_TOPIC) {
    firmware.crash(`a topic of ${topic.bytes.length} bytes has overwritten the stack`);
    return undefined;
  }
  firmware.mqtt.publish(asNumber(qos) & 0xff, asNumber(retain) & 0xff, topic.bytes, payload.bytes);
  return STATUS.ok;
};

/** A number in place of a text is taken for its address in memory (T34). */
function wildPointer(firmware: FirmwareApi): Outcome {
  firmware.crash('a number was used as the address of a text');
  return undefined;
}

const disconnect: Handler = ({ mqtt }, parameters) => {
  if (parameters.length > 0) return STATUS.parameterCount;
  if (mqtt.state !== 'connected') return STATUS.mqtt;
  mqtt.disconnect();
  return STATUS.ok;
};

export const MQTT_COMMANDS: Record<string, Handler> = {
  '+MQTTC': brokerConfiguration,
  '+MQTTCONN': connect,
  '+MQTTSUB': subscribe,
  '+MQTTUNSUB': unsubscribe,
  '+MQTTPUB': publish,
  '+MQTTDISCONN': disconnect,
};
