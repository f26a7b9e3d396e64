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

/** A PEM certificate of a wanted shape: text before its first line is ignored by whoever reads it. */
const withPrefix = (prefix: string) => `${prefix}\n${DEVICE_PEM}`;

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
    await rig.expect('AT+READCERT=3', 'ERROR:1,"General Error"\r\n>');
    rig.module.close();
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
    assert.equal(await rig.send('+++', 1300), '\r\nOK\r\n>\r+LOADCERT:1\r\n>');
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
      const pem = withPrefix('x'.repeat(3));
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
    const load = async (bytes: string) => {
      await begin(rig, bytes.length);
      assert.equal(await rig.send(bytes), '+LOADCERT:0\r\n>');
    };
    await load(DEVICE_PEM);
    await load(DER.toString('latin1'));
    await rig.connectMqtt();
    assert.deepEqual(rig.dialled[0]?.tls?.trusted, ['ROOT', DEVICE_PEM]);
    await load(DEVICE_PEM);
    rig.module.control('mqtt-rst');
    await rig.clock.advance(1000);
    assert.deepEqual(rig.dialled[1]?.tls?.trusted, ['ROOT', DEVICE_PEM, DEVICE_PEM]);
    rig.module.close();
  });

  test('more than 1500 bytes overrun the buffer', async () => {
    const rig = await booted();
    await begin(rig, 1600);
    assert.equal(await rig.send('x'.repeat(1600)), '');
    assert.match(rig.module.control('status'), /dead=1/);
    rig.module.close();
  });
});
