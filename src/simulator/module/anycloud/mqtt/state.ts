import { PACKET } from './packets.ts';

/** The states of AT protocol 8.2; `stuck` is for good, after a second connection or a leaked one (T1, T3). */
export type MqttState =
  | 'idle'
  | 'connecting'
  | 'socket-up'
  | 'wait-connack'
  | 'connected'
  | 'wait-suback'
  | 'wait-unsuback'
  | 'wait-puback'
  | 'disconnecting'
  | 'disconnected'
  | 'stuck';

/** Packet types that a client never gets: the firmware closes its session. */
export const FOREIGN: number[] = [
  PACKET.connect,
  PACKET.subscribe,
  PACKET.unsubscribe,
  PACKET.pingreq,
  PACKET.disconnect,
  15,
];

/** What is printed when an acknowledgement has not come for 5 s (AT protocol 7.12 to 7.15). */
export const TIMEOUT_EVENTS: Partial<Record<MqttState, string[]>> = {
  'wait-connack': ['+MQTTCONNACK:1,1\r\n', '+MQTTCONN:0\r\n'],
  'wait-suback': ['+MQTTSUB:1\r\n'],
  'wait-unsuback': ['+MQTTUNSUB:0\r\n'],
  'wait-puback': ['+MQTTPUBERR\r\n'],
};

/** The states that AT+MQTTCONN shows as connected. */
export const CONNECTED: MqttState[] = ['connected', 'wait-suback', 'wait-unsuback', 'wait-puback'];
