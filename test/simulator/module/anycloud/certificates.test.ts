import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { describe, test } from 'node:test';
import { DEVICE_PEM, Rig } from './rig.ts';

const DER = new X509Certificate(DEVICE_PEM).raw;
const COUNT = 'ERROR:5,"Incorrect Number of Parameters"\r\n>';

async function booted(options: ConstructorParameters<typeof Rig>[0] = {}): Promise<Rig> {
  const rig = new Rig(options);
  await rig.boot();
  return rig;
}

/** Starts a transfer of `length` bytes. */
async function begin(rig: Rig, length: number): Promise<void> {
  await rig.expect(`AT+LOADCERT=${length},"x.pem"`, '#');
}

/** Sends bytes as a certificate. */
async function load(rig: Rig, bytes: string): Promise<string> {
  await begin(rig, bytes.length);
  return rig.send(bytes);
}

describe('AT+READCERT (AT protocol 7.18)', () => {
  test('types and their errors (T36)', async () => {
    const rig = await booted();
    const pem = DEVICE_PEM.replaceAll('\n', '\\n');
    for (const type of [1, 2, 4]) {
      await rig.expect(`AT+READCERT=${type}`, `+READCERT:${type}, ${DEVICE_PEM.length},"${pem}"\r\nOK\r\n>`);
    }
    await rig.expect('AT+READCERT=3', 'ERROR:1,"General Error"\r\n>');
    await rig.expect('AT+READCERT=5', 'ERROR:1,"General Error"\r\n>');
    await rig.expect('AT+READCERT', COUNT);
    await rig.expect('AT+READCERT=1,2', COUNT);
    rig.module.close();
  });

  test('a PEM text with CR LF and a chain behind it is printed like any other', async () => {
    const certificate = `${DEVICE_PEM}${DEVICE_PEM}`.replaceAll('\n', '\r\n');
    const rig = await booted({ identity: { certificate, key: '', signer: '', root: '' } });
    assert.match(await rig.send('AT+READCERT=1\r\n'), new RegExp(`READCERT:1, ${DEVICE_PEM.length},"-----BEGIN`));
    rig.module.close();
  });
});

describe('AT+LOADCERT (AT protocol 7.17, T52, T53)', () => {
  for (const [name, bytes] of [
    ['PEM', DEVICE_PEM],
    ['PEM with CR LF', DEVICE_PEM.replaceAll('\n', '\r\n')],
    ['DER', DER.toString('latin1')],
  ] as const) {
    test(`${name}, in one burst`, async () => {
      const rig = await booted();
      await begin(rig, bytes.length);
      assert.equal(await rig.send(bytes), '+LOADCERT:0\r\n>');
      const hex = DER.toString('hex').toUpperCase();
      await rig.expect('AT+READCERT=3', `+READCERT:3, ${DER.length},[${hex}]\r\nOK\r\n>`);
      await rig.send('ATE0\r\n');
      assert.equal(await rig.send(`AT+LOADCERT=${bytes.length},"x"\r\n`), '#');
      assert.equal(await rig.send(bytes), '+LOADCERT:0\r\n');
      rig.module.close();
    });
  }

  test('what is no certificate is refused, and so are wrong parameters', async () => {
    const rig = await booted();
    await begin(rig, 4);
    assert.equal(await rig.send('abcd'), '+LOADCERT:1\r\n>');
    await rig.expect('AT+LOADCERT=4', COUNT);
    await rig.expect('AT+LOADCERT="4","x"', 'ERROR:4,"Invalid Parameter"\r\n>');
    rig.module.close();
  });

  test('before anything was sent there is nothing to read, and a reset makes it so again', async () => {
    const rig = await booted();
    await rig.expect('AT+READCERT=3', 'ERROR:1,"General Error"\r\n>');
    assert.equal(await load(rig, DEVICE_PEM), '+LOADCERT:0\r\n>');
    rig.module.control('reset');
    await rig.send('');
    await rig.expect('AT+READCERT=3', 'ERROR:1,"General Error"\r\n>');
    rig.module.close();
  });

  const body = 'QUJD\nREVG';
  for (const [name, bytes, read] of [
    ['any label of its length', `-----BEGIN PRIVATE KEY-----\n${body}\n-----END PRIVATE KEY-----`, '6,"ABCDEF"'],
    ['a longer label', `-----BEGIN RSA PRIVATE KEY-----\n${body}\n-----END RSA PRIVATE KEY-----`, '6,"ABCDEF"'],
    [
      'a shorter label, whose header is then sought in vain',
      `-----BEGIN KEY-----\n${body}\n-----END KEY-----\n`,
      undefined,
    ],
    ['blanks', `-----BEGIN CERTIFICATE----- \t\r\n QU JD\r\n-----END CERTIFICATE-----`, '3,"ABC"'],
    ['data on the line of the header', '-----BEGIN CERTIFICATE-----QUJD-----END CERTIFICATE-----', undefined],
    ['one sign of equality', '-----BEGIN CERTIFICATE-----\nQUI=\n-----END CERTIFICATE-----', '2,"AB"'],
    ['two of them', '-----BEGIN CERTIFICATE-----\nQQ==\n-----END CERTIFICATE-----', '1,"A"'],
    ['no footer', `-----BEGIN CERTIFICATE-----\n${body}`, undefined],
    ['a footer that is cut off', `-----BEGIN CERTIFICATE-----\n${body}\n-----END CERTIFICATE----`, undefined],
    ['no data', '-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----', undefined],
    ['a sign that is none of base 64', '-----BEGIN CERTIFICATE-----\nQUJ{\n-----END CERTIFICATE-----', undefined],
    ['a sign that is taken for one', '-----BEGIN CERTIFICATE-----\nQUI[\n-----END CERTIFICATE-----', '3,[414214]'],
    ['something before the header', `x${DEVICE_PEM}`, undefined],
    ['DER of a length that needs one more byte', '\x30\x81\x01\x00', '4,[30810100]'],
    ['DER of a length of no digits', '\x30\x80', '2,[3080]'],
    ['DER of a length beyond 31 bits', '\x30\x84\xff\xff\xff\xf0', undefined],
    ['DER that is longer than its length', '\x30\x01\x00rest', '3,[300100]'],
    ['another DER element', '\x31\x00', undefined],
  ] as const) {
    test(`only the form of the file counts: ${name}`, async () => {
      const rig = await booted();
      const taken = read !== undefined;
      assert.equal(await load(rig, bytes), `+LOADCERT:${taken ? 0 : 1}\r\n>`);
      const shown = await rig.send('AT+READCERT=3\r\n');
      if (taken) assert.equal(shown, `AT+READCERT=3\r\n+READCERT:3, ${read}\r\nOK\r\n>`);
      else assert.ok(shown.startsWith(`AT+READCERT=3\r\n+READCERT:3, ${bytes.length},`), shown);
      rig.module.close();
    });
  }

  test('from 749 bytes on it is shown in two parts, each in its own form', async () => {
    const rig = await booted();
    for (const [first, rest, shown] of [
      ['x'.repeat(748), '', `748,"${'x'.repeat(748)}"`],
      ['x'.repeat(749), '', `749,"${'x'.repeat(749)}[]`],
      ['x'.repeat(749), '\n\xff', `751,"${'x'.repeat(749)}0AFF]`],
      [`\xff${'x'.repeat(748)}`, 'a\n', `751,[FF${'78'.repeat(748)}a\\n"`],
    ] as const) {
      assert.equal(await load(rig, first + rest), '+LOADCERT:1\r\n>');
      await rig.expect('AT+READCERT=3', `+READCERT:3, ${shown}\r\nOK\r\n>`);
    }
    rig.module.close();
  });

  test('what is no certificate costs the TLS context, at once or when it is made', async () => {
    const rig = await booted();
    await rig.join();
    assert.equal(await load(rig, '\x30\x03\x01\x01\xff'), '+LOADCERT:0\r\n>');
    await rig.expect('AT+MQTTC=1,"b"', 'OK\r\n>');
    const failed = 'SSL Connection Negotiation Failed - Aborting\r\n\r+MQTTCONN:0\r\n>';
    await rig.expect('AT+MQTTCONN=1', `OK\r\n>${failed}`, 100);
    assert.equal(rig.dialled.length, 0);
    rig.module.close();

    const other = new Rig();
    await other.bringUp();
    const remark = 'Something went wrong (-140) loading the CA certificates\r\n';
    assert.equal(await load(other, '\x30\x03\x01\x01\xff'), `+LOADCERT:${remark}0\r\n>`);
    other.module.control('mqtt-rst');
    await other.clock.advance(300);
    assert.equal(other.take(), `\r+MQTTCONN:0\r\n>${failed}`);
    other.module.close();
  });

  test('events in binary mode have neither CR nor prompt', async () => {
    const rig = await booted();
    await begin(rig, 4);
    rig.module.control('urc +URC:1');
    await rig.clock.advance(1);
    assert.equal(rig.take(), '+URC:1\r\n');
    rig.module.close();
  });

  test('three plus signs and a second of silence end a transfer, and a complete certificate counts', async () => {
    const rig = await booted({ pace: 'real' });
    await begin(rig, DEVICE_PEM.length + 1);
    assert.equal(await rig.send(DEVICE_PEM, 1000), '');
    assert.equal(await rig.send('+++', 900), '');
    await rig.clock.advance(400);
    assert.equal(rig.take(), '\r\nOK\r\n>\r+LOADCERT:0\r\n>');
    await begin(rig, 100);
    assert.equal(await rig.send('+++', 1400), '\r\nOK\r\n>\r+LOADCERT:1\r\n>');
    await begin(rig, 100);
    assert.equal(await rig.send('+++\r\n', 5000), '');
    rig.module.close();
  });

  for (const [extra, loaded] of [
    [1, true],
    [3, true],
    [4, false],
  ] as const) {
    test(`${extra} bytes too many in the same pass: ${loaded ? 'lost' : 'stuck'}`, async () => {
      const rig = await booted();
      // Not a multiple of the block size, so that a block does not end just at the announced length.
      const pem = DEVICE_PEM.padEnd(DEVICE_PEM.length + 3);
      assert.notEqual(pem.length % 16, 0);
      await begin(rig, pem.length);
      assert.equal(await rig.send(pem + 'y'.repeat(extra)), loaded ? '+LOADCERT:0\r\n>' : '');
      rig.module.close();
    });
  }

  for (const [pause, loaded] of [
    [100, false],
    [200, false],
    [400, false],
    [420, true],
    [600, true],
  ] as const) {
    test(`a pause of ${pause} ms after each plus sign ${loaded ? 'succeeds' : 'loses it'}`, async () => {
      const rig = await booted({ pace: 'real' });
      await begin(rig, DEVICE_PEM.length);
      // The worst place for a plus sign: seen at the end of its pass, with the next pass 100 ms away.
      await rig.clock.advance(46);
      let output = '';
      for (const piece of DEVICE_PEM.split(/(?<=\+)/)) output += await rig.send(piece, pause);
      await rig.clock.advance(1000);
      output += rig.take();
      assert.equal(output.includes('+LOADCERT:0'), loaded);
      rig.module.close();
    });
  }

  test('in one burst at 230400 baud only a pass boundary behind a plus sign is fatal', async () => {
    let failed = 0;
    for (let phase = 0; phase < 100; phase += 2) {
      const rig = await booted({ pace: 'real' });
      await begin(rig, DEVICE_PEM.length);
      await rig.clock.advance(phase);
      if (!(await rig.send(DEVICE_PEM, 1000)).includes('+LOADCERT:0')) failed += 1;
      rig.module.close();
    }
    assert.ok(failed < 8, `${failed} of 50`);
  });

  test('before TLS has started only the last certificate counts, afterwards each one is added', async () => {
    const rig = await booted({ trusted: ['ROOT'] });
    await rig.join();
    const taken = '+LOADCERT:0\r\n>';
    assert.equal(await load(rig, DEVICE_PEM), taken);
    assert.equal(await load(rig, DER.toString('latin1')), taken);
    await rig.connectMqtt();
    assert.deepEqual(rig.dialled[0]?.tls?.trusted, ['ROOT', DEVICE_PEM]);
    assert.equal(await load(rig, DEVICE_PEM), taken);
    rig.module.control('mqtt-rst');
    await rig.clock.advance(1000);
    assert.deepEqual(rig.dialled[1]?.tls?.trusted, ['ROOT', DEVICE_PEM, DEVICE_PEM]);
    rig.module.close();
  });

  test('more than 1500 bytes overrun the buffer', async () => {
    const rig = await booted();
    await begin(rig, 1600);
    assert.equal(await rig.send('x'.repeat(1600)), '');
    assert.equal(rig.module.state.power, 'crashed');
    rig.module.close();
  });
});
