import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { OPEN_QUESTIONS, SURVEY } from '../../../src/modem/rnwf/unconfirmed.ts';
import { virtualSimulation } from '../../helpers/simulation.ts';

const protocol = readFileSync(new URL('../../../docs/rnwf-at-protocol.md', import.meta.url), 'utf8');
const guide = readFileSync(new URL('../../../docs/rnwf.md', import.meta.url), 'utf8');

/** The commands that a table of the document has a row for, as they begin. */
const ROWS = protocol
  .split('\n')
  .filter((line) => line.startsWith('| `AT'))
  .flatMap((line) => [...(line.split(' | ')[0] ?? '').matchAll(/`(AT[^`]*)`/g)].map(([, command = '']) => command));

/** Between quotes, and elsewhere, where the document has a name in `<…>`. */
const TEXT = String.raw`(?:[^"\\]|\\.)*`;
const VALUE = `(?:"${TEXT}"|[^,"]*)`;

function isInstance(command: string, row: string): boolean {
  const pattern = row
    .split(/("?<[^>]+>"?)/)
    .map((part, index) => {
      if (index % 2 === 0) return part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
      return part.startsWith('"') ? `"${TEXT}"` : VALUE;
    })
    .join('');
  return new RegExp(`^${pattern}$`, 's').test(command);
}

for (const family of ['rnwf02', 'rnwf11'] as const) {
  test(`each command of a session on ${family} has a row in the document`, async (t) => {
    const bench = await virtualSimulation({ family, expected: null, settings: { qos: 1 } });
    t.after(() => bench.stop());
    void bench.run();
    await bench.telemetry(1);
    bench.module.faults.reset();
    await bench.telemetry(3, 120_000);
    const commands = new Set(bench.sent().filter((line) => line.startsWith('AT')));
    assert.ok(commands.size > 25, String(commands.size));
    for (const command of commands) {
      // Strings may be in hexadecimal; secrets are masked.
      const plain = command.replace(/\[[0-9A-F]*\]/g, '""');
      assert.ok(
        ROWS.some((row) => isInstance(command, row) || isInstance(plain, row)),
        command,
      );
    }
  });
}

test('the survey of doctor asks for what the document has', () => {
  for (const command of Object.values(SURVEY).flat()) {
    const name = /^AT\+\w+/.exec(command)?.[0] ?? command;
    assert.ok(protocol.includes(name.slice(2)), command);
  }
});

test('each open question stands in the guide, in the same order', () => {
  const listed = [...guide.matchAll(/^\d+\. (.*)$/gm)]
    .map(([, text]) => text)
    .filter((text) => !text?.startsWith('**') && !text?.startsWith('Go on'));
  assert.deepEqual(
    listed,
    OPEN_QUESTIONS.map(({ question, only }) => (only === undefined ? question : `${question} (${only})`)),
  );
});

test('every section that the code cites is there', () => {
  const sections = new Set([...protocol.matchAll(/^## (\d+)\. /gm)].map(([, number]) => number));
  for (let number = 1; number <= 12; number++) assert.ok(sections.has(String(number)), String(number));
});
