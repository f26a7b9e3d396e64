import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { parsePage } from '../docs/pages.ts';
import { recordSession, SESSION_PICTURE } from './session.ts';
import { PICTURES, sumOfSources } from './sources.ts';
import { rowsOf, terminalPicture } from './terminal.ts';

// Whether the pictures of the documents show what there is. `npm run pictures` makes them; nothing here needs a browser.

const AGAIN = 'the pictures are older than what they show: npm run pictures';
const picture = (name: string) => readFileSync(`${PICTURES}${name}`, 'utf8');
const session = picture('session.ansi');

/** Every line that a session always has. Not their order, since some change places; nor answers for which it may not wait. */
function linesOf(text: string): Set<string> {
  const lines = text.split('\n');
  return new Set(lines.filter((line) => !/^\.\.\. |twin\/res\/204/.test(line)));
}

test('the session of the pictures is what a session writes', async () => {
  const [now, shown] = [linesOf(await recordSession()), linesOf(session)];
  const differences = {
    new: [...now].filter((line) => !shown.has(line)),
    gone: [...shown].filter((line) => !now.has(line)),
  };
  assert.deepEqual(differences, { new: [], gone: [] }, `${AGAIN}: ${JSON.stringify(differences)}`);
});

test('the picture of the terminal is that of this session', () => {
  assert.equal(picture('session.svg'), terminalPicture(session, SESSION_PICTURE), AGAIN);
  assert.ok(picture('session.svg').length < 200_000);
});

test('the pictures of the console were made from this console', () => {
  const { sha256 }: { sha256: string } = JSON.parse(picture('made-from.json'));
  assert.equal(sha256, sumOfSources(), AGAIN);
});

test('the README shows lines of this session, in their order', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const shown = parsePage('README.md', readme).blocks.find(({ language }) => language === 'text')?.text ?? '';
  const rows = rowsOf(session, 1000).map((row) => row.map(({ text }) => text).join(''));
  const lines = shown.trimEnd().split('\n');
  assert.ok(lines.length >= 12);
  let from = 0;
  for (const line of lines) {
    const index = rows.indexOf(line, from);
    assert.ok(index >= from, line);
    from = index + 1;
  }
});

test('every picture that the pages show is there', () => {
  for (const page of ['README.md', 'docs/walkthrough.md']) {
    const text = readFileSync(new URL(`../../${page}`, import.meta.url), 'utf8');
    const names = [...text.matchAll(/pictures\/([\w-]+\.\w+)/g)].map(([, name = '']) => name);
    assert.ok(names.length > 0, page);
    for (const name of names) assert.ok(existsSync(`${PICTURES}${name}`), name);
  }
});

test('a terminal is drawn row by row, in its colours, with nothing in it that is markup', () => {
  assert.deepEqual(rowsOf('\u001b[36mabcd\u001b[39me\n\n<f\n', 3), [
    [{ text: 'abc', class: 'c' }],
    [
      { text: 'd', class: 'c' },
      { text: 'e', class: '' },
    ],
    [],
    [{ text: '<f', class: '' }],
  ]);
  assert.throws(() => rowsOf('\u001b[35mx', 80), /which colour is 35/);
  const svg = terminalPicture('a\n<b> & c\nd\ne\n', { title: 't', description: 'd', columns: 9, rows: 2 });
  assert.match(svg, /&lt;b&gt; &amp; c/);
  assert.match(svg, /steps\(2\)/);
  const still = terminalPicture('a\nb\nc\nd', { title: 't', description: 'd', columns: 9, rows: 2, from: 'b' });
  assert.ok(!still.includes('animation'));
  assert.deepEqual(
    [...still.matchAll(/<text y="\d+">(.)</g)].map(([, row]) => row),
    ['b', 'c'],
  );
});
