/** The first bytes of every AMQP connection: the name, then the kind of protocol and the version (AMQP 1.0, 2.2). */
const HEADER = Buffer.from('AMQP');

/** Whether a client begins to speak AMQP. */
export const isAmqp = (bytes: Uint8Array): boolean =>
  bytes.length >= HEADER.length && HEADER.equals(bytes.subarray(0, HEADER.length));

/** What the operator is told of a client that speaks AMQP, which there is none of here. */
export const NO_AMQP =
  'a client speaks AMQP, which is not offered here: let it use MQTT, or MQTT over WebSocket; for messages to devices there is ' +
  'POST /api/devices/<id>/messages, for telemetry GET /api/events and --export';
