import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { COMMAND, emptyFolder } from '../helpers/cli.ts';
import { startSocat, withoutSocat } from '../helpers/socat.ts';

const needsTerminal = { skip: withoutSocat, timeout: 30_000 };

/** A simulation in a terminal of its own, between two looks at the terminal's modes. */
function inTerminal(t: TestContext, line = (program: string) => program) {
  const script = join(emptyFolder(), 'run.sh');
  const words = [...COMMAND, '--simulate', '--pace', 'instant', '--http-port', '0', '--interval', '1'];
  const program = line(words.map((word) => `'${word}'`).join(' '));
  writeFileSync(script, `echo "before: $(stty -g)"\n${program}\necho "code: $?"\necho "after: $(stty -g)"\n`);
  const socat = startSocat(t, '-', `EXEC:sh ${script},pty,setsid,ctty,sane,echo=0`);
  let screen = '';
  const listeners = new Set<() => void>();
  socat.stdout?.setEncoding('utf8').on('data', (text: string) => {
    screen += text;
    for (const listener of [...listeners]) listener();
  });
  return {
    type: (keys: string) => socat.stdin?.write(keys),
    shows: (pattern: RegExp) =>
      new Promise<RegExpExecArray>((resolve) => {
        const look = () => {
          const found = pattern.exec(screen);
          if (!found) return;
          listeners.delete(look);
          resolve(found);
        };
        listeners.add(look);
        look();
      }),
  };
}

type Terminal = ReturnType<typeof inTerminal>;

async function assertRestored(terminal: Terminal, code: number): Promise<void> {
  const [, ended] = await terminal.shows(/code: (\d+)/);
  assert.equal(ended, String(code));
  const [, before] = await terminal.shows(/before: (\S+)/);
  const [, after] = await terminal.shows(/after: (\S+)/);
  assert.equal(after, before);
}

test('an arrow key ends nothing, a typed command is answered, ESC ends it with 0', needsTerminal, async (t) => {
  const terminal = inTerminal(t);
  await terminal.shows(/Press ESC to Exit/);
  await terminal.shows(/messages\/events/);
  terminal.type('\u001b[A');
  terminal.type('AT+GMM\r');
  await terminal.shows(/\+GMM="PIC32MZW1"/);
  terminal.type('\u001b');
  await terminal.shows(/Session ended: ESC/);
  await assertRestored(terminal, 0);
});

test('Ctrl-C says farewell and ends it with 130, the terminal as it was', needsTerminal, async (t) => {
  const terminal = inTerminal(t);
  await terminal.shows(/messages\/events/);
  terminal.type('\u0003');
  await terminal.shows(/AT\+MQTTDISCONN/);
  await assertRestored(terminal, 130);
});

test('a pager that has begun sooner, and has left, finds nothing undone', needsTerminal, async (t) => {
  // The modes that the program finds are the pager's, and no longer in force when it ends.
  const terminal = inTerminal(
    t,
    (program) =>
      `modes=$(stty -g); stty raw; (sleep 2; stty "$modes" < /dev/tty) & ${program} --duration 4 | cat > /dev/null`,
  );
  await assertRestored(terminal, 0);
});

test('Ctrl-Z gives the terminal back, and fg goes on with it', needsTerminal, async (t) => {
  // A shell with job control stops with its job, so the other end of the terminal continues it.
  const terminal = inTerminal(t, (program) => `set -m; ${program}; echo "stopped: $(stty -g)"; fg`);
  await terminal.shows(/messages\/events/);
  terminal.type('\u001a');
  const [, stopped] = await terminal.shows(/stopped: (\S+)/);
  const [, before] = await terminal.shows(/before: (\S+)/);
  assert.equal(stopped, before);
  await terminal.shows(/stopped: [\s\S]*messages\/events/);
  terminal.type('\u001b');
  await assertRestored(terminal, 0);
});

test('keys press the button and send telemetry, and an earlier line comes back', needsTerminal, async (t) => {
  const terminal = inTerminal(t);
  await terminal.shows(/messages\/events/);
  terminal.type('b');
  await terminal.shows(/button_event.*press_count.*1/);
  terminal.type('?');
  await terminal.shows(/Device sn0123A1B2C3D4E5F601, model dtmi:com:Microchip:WBZ451_Curiosity;1, hub /);
  terminal.type('AT+GXX\u007f\u001b[D\u007fGM\u001b[3~M\r');
  await terminal.shows(/\+GMM="PIC32MZW1"[\s\S]*OK/);
  terminal.type('\u001b[A\u007fR\r');
  await terminal.shows(/\+GMR=/);
  terminal.type('\u001b');
  await assertRestored(terminal, 0);
});
