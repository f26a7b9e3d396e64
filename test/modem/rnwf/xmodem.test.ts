import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { RawBytes } from '../../../src/at/raw-bytes.ts';
import { crc16, framesOf, sendXmodem } from '../../../src/modem/rnwf/xmodem.ts';
import { Ring } from '../../../src/simulator/module/ring.ts';
import { type TransferFault, XmodemReceiver } from '../../../src/simulator/module/rnwf/xmodem.ts';
import { settle, VirtualClock } from '../../helpers/virtual-clock.ts';

const latin1 = (text: string) => Buffer.from(text, 'latin1');
const ACK = '\x06';
const NAK = '\x15';
const CAN = '\x18';
const EOT = '\x04';

test('the CRC has the published check value', () => {
  for (const [text, crc] of [
    ['', 0],
    ['123456789', 0x31c3],
    ['A', 0x58e5],
    ['\xff\xff', 0x1d0f],
  ] as const) {
    assert.equal(crc16(latin1(text)), crc, text);
  }
});

test('a frame is a start, a number, its complement, 128 bytes and their CRC; the last one is filled up', () => {
  const [only, ...others] = framesOf(latin1('123456789'));
  const data = `123456789${'\x1a'.repeat(119)}`;
  assert.deepEqual(others, []);
  assert.deepEqual(only, latin1(`\x01\x01\xfe${data}\xe4\x47`));
  assert.deepEqual(framesOf(Buffer.alloc(0)), []);
  const many = framesOf(Buffer.alloc(128 * 256 + 1));
  assert.deepEqual(
    [many.length, ...[0, 254, 255, 256].map((index) => many[index]?.subarray(0, 3).toString('hex'))],
    [257, '0101fe', '01ff00', '0100ff', '0101fe'],
  );
});

test('a file of 1,391 bytes goes out in the frames of the printed session (RNWF 9)', () => {
  const headers = framesOf(Buffer.alloc(1_391)).map((frame) => frame.toString('hex', 0, 3).toUpperCase());
  const printed = '0101FE 0102FD 0103FC 0104FB 0105FA 0106F9 0107F8 0108F7 0109F6 010AF5 010BF4';
  assert.deepEqual(headers, printed.split(' '));
});

/** The sender at a wire with a script: what it must write next, and what is answered. */
async function play(bytes: Uint8Array, script: readonly (readonly [write: string, answer: string])[], first = 'C') {
  const clock = new VirtualClock();
  const { signal } = new AbortController();
  const steps = [...script];
  const written: string[] = [];
  const raw = new RawBytes(
    clock,
    (sent) => {
      written.push(Buffer.from(sent).toString('latin1'));
      const [, answer = ''] = steps.shift() ?? [];
      if (answer !== '') raw.push(latin1(answer));
    },
    (line) => (line.startsWith('ERROR:') ? 'over' : line === 'OK' ? 'accepted' : null),
  );
  raw.push(latin1(first));
  const progress: number[] = [];
  const start = clock.monotonic();
  const failure = await clock
    .until(sendXmodem(raw, bytes, signal, (sent) => progress.push(sent)))
    .then(() => null)
    .catch((error: unknown) => error);
  assert.deepEqual(
    written,
    script.map(([write]) => write),
  );
  return { failure, progress, ms: clock.monotonic() - start, raw };
}

const FILE = latin1('x'.repeat(130));
const [ONE = '', TWO = ''] = framesOf(FILE).map((frame) => frame.toString('latin1'));

test('frames go out one by one, each when the one before it is acknowledged', async () => {
  const { failure, progress, ms } = await play(FILE, [
    [ONE, ACK],
    [TWO, ACK],
    [EOT, ACK],
  ]);
  assert.deepEqual([failure, progress, ms], [null, [128, 130], 0]);
});

test('what is refused is sent again, and what is no answer is passed over', async () => {
  const { failure } = await play(
    FILE,
    [
      [ONE, NAK],
      [ONE, `CC\x00${CAN}?${ACK}`],
      [TWO, ACK],
      [EOT, NAK],
      [EOT, ACK],
    ],
    `\r\n${NAK}CC`,
  );
  assert.equal(failure, null);
});

test('a lost receipt costs a time-out, and a second one for the same frame is none for the next', async () => {
  const { failure, ms } = await play(FILE, [
    [ONE, ''],
    [ONE, ACK + ACK],
    [TWO, NAK],
    [TWO, ACK],
    [EOT, ACK],
  ]);
  assert.deepEqual([failure, ms], [null, 10_000]);
});

test('nothing goes on for ever', async () => {
  const cases: [script: [string, string][], first: string, failure: string, ms: number][] = [
    [[], '', 'timed-out', 15_000],
    [[], NAK.repeat(3), 'timed-out', 15_000],
    [Array.from({ length: 3 }, () => [ONE, '']), 'C', 'timed-out', 30_000],
    [Array.from({ length: 10 }, () => [ONE, NAK]), 'C', 'timed-out', 0],
    [[[ONE, CAN + CAN]], 'C', 'refused', 0],
    [[], CAN + CAN, 'refused', 0],
    [[[ONE, 'ERROR:7.5,"File write failed"\r\n']], 'C', 'refused', 0],
    [[], '\x00ERROR:0.8,"Operation Timed Out"\r\n', 'refused', 0],
    [[[ONE, '']], 'CCERROR:0.8,"Operation Timed Out"\r\n', 'refused', 0],
  ];
  for (const [script, first, expected, ms] of cases) {
    const played = await play(FILE, script, first);
    assert.ok(played.failure instanceof Error && 'failure' in played.failure, JSON.stringify(first));
    assert.deepEqual([played.failure.failure, played.ms], [expected, ms], JSON.stringify([first, script]));
  }
});

/** The sender and the receiver of a virtual module, at a wire that cuts what it carries into pieces. */
async function carry(file: Buffer, cuts: number[], fault?: TransferFault) {
  const clock = new VirtualClock();
  const { signal } = new AbortController();
  const ring = new Ring(4_096);
  const at = (() => {
    let next = 0;
    return () => cuts[next++ % cuts.length] ?? 1;
  })();
  const inPieces = (bytes: Uint8Array, give: (piece: Buffer) => void) => {
    for (let start = 0; start < bytes.length; ) {
      const end = Math.min(bytes.length, start + at());
      give(Buffer.from(bytes.subarray(start, end)));
      start = end;
    }
  };
  let arrived: Buffer | undefined;
  const receiver = new XmodemReceiver({
    clock,
    write: (bytes) => inPieces(bytes, (piece) => raw.push(piece)),
    length: file.length,
    fault: () => fault,
    onEnd: (_, bytes) => {
      arrived = bytes;
    },
  });
  const raw = new RawBytes(
    clock,
    (bytes) =>
      inPieces(bytes, (piece) => {
        ring.push(piece);
        receiver.take(ring);
      }),
    () => null,
  );
  receiver.begin();
  await clock.until(
    sendXmodem(raw, file, signal, () => undefined),
    3_600_000,
  );
  await settle();
  return arrived;
}

test('any bytes arrive whole, in any pieces, and whatever is damaged or lost', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ minLength: 1, maxLength: 700 }),
      fc.array(fc.integer({ min: 1, max: 140 }), { minLength: 1, maxLength: 5 }),
      fc.constantFrom(undefined, 'damage' as const, 'lose-ack' as const),
      async (bytes, cuts, fault) => {
        const file = Buffer.from(bytes);
        assert.deepEqual(await carry(file, cuts, fault), file);
      },
    ),
    { numRuns: 30 },
  );
});

test('numbers of frames go round', async () => {
  const file = Buffer.from(Array.from({ length: 128 * 258 }, (_, index) => (index >> 7) & 0xff));
  assert.deepEqual(await carry(file, [133]), file);
});
