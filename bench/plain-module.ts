import { Duplex } from 'node:stream';
import { SETTINGS } from './session.ts';

const PUBLISH = /^AT\+MQTTPUB=0,([01]),0,"([^"]*)","(.*)"$/;
const SECONDS_NOW = 1_795_000_000;

/** What the module prints before the status of a command. */
const INFORMATION: Record<string, string> = {
  'AT+GMM': '+GMM="PIC32MZW1"',
  'AT+WSTA': `+WSTA:1,"${SETTINGS.wifi.ssid}",-40,6`,
  'AT+WSTAC=6': '+WSTAC:6,"192.168.1.50"',
  'AT+WSTAC=12': `+WSTAC:12,"${SETTINGS.ntpServer}"`,
  'AT+WSTAC=13': '+WSTAC:13,1',
  'AT+WSTAC=14': '+WSTAC:14,1',
  'AT+TIME=1': `+TIME:1,${SECONDS_NOW}`,
  'AT+MQTTCONN': '+MQTTCONN:0',
};

/**
 * The least module that a session can live with, and a hub behind it: it is in its network already, answers every
 * command at once, and costs next to nothing. What is measured with it is the session.
 */
export class PlainModule extends Duplex {
  #received = '';
  #twinVersion = 1;
  /** Called with each command, before it is answered. */
  onCommand: (text: string) => void = () => undefined;

  /** Prints an MQTT message. */
  deliver(topic: string, payload: string): void {
    this.#print(`\r${message(topic, payload)}\r\n>`);
  }

  /** A new desired property. */
  desire(name: string, value: number): void {
    const version = ++this.#twinVersion;
    const patch = JSON.stringify({ [name]: value, $version: version });
    this.deliver(`$iothub/twin/PATCH/properties/desired/?$version=${version}`, patch);
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#received += chunk.toString('latin1');
    for (let end = this.#received.indexOf('\r\n'); end >= 0; end = this.#received.indexOf('\r\n')) {
      const text = this.#received.slice(0, end);
      this.#received = this.#received.slice(end + 2);
      this.onCommand(text);
      this.#answer(text);
    }
    done();
  }

  #answer(text: string): void {
    if (text.startsWith('AT+READCERT')) {
      this.#print(`${text}\r\nERROR:7,"Configuration Access Failed"\r\n>`);
      return;
    }
    const information = Object.hasOwn(INFORMATION, text) ? `${INFORMATION[text]}\r\n` : '';
    const events = eventsAfter(text).map((event) => `\r${event}\r\n>`);
    this.#print(`${text}\r\n${information}OK\r\n>${events.join('')}`);
  }

  #print(text: string): void {
    this.push(Buffer.from(text, 'latin1'));
  }
}

function eventsAfter(text: string): string[] {
  if (text === 'AT+MQTTCONN=1') return ['+MQTTCONNACK:0,0', '+MQTTCONN:1'];
  if (text === 'AT+MQTTDISCONN') return ['+MQTTCONN:0'];
  if (text.startsWith('AT+MQTTSUB=')) return ['+MQTTSUB:0'];
  const [, qos, topic] = PUBLISH.exec(text) ?? [];
  if (topic === undefined) return [];
  const rid = /\$rid=(\w+)/.exec(topic)?.[1] ?? '';
  const accepted = qos === '1' ? ['+MQTTPUBACC'] : [];
  return [...accepted, ...cloudAnswer(topic, rid)];
}

function cloudAnswer(topic: string, rid: string): string[] {
  if (topic.startsWith('$dps/registrations/PUT')) {
    const state = { status: 'assigned', assignedHub: 'bench.azure-devices.net', deviceId: SETTINGS.deviceId };
    const body = JSON.stringify({ operationId: '4.bench', status: 'assigned', registrationState: state });
    return [message(`$dps/registrations/res/200/?$rid=${rid}`, body)];
  }
  if (topic.startsWith('$iothub/twin/GET')) {
    return [message(`$iothub/twin/res/200/?$rid=${rid}`, '{"desired":{"$version":1},"reported":{"$version":1}}')];
  }
  if (topic.startsWith('$iothub/twin/PATCH')) return [message(`$iothub/twin/res/204/?$rid=${rid}&$version=2`, '')];
  return [];
}

function message(topic: string, payload: string): string {
  return `+MQTTPUB:${topic.length},"${topic}",${payload.length},"${payload}"`;
}
