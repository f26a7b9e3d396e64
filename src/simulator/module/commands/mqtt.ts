import type { Parameter } from '../parser.ts';
import { STATUS } from '../status.ts';
import { configure, type Handler, plainConfiguration } from './machine.ts';

/** Text in place of a number is not noticed (AT protocol 4.3); its address stands in for the number, here 0. */
const asNumber = (value: Parameter) => (typeof value === 'number' ? value : 0);

const brokerConfiguration: Handler = (machine, parameters) =>
  configure(machine, plainConfiguration(machine.mqtt.configuration, '+MQTTC:'), parameters);

/** AT protocol 7.12: whatever the number, it connects (T24). */
const connect: Handler = (machine, parameters) => {
  const [cleanSession] = parameters;
  if (parameters.length > 1) return STATUS.parameterCount;
  if (cleanSession === undefined) {
    machine.console.print(`+MQTTCONN:${machine.mqtt.connected ? 1 : 0}\r\n`);
    return STATUS.ok;
  }
  if (typeof cleanSession !== 'number' || cleanSession > 1) return STATUS.invalidParameter;
  machine.mqtt.connect();
  return STATUS.ok;
};

const subscribe: Handler = ({ mqtt }, parameters) => {
  const [filter, qos] = parameters;
  if (filter === undefined || qos === undefined || parameters.length > 2) return STATUS.parameterCount;
  return mqtt.subscribe(filter, asNumber(qos));
};

const unsubscribe: Handler = ({ mqtt }, parameters) => {
  const [filter] = parameters;
  if (filter === undefined || parameters.length > 1) return STATUS.parameterCount;
  return mqtt.unsubscribe(filter);
};

const publish: Handler = ({ mqtt }, parameters) => {
  const [, qos, retain, topic, payload] = parameters;
  if (qos === undefined || retain === undefined || topic === undefined || payload === undefined)
    return STATUS.parameterCount;
  if (parameters.length > 5) return STATUS.parameterCount;
  return mqtt.publish(asNumber(qos), asNumber(retain) !== 0, topic, payload);
};

const disconnect: Handler = ({ mqtt }, parameters) =>
  parameters.length > 0 ? STATUS.parameterCount : mqtt.disconnect();

export const MQTT_COMMANDS: Record<string, Handler> = {
  '+MQTTC': brokerConfiguration,
  '+MQTTCONN': connect,
  '+MQTTSUB': subscribe,
  '+MQTTUNSUB': unsubscribe,
  '+MQTTPUB': publish,
  '+MQTTDISCONN': disconnect,
};
