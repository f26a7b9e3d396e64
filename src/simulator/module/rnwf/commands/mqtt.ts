import { STATUS } from '../status.ts';
import { printString } from '../strings.ts';
import { bytesOf, configure, type Handler, integerOf, textOf } from './api.ts';

const brokerConfiguration: Handler = (firmware, parameters) =>
  configure(firmware, '+MQTTC', firmware.mqtt.configuration, parameters);

/** The number of the configuration comes before the id, and not in the answer (RNWF 3, 7). */
const tlsConfiguration: Handler = (firmware, [index, ...parameters]) => {
  const number = integerOf(index);
  if (index === undefined) return STATUS.parameterCount;
  const store = number === undefined ? undefined : firmware.tls[number - 1];
  return store ? configure(firmware, '+TLSC', store, parameters) : STATUS.invalidParameter;
};

const connect: Handler = (firmware, parameters) => {
  const clean = integerOf(parameters[0]);
  if (parameters.length > 1) return STATUS.parameterCount;
  if (parameters.length === 0) {
    firmware.info(`+MQTTCONN:${firmware.mqtt.connected ? 1 : 0}`);
    return STATUS.ok;
  }
  if (clean !== 0 && clean !== 1) return STATUS.invalidParameter;
  return firmware.mqtt.connect(clean === 1);
};

const disconnect: Handler = (firmware, parameters) =>
  parameters.length > 1 ? STATUS.parameterCount : firmware.mqtt.disconnect();

const subscribe: Handler = (firmware, parameters) => {
  const [filter, qos] = [textOf(parameters[0]), integerOf(parameters[1])];
  if (parameters.length !== 2) return STATUS.parameterCount;
  if (filter === undefined || !isQos(qos)) return STATUS.invalidParameter;
  return firmware.mqtt.subscribe(filter, qos);
};

const unsubscribe: Handler = (firmware, parameters) => {
  const filter = textOf(parameters[0]);
  if (parameters.length !== 1) return STATUS.parameterCount;
  return filter === undefined ? STATUS.invalidParameter : firmware.mqtt.unsubscribe(filter);
};

const subscriptions: Handler = (firmware, parameters) => {
  if (parameters.length > 0) return STATUS.parameterCount;
  for (const [filter, qos] of firmware.mqtt.subscriptions) {
    firmware.info(`+MQTTSUBLST:${printString(Buffer.from(filter))},${qos}`);
  }
  return STATUS.ok;
};

const publish: Handler = (firmware, parameters) => {
  if (parameters.length !== 5) return STATUS.parameterCount;
  const [dup, qos, retain] = parameters.map(integerOf);
  const [topic, payload] = [textOf(parameters[3]), bytesOf(parameters[4])];
  const areFlags = (dup === 0 || dup === 1) && (retain === 0 || retain === 1);
  if (!areFlags || !isQos(qos) || topic === undefined || payload === undefined) return STATUS.invalidParameter;
  const id = firmware.mqtt.publish({ dup: dup === 1, qos, retain: retain === 1, topic, payload });
  if (id === undefined) return STATUS.mqtt;
  firmware.info(id === 0 ? '+MQTTPUB' : `+MQTTPUB:${id}`);
  return STATUS.ok;
};

const read: Handler = (firmware, parameters) => {
  if (parameters.length !== 3) return STATUS.parameterCount;
  const [topic, id, length] = [textOf(parameters[0]), integerOf(parameters[1]), integerOf(parameters[2])];
  if (topic === undefined || id === undefined || length === undefined) return STATUS.invalidParameter;
  const payload = firmware.mqtt.read(topic, id, length);
  if (!payload) return STATUS.mqtt;
  const head = firmware.product.printsMessageId ? `${id},` : '';
  firmware.info(`+MQTTSUBRD:${head}${payload.length},${printString(payload)}`);
  return STATUS.ok;
};

function isQos(qos: number | undefined): qos is 0 | 1 | 2 {
  return qos === 0 || qos === 1 || qos === 2;
}

/** RNWF 7, 8. */
export const MQTT_COMMANDS: Record<string, Handler> = {
  '+MQTTC': brokerConfiguration,
  '+MQTTCONN': connect,
  '+MQTTDISCONN': disconnect,
  '+MQTTSUB': subscribe,
  '+MQTTUNSUB': unsubscribe,
  '+MQTTSUBLST': subscriptions,
  '+MQTTPUB': publish,
  '+MQTTSUBRD': read,
  '+TLSC': tlsConfiguration,
};
