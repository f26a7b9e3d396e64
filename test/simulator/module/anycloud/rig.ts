import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import {
  createVirtualModule,
  type Dial,
  type TlsRequest,
  type VirtualModule,
  type VirtualModuleOptions,
} from '../../../../src/simulator/module/virtual-module.ts';
import { VirtualClock } from '../../../helpers/virtual-clock.ts';
import { ScriptedBroker } from './scripted-broker.ts';

/** The device certificate of the recordings. */
export const DEVICE_PEM = `-----BEGIN CERTIFICATE-----
MIIBLjCB1QIUPDmJRpe3VZKxWQYecISLva8gT1kwCgYIKoZIzj0EAwIwGTEXMBUG
A1UEAwwOaG9zdGZ3IHRlc3QgQ0EwHhcNMjYxMTIyMjIzMTEwWhcNMzYxMTE5MjIz
MTEwWjAbMRkwFwYDVQQDDBBob3N0ZnctZGV2aWNlLTAxMFkwEwYHKoZIzj0CAQYI
KoZIzj0DAQcDQgAECGiqRUb4b6BazE54EU6iJbURMY0eH6AzmL7qRjNjO37xxD2g
OqsA6gT4XQ16FDarI2hzAP9e29boarhh+gAf8DAKBggqhkjOPQQDAgNIADBFAiBG
RSCJnCShgZuzyTaQKAv8UVz/b/I9D8rZL6RZ5yzuYwIhALYQW/eOkMc+1guo4J1l
lsnJXVg/mIJ/cssr6Xax66Aw
-----END CERTIFICATE-----
`;

/** Shortly before the first recording was made. */
const START = 1_795_387_110_000;

const failure = (code: string) => Object.assign(new Error(code), { code });

/** A virtual module on virtual time, a host at its wire, and a scripted broker behind its network. */
export class Rig {
  readonly clock = new VirtualClock(START);
  readonly broker = new ScriptedBroker();
  readonly module: VirtualModule;
  readonly log: string[] = [];
  /** Every connection that was asked for. */
  readonly dialled: Array<{ host: string; port: number; tls: TlsRequest | null }> = [];
  /** How connections to a host fail, if they do. */
  dialFailure: (host: string) => string | undefined = () => undefined;
  #host: Duplex;
  #received: Buffer[] = [];

  constructor(options: Partial<VirtualModuleOptions> = {}) {
    const dial: Dial = async (host, port, tls) => {
      this.dialled.push({ host, port, tls });
      const code = this.dialFailure(host);
      if (code) throw failure(code);
      return this.broker.dial();
    };
    this.module = createVirtualModule({
      clock: this.clock,
      random: () => 0.5,
      dial,
      identity: { certificate: DEVICE_PEM, key: '', signer: DEVICE_PEM, root: DEVICE_PEM },
      accessPoints: [
        { ssid: 'ssid', passphrase: 'password', security: 'wpa2', bssid: '02:AA:BB:CC:DD:01', channel: 6, rssi: -40 },
      ],
      pace: 'instant',
      log: (line) => this.log.push(line),
      ...options,
    });
    this.#host = this.connect();
  }

  /** Plugs a new host in. */
  connect(): Duplex {
    this.#host = this.module.connect();
    this.#host.on('data', (bytes: Buffer) => this.#received.push(bytes));
    return this.#host;
  }

  /** Everything received since the last call, one character a byte. */
  take(): string {
    const text = Buffer.concat(this.#received).toString('latin1');
    this.#received = [];
    return text;
  }

  write(text: string): void {
    this.#host.write(Buffer.from(text, 'latin1'));
  }

  /** Sends text, and returns what comes within a time. */
  async send(text: string, ms = 150): Promise<string> {
    this.write(text);
    await this.clock.advance(ms);
    return this.take();
  }

  /** Sends a command line, and expects its reply, echo and prompt included. */
  async expect(line: string, reply: string, ms = 150): Promise<void> {
    assert.equal(await this.send(`${line}\r\n`, ms), `${line}\r\n${reply}`);
  }

  async boot(): Promise<void> {
    this.module.powerOn();
    await this.clock.advance(500);
    assert.equal(this.take(), '\r\nOK\r\n>');
  }

  /** Joins the network, and waits for the time. */
  async join(): Promise<void> {
    for (const entry of ['1,"ssid"', '2,3', '3,"password"', '12,"pool.ntp.org"', '13,1']) {
      await this.expect(`AT+WSTAC=${entry}`, 'OK\r\n>');
    }
    const events = await this.send('AT+WSTA=1\r\n', 1600);
    assert.match(events, /\+WSTALU:.*\+WSTAAIP:.*\+TIME:/s);
  }

  /** Connects to the broker, and subscribes if a filter is given. */
  async connectMqtt(filter?: string): Promise<void> {
    await this.expect('AT+MQTTC=1,"test.azure-devices.net"', 'OK\r\n>');
    await this.expect('AT+MQTTC=3,"devid"', 'OK\r\n>');
    await this.expect('AT+MQTTCONN=1', 'OK\r\n>\r+MQTTCONNACK:0,0\r\n>\r+MQTTCONN:1\r\n>', 1000);
    if (filter) await this.expect(`AT+MQTTSUB="${filter}",1`, 'OK\r\n>\r+MQTTSUB:0\r\n>', 250);
  }

  /** From power-up to a subscribed connection. */
  async bringUp(filter = 't/#'): Promise<void> {
    await this.boot();
    await this.join();
    await this.connectMqtt(filter);
  }
}
