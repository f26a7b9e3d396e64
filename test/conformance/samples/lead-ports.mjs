// Leads the only ports that Azure's SDKs know, 8883 and 443, to those of the local cloud, as a rule of a firewall would.
import tls from 'node:tls';

const { connect } = tls;
const PORTS = { 443: process.env.HTTPS_PORT, 8883: process.env.MQTT_PORT };
tls.connect = (options, ...rest) => {
  const port = typeof options === 'object' ? PORTS[options.port] : undefined;
  return port === undefined ? connect(options, ...rest) : connect({ ...options, port: Number(port) }, ...rest);
};
