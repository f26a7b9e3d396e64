import 'reflect-metadata';
import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import type { Duplex } from 'node:stream';
import { after, before, describe, test } from 'node:test';
import { createServer, type TLSSocket, type TlsOptions } from 'node:tls';
import * as x509 from '@peculiar/x509';
import { tlsDial } from '../../../src/simulator/module/dial.ts';
import type { TlsRequest } from '../../../src/simulator/module/virtual-module.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const HOST = '127.0.0.1';
const FROM = new Date('2030-01-01T00:00:00Z');
const TO = new Date('2031-01-01T00:00:00Z');
/** The module's clock: the certificates here are not valid yet by the computer's. */
const NOW = Date.parse('2030-06-01T00:00:00Z');

interface Credentials {
  cert: string;
  key: string;
  keys: webcrypto.CryptoKeyPair;
  name: string;
}

async function issue(name: string, issuer?: Credentials, ca = false): Promise<Credentials> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: `CN=${name}`,
    issuer: `CN=${issuer?.name ?? name}`,
    notBefore: FROM,
    notAfter: TO,
    publicKey: keys.publicKey,
    signingKey: (issuer?.keys ?? keys).privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [new x509.BasicConstraintsExtension(ca)],
  });
  const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64');
  const key = `-----BEGIN PRIVATE KEY-----\n${pkcs8.match(/.{1,64}/g)?.join('\n')}\n-----END PRIVATE KEY-----\n`;
  return { cert: `${certificate.toString('pem')}\n`, key, keys, name };
}

describe('the real network of the virtual module', () => {
  let root: Credentials;
  let stranger: Credentials;
  let intermediate: Credentials;
  let leaf: Credentials;
  let device: Credentials;
  const servers: Server[] = [];
  const opened: Duplex[] = [];

  before(async () => {
    root = await issue('root', undefined, true);
    stranger = await issue('root', undefined, true);
    intermediate = await issue('intermediate', root, true);
    leaf = await issue('somewhere-else.example', intermediate);
    device = await issue('device-1');
  });

  after(() => {
    for (const socket of opened) socket.destroy();
    for (const server of servers) server.close();
  });

  async function listen(server: Server): Promise<number> {
    servers.push(server);
    server.listen(0, HOST);
    await once(server, 'listening');
    return (server.address() as AddressInfo).port;
  }

  /** A TLS server that answers every byte with itself; `connections` tells who came. */
  async function broker(options: TlsOptions = {}) {
    const connections: TLSSocket[] = [];
    const server = createServer(
      { cert: leaf.cert + intermediate.cert, key: leaf.key, requestCert: true, rejectUnauthorized: false, ...options },
      (socket) => {
        connections.push(socket);
        opened.push(socket);
        socket.on('error', () => undefined);
        socket.pipe(socket);
      },
    );
    server.on('tlsClientError', () => undefined);
    return { port: await listen(server), connections };
  }

  const request = (changes: Partial<TlsRequest> = {}): TlsRequest => ({
    certificate: device.cert,
    key: device.key,
    servername: 'hub.example',
    trusted: [stranger.cert, root.cert],
    now: NOW,
    alpn: ['x-amzn-mqtt-ca'],
    ...changes,
  });

  async function dial(port: number, tls: TlsRequest | null, version?: 'TLSv1.3'): Promise<Duplex> {
    const dialled = tlsDial(() => ({ host: HOST, port }), version);
    const socket = await dialled('hub.example', 8883, tls, new AbortController().signal);
    opened.push(socket);
    return socket;
  }

  async function echoes(socket: Duplex): Promise<boolean> {
    socket.write('ping');
    const [bytes] = await once(socket, 'data');
    return String(bytes) === 'ping';
  }

  test('TLS 1.2 with the device certificate, its name for SNI, and any host name in the answer', async () => {
    const { port, connections } = await broker();
    assert.ok(await echoes(await dial(port, request())));
    const [connection] = connections;
    assert.equal(connection?.getProtocol(), 'TLSv1.2');
    assert.equal(connection?.servername, 'hub.example');
    assert.equal(connection?.getPeerCertificate().subject.CN, 'device-1');
  });

  test('TLS 1.3 when it is asked for, and no SNI for an address', async () => {
    const { port, connections } = await broker();
    const { servername, ...withoutName } = request();
    assert.ok(servername);
    assert.ok(await echoes(await dial(port, withoutName, 'TLSv1.3')));
    assert.equal(connections[0]?.getProtocol(), 'TLSv1.3');
    assert.equal(connections[0]?.servername, false);
  });

  test('the ALPN name is offered, and a server that insists on another one is refused', async () => {
    const same = await broker({ ALPNProtocols: ['x-amzn-mqtt-ca'] });
    assert.ok(await echoes(await dial(same.port, request())));
    assert.equal(same.connections[0]?.alpnProtocol, 'x-amzn-mqtt-ca');
    const other = await broker({ ALPNProtocols: ['mqtt'] });
    await assert.rejects(dial(other.port, request()), { code: 'ERR_TLS' });
  });

  for (const [name, changes] of [
    ['no root', () => ({ trusted: [] })],
    ['another root of the same name', () => ({ trusted: [stranger.cert] })],
    ['something that is no certificate', () => ({ trusted: ['rubbish'] })],
    ['a clock before the certificates', () => ({ now: FROM.getTime() - 1000 })],
    ['a clock after the certificates', () => ({ now: TO.getTime() + 1000 })],
    ['a key that is none', () => ({ key: 'rubbish' })],
  ] as const) {
    test(`refused: ${name}`, async () => {
      const { port } = await broker();
      await assert.rejects(dial(port, request(changes())), (error: Error & { code?: string }) => {
        return !['ENOTFOUND', 'ECONNREFUSED', 'EHOSTUNREACH', 'ETIMEDOUT'].includes(error.code ?? '');
      });
    });
  }

  test('an intermediate certificate or the leaf itself may be what is trusted', async () => {
    const { port } = await broker();
    for (const { cert } of [intermediate, leaf])
      assert.ok(await echoes(await dial(port, request({ trusted: [cert] }))));
  });

  test('a device that the broker refuses is a TLS failure', async () => {
    const { port } = await broker({ ca: [root.cert], rejectUnauthorized: true });
    await assert.rejects(dial(port, request()), { code: 'ERR_TLS' });
  });

  test('plain TCP, a refused connection, an unknown name, and an attempt that is given up', async () => {
    const port = await listen(createTcpServer((socket) => socket.pipe(socket)));
    assert.ok(await echoes(await dial(port, null)));
    const closed = createTcpServer();
    const free = await listen(closed);
    closed.close();
    await once(closed, 'close');
    await assert.rejects(dial(free, null), { code: 'ECONNREFUSED' });
    const unresolved = tlsDial(() => undefined);
    const never = new AbortController();
    await assert.rejects(unresolved('no-such-name.invalid', 1, null, never.signal), { code: 'ENOTFOUND' });
    const silent = await listen(createTcpServer((socket) => opened.push(socket)));
    const attempt = new AbortController();
    const dialling = tlsDial(() => ({ host: HOST, port: silent }))('x', 1, request(), attempt.signal);
    setImmediate(() => attempt.abort());
    await assert.rejects(dialling);
    await assert.rejects(unresolved(HOST, silent, null, attempt.signal));
  });
});
