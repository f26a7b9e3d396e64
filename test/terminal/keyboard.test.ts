import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { PassThrough } from 'node:stream';
import { type TestContext, test } from 'node:test';
import fc from 'fast-check';
import { attachKeyboard, type Keyboard } from '../../src/terminal/keyboard.ts';
import { settle, VirtualClock } from '../helpers/virtual-clock.ts';

/** A terminal as `process.stdin` is one, as far as keys go. */
class Terminal extends PassThrough {
  readonly isTTY = true;
  readonly modes: boolean[] = [];
  broken = false;

  setRawMode(raw: boolean): this {
    if (this.broken) throw new Error('setRawMode EIO');
    this.modes.push(raw);
    return this;
  }
}

interface CommandContext {
  clock: VirtualClock;
  stdin: Terminal;
  signals: EventEmitter;
  keyboard: Keyboard;
  heard: string[];
  edits: string[];
  places: number[];
  /** Sends `chunks`, each in a read of its own. */
  type(...chunks: string[]): Promise<void>;
}

function desk(t: TestContext, onEscape?: (desk: CommandContext) => void): CommandContext {
  const [clock, stdin, signals] = [new VirtualClock(), new Terminal(), new EventEmitter()];
  const [heard, edits, places]: [string[], string[], number[]] = [[], [], []];
  const keyboard = attachKeyboard({
    stdin,
    clock,
    signals,
    longestLine: 510,
    onEscape: () => {
      heard.push('escape');
      onEscape?.(result);
    },
    onInterrupt: () => heard.push('interrupt'),
    suspend: (job) => heard.push(job ? 'suspend job' : 'suspend'),
    onContinue: () => heard.push('continue'),
    onHelp: () => heard.push('help'),
    onButton: () => heard.push('button'),
    onTelemetry: () => heard.push('telemetry'),
    onLine: (line) => heard.push(`line ${line}`),
    onNote: (message) => heard.push(`note ${message}`),
    onEdit: (line, cursor) => {
      edits.push(line);
      places.push(cursor);
    },
    onEnd: () => heard.push('end'),
  });
  assert.ok(keyboard);
  t.after(() => keyboard.close());
  async function type(...chunks: string[]): Promise<void> {
    for (const chunk of chunks) {
      stdin.write(Buffer.from(chunk, 'latin1'));
      await settle();
    }
  }
  const result: CommandContext = { clock, stdin, signals, keyboard, heard, edits, places, type };
  return result;
}

const NOTE = 'note Only a line that starts with AT goes to the module; ? shows the keys, ESC ends the session';

test('without a terminal nothing is touched', () => {
  const stdin = new PassThrough();
  const unused = () => assert.fail('nothing should happen');
  const keyboard = attachKeyboard({
    stdin,
    clock: new VirtualClock(),
    signals: new EventEmitter(),
    longestLine: 510,
    onEscape: unused,
    onInterrupt: unused,
    suspend: unused,
    onContinue: unused,
    onHelp: unused,
    onButton: unused,
    onTelemetry: unused,
    onLine: unused,
    onNote: unused,
    onEdit: unused,
    onEnd: unused,
  });
  assert.equal(keyboard, null);
  assert.deepEqual([stdin.eventNames().includes('data'), stdin.readableFlowing], [false, null]);
});

test('ESC alone ends the session after a short silence', async (t) => {
  const { clock, heard, type } = desk(t);
  await type('\u001b');
  await clock.advance(49);
  assert.deepEqual(heard, []);
  await clock.advance(2);
  assert.deepEqual(heard, ['escape']);
});

test('keys that begin with an ESC are not the ESC key and type nothing, whole or in two parts', async (t) => {
  const { clock, heard, edits, type } = desk(t);
  const sequences = ['\u001b[A', '\u001bOP', '\u001b[15~', '\u001b[1;5C', '\u001b[[A', '\u001ba', '\u001b\u001b[D'];
  for (const sequence of sequences) {
    for (let at = 1; at <= sequence.length; at++) {
      await type(sequence.slice(0, at));
      await clock.advance(20);
      await type(sequence.slice(at));
      await clock.advance(200);
    }
  }
  assert.deepEqual([heard, edits], [[], []]);
  await type('AT\r');
  assert.deepEqual(heard, ['line AT']);
});

test('a sequence that never ends does not swallow what comes after', async (t) => {
  const { clock, heard, type } = desk(t);
  await type(`\u001b[${'1;'.repeat(50)}`);
  await clock.advance(100);
  await type('\rAT\r', '\u001b[');
  await clock.advance(100);
  await type('AT+GMR\r');
  assert.deepEqual(
    heard.filter((entry) => entry.startsWith('line')),
    ['line AT', 'line AT+GMR'],
  );
});

test('Ctrl-C is heard at once, also behind an ESC', async (t) => {
  const { heard, type } = desk(t);
  await type('AT\u0003', '\u001b\u0003', '\u001b[\u0003');
  assert.deepEqual(heard, ['interrupt', 'interrupt', 'interrupt']);
});

test('lines are edited, shown while they are typed, and delivered by Enter', async (t) => {
  const { heard, edits, type } = desk(t);
  await type('A', 'TX', '\u007f', '+GMx\bR', '\r');
  assert.deepEqual(heard, ['line AT+GMR']);
  assert.deepEqual(edits, ['A', 'ATX', 'AT', 'AT+GMR', '']);
  await type('\u007f\u007f', '\r', '\n');
  assert.deepEqual(heard, ['line AT+GMR']);
});

test('what is no command is answered with a note', async (t) => {
  const { heard, type } = desk(t);
  await type('help\r', ' AT\r', 'at\r');
  assert.deepEqual(heard, [NOTE, NOTE, NOTE]);
});

test('several pasted lines are several lines, whatever their line end', async (t) => {
  const { heard, edits, type } = desk(t);
  await type('AT\r\nAT+GMR\nATE1\rA', 'T\r', '\nAT+CFG\r');
  assert.deepEqual(heard, ['line AT', 'line AT+GMR', 'line ATE1', 'line AT', 'line AT+CFG']);
  assert.equal(edits.at(-1), '');
});

test('characters of several bytes survive a split between two reads', async (t) => {
  const { heard, type } = desk(t);
  const bytes = Buffer.from('AT+WSTAC=1,"Café"\r').toString('latin1');
  await type(bytes.slice(0, -3), bytes.slice(-3));
  assert.deepEqual(heard, ['line AT+WSTAC=1,"Café"']);
});

test('a line is bounded; what is longer is not sent', async (t) => {
  const { heard, edits, type } = desk(t);
  await type(`AT${'x'.repeat(508)}\r`);
  await type(`AT${'x'.repeat(100_000)}`);
  assert.equal(edits.at(-1)?.length, 510);
  await type('\r', 'AT\r');
  assert.deepEqual(heard.slice(1), ['note A command has at most 510 bytes; what you typed was not sent', 'line AT']);
  assert.equal(heard[0]?.length, 'line '.length + 510);
});

test('the terminal is left as it was found, once, whoever asks for it', async (t) => {
  const { stdin, signals, keyboard, type, heard } = desk(t);
  signals.emit('SIGHUP');
  assert.deepEqual(stdin.modes, [true, false]);
  keyboard.close();
  keyboard.close();
  assert.deepEqual(stdin.modes, [true, false, false]);
  assert.deepEqual(signals.listenerCount('SIGHUP'), 0);
  await type('AT\r');
  assert.deepEqual([heard, stdin.isPaused()], [[], true]);
});

test('closing from within a key keeps the rest of the chunk from being heard', async (t) => {
  const { clock, heard, type } = desk(t, ({ keyboard }) => keyboard.close());
  await type('\u001b');
  await clock.advance(60);
  await type('AT\r\u0003');
  assert.deepEqual(heard, ['escape']);
});

test('an ESC that was pressed before closing is not heard after it', async (t) => {
  const { clock, heard, keyboard, type } = desk(t);
  await type('\u001b');
  keyboard.close();
  await clock.advance(200);
  assert.deepEqual([heard, clock.pendingTimers], [[], 0]);
});

test('a terminal that goes away is told once, even when it cannot be restored', async (t) => {
  const { stdin, heard } = desk(t);
  stdin.broken = true;
  stdin.destroy(new Error('read EIO'));
  await settle();
  assert.deepEqual(heard, ['end']);
  const ended = desk(t);
  ended.stdin.end();
  await settle();
  assert.deepEqual(ended.heard, ['end']);
});

test('any bytes in any chunks: commands are heard, in order, however they are cut', async (t) => {
  const command = fc.string({ unit: fc.constantFrom('+', 'W', '=', '"', '1', '\u007f'), maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(command, { maxLength: 5 }),
      fc.array(fc.nat(60), { maxLength: 6 }),
      async (lines, cuts) => {
        const { heard, type } = desk(t);
        const input = lines.map((line) => `AT0${line}\r`).join('');
        const places = [...new Set([0, ...cuts.filter((at) => at < input.length), input.length])].sort((a, b) => a - b);
        await type(...places.slice(1).map((end, index) => input.slice(places[index], end)));
        const expected = lines.map((line) => {
          let text = 'AT0';
          for (const key of line) text = key === '\u007f' ? text.slice(0, -1) : text + key;
          if (text.startsWith('AT')) return `line ${text}`;
          return text === '' ? null : NOTE;
        });
        assert.deepEqual(
          heard,
          expected.filter((entry) => entry !== null),
        );
      },
    ),
    { numRuns: 40 },
  );
});

test('Ctrl-Z stops the job, and the terminal is as it was while it is stopped', async (t) => {
  const { signals, stdin, heard, type } = desk(t);
  await type('AT+G\u001a');
  assert.deepEqual([heard, stdin.modes], [['suspend job'], [true]]);
  signals.emit('SIGTSTP');
  assert.deepEqual(
    [heard, stdin.modes],
    [
      ['suspend job', 'suspend'],
      [true, false],
    ],
  );
  signals.emit('SIGCONT');
  assert.deepEqual(stdin.modes, [true, false, true]);
  await type('MM\r');
  assert.deepEqual(heard, ['suspend job', 'suspend', 'continue', 'line AT+GMM']);
});

test('no signal is heard once the keyboard is closed', (t) => {
  const { signals, stdin, keyboard } = desk(t);
  keyboard.close();
  for (const signal of ['SIGHUP', 'SIGTSTP', 'SIGCONT']) assert.equal(signals.listenerCount(signal), 0, signal);
  assert.deepEqual(stdin.modes, [true, false]);
});

test('a few characters are keys on an empty line only', async (t) => {
  const { heard, type } = desk(t);
  await type('?', 'b', 't', 'AT?bt', '\r', 'bt');
  assert.deepEqual(heard, ['help', 'button', 'telemetry', 'line AT?bt', 'button', 'telemetry']);
  await type('A\u007fbAT\u0015t', '\r');
  assert.deepEqual(heard.slice(6), ['button', 'telemetry'], 'a line that was emptied is empty');
});

test('a line is edited in the middle, by the sequences of several terminals', async (t) => {
  const cases: [string, string][] = [
    ['AT+MM\u001b[D\u001b[DG', 'AT+GMM'],
    ['AT+MM\u001bOD\u001bODG\u001bOC\u001b[CX', 'AT+GMMX'],
    ['T+GMM\u001b[HA', 'AT+GMM'],
    ['T+GMM\u001b[1~A\u001b[4~X', 'AT+GMMX'],
    ['T+GMM\u001bOHA\u001bOFX', 'AT+GMMX'],
    ['T+GMM\u0001A\u0005X', 'AT+GMMX'],
    ['xAT\u001b[7~\u001b[3~\u001b[8~E', 'ATE'],
    ['AT+GMM\u001b[D\u001b[D\u007f', 'AT+MM'],
    ['garbage\u001b[D\u0015\u001b[3~AT', 'AT'],
    ['AT+WSTAC=1,"x"\u0017\u0017', 'AT+WSTAC='],
    ['AT+NTP=\u0017AT', 'AT'],
  ];
  for (const [typed, line] of cases) {
    const { heard, type } = desk(t);
    await type(typed.startsWith('t') ? `x${typed}` : typed, '\r');
    assert.deepEqual(heard, [`line ${line}`], JSON.stringify(typed));
  }
});

test('the cursor is told where it goes, once for each move', async (t) => {
  const { places, type } = desk(t);
  await type('AT', '\u001b[D', '\u001b[D', '\u001b[D', '\u001b[F');
  assert.deepEqual(places, [2, 1, 0, 2]);
});

test('up and down show earlier lines, and what was being typed', async (t) => {
  const { heard, edits, type } = desk(t);
  const [up, down] = ['\u001b[A', '\u001b[B'];
  await type('AT\r', 'AT+GMR\r', 'AT+GMR\r', 'ATE');
  edits.length = 0;
  await type(up, up, up, down, down, down);
  assert.deepEqual(edits, ['AT+GMR', 'AT', 'AT+GMR', 'ATE']);
  await type(up, up, '+GMM\r', up);
  assert.deepEqual([heard.at(-1), edits.at(-1)], ['line AT+GMM', 'AT+GMM']);
  await type(down);
  assert.equal(edits.at(-1), '', 'the line that was given up for an earlier one is gone');
});

test('an earlier line is a line: its keys are characters', async (t) => {
  const { heard, type } = desk(t);
  await type('AT\r', '\u001b[A', 'bt?\r');
  assert.deepEqual(heard, ['line AT', 'line ATbt?']);
});
