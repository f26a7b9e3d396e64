import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Console, type Task } from '../../../../src/simulator/module/anycloud/console.ts';
import { readTranscript } from './recording.ts';

type Work = (console: Console) => void;

interface Run {
  output: string;
  /** What had been written when each of the possible switches was decided about. */
  before: string[];
}

/** Lets tasks print, the first one first, and switches tasks before the writes for which `switches` says so. */
function run(tasks: Array<[Task, Work]>, switches: boolean[], open = true): Run {
  const before: string[] = [];
  let output = '';
  const waiting = [...tasks];
  const next = (console: Console) => {
    const task = waiting.shift();
    if (task) console.turn(task[0], () => task[1](console));
  };
  const console = new Console({
    write: (bytes) => {
      output += Buffer.from(bytes).toString('latin1');
    },
    switches: () => {
      before.push(output);
      return switches[before.length - 1] ?? false;
    },
    runOthers: () => next(console),
  });
  if (open) console.turn('engine', () => console.release());
  while (waiting.length > 0) next(console);
  return { output, before };
}

/** A command that was typed, with its reply lines. */
const command =
  (line: string, ...reply: string[]): Work =>
  (console) => {
    for (const byte of Buffer.from(`${line}\r\n`)) console.raw(Uint8Array.of(byte));
    console.hold();
    console.print(...reply, 'OK\r\n');
    console.release();
    console.prompt();
  };

const event =
  (...writes: string[]): Work =>
  (console) =>
    console.print(...writes);

const WSTA = command('AT+WSTA', '+WSTA:1', ',', '"', 'DEMO_AP', '"', ',0,3', '\r\n');
const MESSAGE = event('+MQTTPUB:3,', '"', 'a/b', '"', ',2,', '"', 'hi', '"', '\r\n');
const TIME = event('+TIME:2,', '3864188800', '\r\n');
const at = (write: number) => [...Array<boolean>(write - 1).fill(false), true];

describe('a task switch before one write (AT protocol, G13)', () => {
  const cases: Array<[string, Array<[Task, Work]>, number, string]> = [
    [
      'an event while a command is being echoed',
      [
        ['engine', WSTA],
        ['mqtt', MESSAGE],
      ],
      4,
      'AT+\r+MQTTPUB:3,"a/b",2,"hi"\r\n>WSTA\r\n+WSTA:1,"DEMO_AP",0,3\r\nOK\r\n>',
    ],
    [
      'an event between echo and reply',
      [
        ['engine', WSTA],
        ['mqtt', MESSAGE],
      ],
      10,
      'AT+WSTA\r\n+MQTTPUB:3,"a/b",2,"hi"\r\n+WSTA:1,"DEMO_AP",0,3\r\nOK\r\n>',
    ],
    [
      'an event inside a reply line',
      [
        ['engine', WSTA],
        ['mqtt', MESSAGE],
      ],
      11,
      'AT+WSTA\r\n+WSTA:1+MQTTPUB:3,"a/b",2,"hi"\r\n,"DEMO_AP",0,3\r\nOK\r\n>',
    ],
    [
      'an event between OK and its prompt',
      [
        ['engine', WSTA],
        ['mqtt', MESSAGE],
      ],
      18,
      'AT+WSTA\r\n+WSTA:1,"DEMO_AP",0,3\r\nOK\r\n\r+MQTTPUB:3,"a/b",2,"hi"\r\n>>',
    ],
    [
      'an event of another task inside a message',
      [
        ['mqtt', MESSAGE],
        ['tcpip', TIME],
      ],
      6,
      '\r+MQTTPUB:3,"a/b"+TIME:2,3864188800\r\n>,2,"hi"\r\n>',
    ],
    [
      'a command inside a message',
      [
        ['mqtt', MESSAGE],
        ['engine', command('AT')],
      ],
      5,
      '\r+MQTTPUB:3,"a/bAT\r\nOK\r\n>",2,"hi"\r\n>',
    ],
  ];
  for (const [name, tasks, write, expected] of cases) {
    test(name, () => assert.equal(run(tasks, at(write)).output, expected));
  }
});

test('without switches tasks print one after the other, and before the banner nothing has CR or prompt', () => {
  const tasks: Array<[Task, Work]> = [
    ['engine', command('AT')],
    ['mqtt', MESSAGE],
  ];
  assert.equal(run(tasks, []).output, 'AT\r\nOK\r\n>\r+MQTTPUB:3,"a/b",2,"hi"\r\n>');
  assert.equal(run([['tcpip', TIME]], [], false).output, '+TIME:2,3864188800\r\n');
});

/** Whether some choice of switches makes the tasks print exactly this. */
function isPossible(tasks: Array<[Task, Work]>, expected: string, switches: boolean[] = []): boolean {
  const { output, before } = run(tasks, switches);
  if (output === expected) return true;
  const decided = before[switches.length];
  if (decided === undefined || !expected.startsWith(decided)) return false;
  return [false, true].some((choice) => isPossible(tasks, expected, [...switches, choice]));
}

test('every interleaving of the recordings is one that the virtual module can print', () => {
  const steps = readTranscript('at-engine').find(({ title }) => title.startsWith('T.'))?.steps ?? [];
  const lines = steps.flatMap((step) => (step.kind === 'rx' ? [step.bytes.toString('latin1')] : []));
  assert.equal(lines.length, 12);
  for (const [index, line] of lines.entries()) {
    const payload = `{"n":${index}}`;
    const configuration = [
      '+CFG:1,',
      '"',
      '00:04:A3:12:34:56',
      '"',
      '\r\n',
      '+CFG:2,',
      '"',
      'PIC32MZW1-34-56',
      '"',
      '\r\n',
    ];
    const typed: [Task, Work] = ['engine', command('AT+CFG', ...configuration)];
    const message: [Task, Work] = [
      'mqtt',
      event('+MQTTPUB:3,', '"', 't/x', '"', `,${payload.length},`, '"', payload, '"', '\r\n'),
    ];
    assert.ok(isPossible([typed, message], line) || isPossible([message, typed], line), `${index}: ${line}`);
  }
});
