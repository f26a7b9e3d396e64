import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { COMMANDS } from '../../../../src/simulator/module/anycloud/commands/execute.ts';
import { stringForm } from '../../../../src/simulator/module/anycloud/forms.ts';
import { parseParameters } from '../../../../src/simulator/module/anycloud/parser.ts';
import { Rig } from './rig.ts';

const PACES = ['real', 'instant'] as const;
const COUNT = 'ERROR:5,"Incorrect Number of Parameters"';

async function booted(options: ConstructorParameters<typeof Rig>[0] = {}): Promise<Rig> {
  const rig = new Rig(options);
  await rig.boot();
  return rig;
}

for (const pace of PACES) {
  describe(`the terminal at ${pace} pace (AT protocol 2, G1, G11)`, () => {
    const table: Array<[name: string, exchanges: Array<[sent: string, received: string]>]> = [
      ['identification', [['AT+GMI\r\n', 'AT+GMI\r\n+GMI="Microchip"\r\nOK\r\n>']]],
      ['rate', [['AT+IPR\r\n', 'AT+IPR\r\n+IPR:230400\r\nOK\r\n>']]],
      ['LF alone ends a line', [['AT\n', 'AT\nOK\r\n>']]],
      ['LF CR: the CR is echoed and does nothing', [['AT\n\r', 'AT\nOK\r\n>\r']]],
      [
        'CR alone does not',
        [
          ['AT\r', 'AT\r'],
          ['\n', '\nOK\r\n>'],
        ],
      ],
      ['the tail of a longer line survives (T31)', [['AT+GMM\rAT\r\n', 'AT+GMM\rAT\r\n+GMM="PIC32MZW1"\r\nOK\r\n>']]],
      [
        'an empty line',
        [
          ['\r\n', '\r\n>'],
          ['\n', '\n>'],
        ],
      ],
      [
        'backspace',
        [
          ['ATX\b\r\n', 'ATX\x1b[D\x1b[K\r\nOK\r\n>'],
          ['\b\b', ''],
        ],
      ],
      [
        'backspace behind a CR',
        [['ATE1\rXY\b\b\b\r\n', 'ATE1\rXY\x1b[D\x1b[K\x1b[D\x1b[K\r\nERROR:2,"Invalid AT Command"\r\n>']],
      ],
      ['control bytes are ignored', [['A\x00\t\x7f\x01T\r\n', 'AT\r\nOK\r\n>']]],
      ['bytes of 0x80 and more are not', [['AT\xff\x80\r\n', 'AT\xff\x80\r\nERROR:3,"Unknown AT Command"\r\n>']]],
      ['case matters', [['at\r\n', 'at\r\nERROR:2,"Invalid AT Command"\r\n>']]],
      ['an ESC that is followed by a letter', [['A\x1bT\r\n', 'AT\r\nOK\r\n>']]],
      ['other sequences are swallowed', [['A\x1b[3~T\x1bOP\r\n', 'AT\r\nOK\r\n>']]],
      ['a second ESC begins another sequence', [['A\x1b\x1b[3~T\r\n', 'AT\r\nOK\r\n>']]],
      [
        'a control character within a sequence is worked off, and the sequence goes on',
        [['AX\x1b\b[3~T\r\n', 'AX\x1b[D\x1b[KT\r\nOK\r\n>']],
      ],
      [
        'bytes from 0x80 on: text behind an ESC, swallowed behind a CSI',
        [['A\x1b\xff\b\x1b[\xff1mT\r\n', 'A\xff\x1b[D\x1b[KT\r\nOK\r\n>']],
      ],
      [
        'a sequence with a colon, or a misplaced mark, is no cursor key',
        [
          ['AT\r\n', 'AT\r\nOK\r\n>'],
          ['\x1b[:A\x1b[1<A\x1b[ 1A', ''],
          ['\x1b[<5A', '\x1b[2K\r\x00>AT'],
        ],
      ],
      [
        'history: up, up again at the end, down',
        [
          ['\x1b[A\x1b[B', ''],
          ['AT\r\n', 'AT\r\nOK\r\n>'],
          ['AT+GMM\r\n', 'AT+GMM\r\n+GMM="PIC32MZW1"\r\nOK\r\n>'],
          ['\x1b[A', '\x1b[2K\r\x00>AT+GMM'],
          ['\x1b[A\x1b[A', '\x1b[2K\r\x00>AT\x1b[2K\r\x00>AT'],
          ['\x1b[B\x1b[B', '\x1b[2K\r\x00>AT+GMM\x1b[2K\r\x00>AT+GMM'],
          ['\x1b[B\x1b[A\r\n', '\x1b[2K\r\x00>AT+GMM\x1b[2K\r\x00>AT\r\nOK\r\n>'],
        ],
      ],
      [
        'without echo: no prompt, no history, and an empty line says nothing (T43)',
        [
          ['ATE0\r\n', 'ATE0\r\nOK\r\n'],
          ['AT\r\n', 'OK\r\n'],
          ['\r\n', ''],
          ['X\b\x1b[A', ''],
          ['AT\r\n', 'OK\r\n'],
          ['ATE1\r\n', 'OK\r\n>'],
        ],
      ],
      [
        'options in a row: the first ones count even when a later one is wrong',
        [
          ['ATV3E0X\r\n', 'ATV3E0X\r\nERROR:3\r\n'],
          ['AT+FOO\r\n', 'ERROR:3\r\n'],
          ['ATV1\r\n', '0\r\n'],
          ['AT+FOO\r\n', '1:3\r\n'],
          ['ATVE1\r\n', '0\r\n>'],
        ],
      ],
    ];
    for (const [name, exchanges] of table) {
      test(name, async () => {
        const rig = await booted({ pace });
        for (const [sent, received] of exchanges) assert.equal(await rig.send(sent, 220), received);
        rig.module.close();
      });
    }

    test('a lone ESC clears the line after 250 ms, with echo only', async () => {
      const rig = await booted({ pace });
      assert.equal(await rig.send('AT+DU\x1b', 200), 'AT+DU');
      await rig.clock.advance(250);
      assert.equal(rig.take(), '\x1b[2K\r\x00>');
      assert.equal(await rig.send('AT\r\n'), 'AT\r\nOK\r\n>');
      await rig.send('ATE0\r\n');
      await rig.send('A\x1b', 500);
      assert.equal(await rig.send('T\r\n'), 'OK\r\n');
      rig.module.close();
    });
  });
}

describe('the length of a line (AT protocol 2.4, G11)', () => {
  const line = (length: number) => `AT+CFG=2,"${'a'.repeat(length - 11)}"`;
  for (const [length, end, echo, noEcho] of [
    [510, '\r\n', '\r\nERROR:7,"Configuration Access Failed"\r\n>', 'ERROR:7,"Configuration Access Failed"\r\n'],
    [511, '\r\n', '\r\n>', ''],
    [511, '\n', '\n>', ''],
    [512, '\r\n', '>\n>', ''],
    [512, '\n', '>', ''],
    [513, '\n', '>\n>', ''],
  ] as const) {
    test(`${length} bytes and ${JSON.stringify(end)}`, async () => {
      const rig = await booted({ pace: 'real' });
      const sent = line(length);
      assert.equal(await rig.send(sent + end, 500), sent.slice(0, 512) + echo);
      await rig.send('ATE0\r\n');
      assert.equal(await rig.send(sent + end, 500), noEcho);
      assert.equal(await rig.send('AT\r\n'), 'OK\r\n');
      rig.module.close();
    });
  }

  test('511 bytes are answered where the arguments are not looked at', async () => {
    const rig = await booted();
    for (const [sent, reply] of [
      [`AT${'x'.repeat(509)}`, 'ERROR:3,"Unknown AT Command"\r\n>'],
      [`AT+FOO=${'x'.repeat(504)}`, 'ERROR:3,"Unknown AT Command"\r\n>'],
      [`ATE1=${'x'.repeat(506)}`, 'OK\r\n>'],
      [`AT+WSTA?=${'x'.repeat(502)}`, '+WSTA:0\r\nOK\r\n>'],
    ] as const) {
      assert.equal(sent.length, 511);
      await rig.expect(sent, reply);
    }
    assert.match(await rig.send(`AT+WSTA=?${'x'.repeat(502)}\r\n`), /\r\nDescription\r\n/);
    rig.module.close();
  });

  test('the tail of a line that is too long is a command of its own (T6)', async () => {
    const rig = await booted();
    const sent = `${'x'.repeat(513)}AT+GMM\r\n`;
    assert.equal(await rig.send(sent), `${'x'.repeat(512)}>AT+GMM\r\n+GMM="PIC32MZW1"\r\nOK\r\n>`);
    rig.module.close();
  });
});

describe('the wire at real pace (AT protocol 1, 2.1, 2.6)', () => {
  test('one command a pass, 100 ms apart', async () => {
    const rig = await booted({ pace: 'real' });
    rig.write('AT\r\n'.repeat(10));
    await rig.clock.advance(560);
    assert.equal(rig.take(), 'AT\r\nOK\r\n>'.repeat(5));
    rig.module.close();
  });

  test('a burst that overruns the receive ring is cut, and what is left is executed', async () => {
    const rig = await booted({ pace: 'real' });
    rig.write(`${'AT+GMM\r\n'.repeat(700)}`);
    await rig.clock.advance(80_000);
    const executed = rig.take().match(/OK\r\n/g)?.length ?? 0;
    assert.ok(executed > 500 && executed < 530, `${executed} of 700`);
    rig.module.close();
  });

  test('bytes take their time: 10 bits each', async () => {
    const rig = await booted({ pace: 'real' });
    await rig.expect('AT+IPR=9600', 'OK\r\n>', 250);
    rig.write('AT+WSTAC\r\n');
    await rig.clock.advance(120);
    const first = rig.take();
    assert.ok(first.length > 5 && first.length < 120, `${first.length} bytes after 120 ms`);
    await rig.clock.advance(400);
    assert.match(first + rig.take(), /OK\r\n>$/);
    rig.module.close();
  });

  test('the transmit ring loses what does not fit (T40)', async () => {
    const rig = await booted({ pace: 'real' });
    rig.module.faults.stall(1000);
    for (let line = 0; line < 50; line++) rig.module.faults.urc('x'.repeat(100));
    await rig.clock.advance(2000);
    assert.equal(rig.take().length, 4095);
    rig.module.close();
  });
});

describe('rates (AT protocol 1.1)', () => {
  test('reach the owner of the wire, and are forgotten at a reset', async () => {
    const rates: number[] = [];
    const rig = await booted({ onBaud: (baud) => rates.push(baud) });
    await rig.expect('AT+IPR=115200', 'OK\r\n>');
    await rig.expect('AT+IPR', '+IPR:115200\r\nOK\r\n>');
    await rig.expect('AT+IPR=1200', 'ERROR:4,"Invalid Parameter"\r\n>');
    await rig.expect('AT+IPR=9600,1', `${COUNT}\r\n>`);
    await rig.send('AT+RST\r\n');
    assert.deepEqual(rates, [115_200, 230_400]);
    rig.module.close();
  });
});

describe('parameters (AT protocol 4.2)', () => {
  const cases: Array<[text: string, values: Array<number | string> | undefined]> = [
    ['', []],
    ['1', [1]],
    ['-5', [-5]],
    ['-', [0]],
    ['010', [8]],
    ['08', [0]],
    ['-010', [-8]],
    ['0x1F', [31]],
    ['0X1f', [31]],
    ['0x', undefined],
    ['-0x10', undefined],
    ['+1', undefined],
    ['1.5', undefined],
    ['1 ', undefined],
    ['  1,  2', [1, 2]],
    ['99999999999', [-1]],
    ['-99999999999', [-0x8000_0000]],
    ['4004375916', [4_004_375_916 - 2 ** 32]],
    ['"a"', ['a']],
    ['"a"  ,1', ['a', 1]],
    ['"a"x', undefined],
    ['"a', ['a']],
    ['"', ['']],
    ['""', ['']],
    ['"\\a\\b\\t\\n\\v\\f\\r\\e\\"\\\\"', ['\x07\b\t\n\v\f\r\x1b"\\']],
    ['"\\/"', undefined],
    ['"\\0"', undefined],
    ['"\\u0041"', undefined],
    ['"a\\"', ['a"']],
    ['"a\\', undefined],
    ['"\xe9"', undefined],
    ['",>#=?[]"', [',>#=?[]']],
    ['[]', ['']],
    ['[', ['']],
    ['[6aFF00]', ['j\xff\x00']],
    ['[6a', ['j']],
    ['[zz]', ['\x00']],
    ['[4z]', ['@']],
    ['[4]', undefined],
    ['[41 42]', undefined],
    ['[41]x', undefined],
    ['1,,2', undefined],
    [',1', undefined],
    ['1,', undefined],
    [' ', undefined],
    ['abc', undefined],
  ];
  for (const [text, expected] of cases) {
    test(JSON.stringify(text), () => {
      const parsed = parseParameters(Buffer.from(text, 'latin1'));
      const values =
        parsed.kind === 'parameters'
          ? parsed.values.map((value) => (typeof value === 'number' ? value : value.bytes.toString('latin1')))
          : undefined;
      assert.deepEqual(values, expected);
    });
  }

  test('33 of them are the end of the firmware (T34)', async () => {
    const rig = await booted();
    await rig.expect(`AT+CFG=${Array(32).fill(1).join()}`, `${COUNT}\r\n>`);
    assert.equal(await rig.send(`AT+CFG=${Array(33).fill(1).join()}\r\n`), '');
    assert.equal(await rig.send('AT\r\n', 60_000), '');
    assert.match(rig.log.join(), /crashed: more than 32 parameters/);
    await rig.boot();
    await rig.expect('AT', 'OK\r\n>');
    rig.module.close();
  });

  test('any bytes, quoted or as hex, are decoded to the same bytes', () => {
    const quotable = fc
      .uint8Array({ maxLength: 200 })
      .map((bytes) => Buffer.from(bytes.map((byte) => 0x20 + (byte % 0x5f))));
    fc.assert(
      fc.property(quotable, (bytes) => {
        const text = `"${bytes.toString('latin1').replace(/["\\]/g, '\\$&')}"`;
        const values = [{ form: 'quoted', bytes }];
        assert.deepEqual(parseParameters(Buffer.from(text, 'latin1')), { kind: 'parameters', values });
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const values = [{ form: 'hex', bytes: Buffer.from(bytes) }];
        const text = `[${Buffer.from(bytes).toString('hex')}]`;
        assert.deepEqual(parseParameters(Buffer.from(text)), { kind: 'parameters', values });
      }),
    );
  });

  test('what is printed escaped is read back to the same bytes, NUL aside', () => {
    const byte = fc.oneof(fc.integer({ min: 0x20, max: 0x7e }), fc.constantFrom(7, 8, 9, 10, 11, 12, 13, 0x1b));
    fc.assert(
      fc.property(fc.array(byte, { minLength: 1, maxLength: 200 }), (bytes) => {
        fc.pre(bytes.some((each) => each < 0x20));
        const printed = stringForm(Uint8Array.from(bytes))?.join('') ?? '';
        const values = [{ form: 'quoted', bytes: Buffer.from(bytes) }];
        assert.deepEqual(parseParameters(Buffer.from(printed)), { kind: 'parameters', values });
      }),
    );
  });
});

describe('configurations (AT protocol 4.4)', () => {
  const FAILED = 'ERROR:7,"Configuration Access Failed"\r\n>';
  test('types, limits and the empty text', async () => {
    const rig = await booted();
    for (const [command, reply] of [
      ['AT+CFG=1', '+CFG:1,"00:04:A3:12:34:56"\r\nOK\r\n>'],
      ['AT+CFG=1,"x"', FAILED],
      ['AT+CFG=3', FAILED],
      [`AT+CFG=2,"${'n'.repeat(33)}"`, FAILED],
      [`AT+CFG=2,"${'n'.repeat(32)}"`, 'OK\r\n>'],
      ['AT+CFG=2,""', FAILED],
      ['AT+CFG=2', '+CFG:2,[]\r\nOK\r\n>'],
      ['AT+CFG=2,[c3a9]', 'OK\r\n>'],
      ['AT+CFG=2', '+CFG:2,[C3A9]\r\nOK\r\n>'],
      ['AT+CFG=2,"a\\nb"', 'OK\r\n>'],
      ['AT+CFG=2', '+CFG:2,"a\\nb"\r\nOK\r\n>'],
      ['AT+CFG=1,2,3', `${COUNT}\r\n>`],
      ['AT+WSTAC=6,"10.0.0.7"', 'OK\r\n>'],
      ['AT+WSTAC=6', '+WSTAC:6,"10.0.0.7"\r\nOK\r\n>'],
      ['AT+WSTAC=6,"10.0.0"', 'OK\r\n>'],
      ['AT+WSTAC=6', '+WSTAC:6,"0.0.0.0"\r\nOK\r\n>'],
      ['AT+WSTAC=6,7', FAILED],
      ['AT+WSTAC=11,2', FAILED],
      ['AT+WSTAC=11,"1"', FAILED],
      ['AT+WSTAC=4,-5', 'OK\r\n>'],
      ['AT+WSTAC=4', '+WSTAC:4,-5\r\nOK\r\n>'],
      ['AT+WSTAC=16,1', FAILED],
      ['AT+MQTTC=3,"123456789012345678901234"', FAILED],
      ['AT+MQTTC=3', '+MQTTC:3,"PIC32MZW1-34-56"\r\nOK\r\n>'],
      [`AT+MQTTC=5,"${'p'.repeat(256)}"`, 'OK\r\n>'],
      ['AT+MQTTC=5', '+MQTTC:5,[]\r\nOK\r\n>'],
      ['AT+TLSC=1,2,"client"', 'OK\r\n>'],
      ['AT+TLSC=1,2', '+TLSC:2,"client"\r\nOK\r\n>'],
      ['AT+TLSC=2,2', '+TLSC:2,[]\r\nOK\r\n>'],
      ['AT+TLSC=3', 'ERROR:4,"Invalid Parameter"\r\n>'],
      ['AT+TLSC=1,4', FAILED],
      ['AT+WSCNC', '+WSCNC:1,20\r\n+WSCNC:2,120\r\nOK\r\n>'],
      ['AT+GMM=1', 'ERROR:4,"Invalid Parameter"\r\n>'],
      ['AT+INFO', `${COUNT}\r\n>`],
      ['AT+INFO=2', 'ERROR:4,"Invalid Parameter"\r\n>'],
      ['AT+RST=1', `${COUNT}\r\n>`],
      ['AT+SWFW', 'OK\r\n>'],
      ['AT+WAP=1', 'ERROR:3,"Unknown AT Command"\r\n>'],
      ['AT+MQTTLWT', 'ERROR:3,"Unknown AT Command"\r\n>'],
      ['AT+FOO="', 'ERROR:3,"Unknown AT Command"\r\n>'],
      ['AT=1', 'ERROR:3,"Unknown AT Command"\r\n>'],
      ['ATE2', 'ERROR:3,"Unknown AT Command"\r\n>'],
      ['ATV6', 'ERROR:3,"Unknown AT Command"\r\n>'],
      ['AT+CFG=', '+CFG:1,"00:04:A3:12:34:56"\r\n+CFG:2,"a\\nb"\r\nOK\r\n>'],
      ['AT+WSTA?=junk', '+WSTA:0\r\nOK\r\n>'],
    ] as const) {
      await rig.expect(command, reply);
    }
    rig.module.close();
  });

  for (const [write, read] of [
    [`AT+MQTTC=4,"${'u'.repeat(128)}"`, 'AT+MQTTC=4'],
    [`AT+MQTTC=4,"${'u'.repeat(128)}"`, 'AT+MQTTC'],
    [`AT+MQTTC=5,"${'u'.repeat(200)}"`, 'AT+MQTTC=5'],
    [`AT+WSTAC=3,"${'u'.repeat(128)}"`, 'AT+WSTAC'],
    [`AT+WSTAC=12,"${'u'.repeat(128)}"`, 'AT+WSTAC=12'],
  ] as const) {
    test(`${write.slice(0, 12)}..., then ${read}: a crash (T12)`, async () => {
      const rig = await booted();
      await rig.expect(write, 'OK\r\n>');
      assert.equal(await rig.send(`${read}\r\n`), '');
      assert.equal(await rig.send('AT\r\n'), '');
      assert.equal(rig.module.state.power, 'crashed');
      rig.module.close();
    });
  }
});

test('help exists for every command, laid out as the firmware lays it out', async () => {
  const rig = await booted();
  for (const name of COMMANDS.keys()) {
    const help = await rig.send(`AT${name}/?\r\n`);
    assert.match(
      help,
      /^AT[^\r]+\r\nDescription\r\n {2}[A-Z][^\r]+\.\r\n\r\n(Command Syntax:\r\n {2}AT.*)+OK\r\n>$/s,
      name,
    );
    assert.ok(help.includes(`  AT${name}`), name);
    for (const question of ['=?', '?=?']) {
      assert.equal((await rig.send(`AT${name}${question}\r\n`)).replace(question, '/?'), help);
    }
  }
  await rig.expect('ATV/?', '0\r\n>');
  await rig.expect('ATV5', 'OK\r\n>');
  await rig.expect('AT+GMM/?/?', 'ERROR:3,"Unknown AT Command"\r\n>');
  await rig.expect('AT+FOO/?', 'ERROR:3,"Unknown AT Command"\r\n>');
  rig.module.close();
});

describe('boot and reset (AT protocol 1.2)', () => {
  for (const pace of PACES) {
    test(`AT+RST at ${pace} pace forgets everything, and says nothing but the banner (T41, T56)`, async () => {
      const rig = await booted({ pace });
      await rig.send('AT+CFG=2,"x"\r\nATV0E0\r\n', 250);
      assert.equal(await rig.send('AT+RST\r\n', 700), '\r\nOK\r\n>');
      await rig.expect('AT+CFG=2', '+CFG:2,"PIC32MZW1-34-56"\r\nOK\r\n>');
      rig.module.close();
    });
  }

  test('bytes that come during the boot are executed after the banner', async () => {
    const rig = new Rig({ pace: 'real' });
    rig.write('AT\r\n');
    await rig.clock.advance(100);
    rig.module.powerOn();
    rig.write('AT+GMM\r\n');
    await rig.clock.advance(700);
    assert.equal(rig.take(), '\r\nOK\r\n>AT+GMM\r\n+GMM="PIC32MZW1"\r\nOK\r\n>');
    rig.module.close();
  });
});

test('any bytes from the host: never an exception, and the next good command is answered', async () => {
  const wild = fc.uint8Array({ maxLength: 600 }).map((bytes) => Buffer.from(bytes).toString('latin1'));
  const name = fc.constantFrom(...[...COMMANDS.keys()].filter((each) => each !== '+LOADCERT' && each !== '+RST'));
  const piece = fc.constantFrom('1', '"', '[', ']', ',', '\\', '=', '?', '-', '0x', ' ', 'a', '[41]', '"t"', '2', '3');
  const commandLike = fc
    .tuple(name, fc.array(piece, { maxLength: 12 }))
    .map(([command, pieces]) => `AT${command}${pieces.join('')}\r\n`);
  const rig = await booted();
  await fc.assert(
    fc.asyncProperty(fc.array(fc.oneof(wild, commandLike), { maxLength: 4 }), async (inputs) => {
      for (const input of inputs) await rig.send(input, 10);
      await rig.send('\n', 300);
      await rig.send('\nATE1V5\n', 300);
      if (rig.module.state.power === 'crashed') rig.module.powerOn();
      await rig.clock.advance(20);
      rig.take();
      assert.equal(await rig.send('AT\r\n', 10), 'AT\r\nOK\r\n>');
    }),
    { numRuns: 60 },
  );
  rig.module.close();
});
