import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { LineEditor } from '../../src/terminal/line-editor.ts';

const typeInto = (editor: LineEditor, text: string) => {
  for (const character of text) editor.insert(character);
};

test('what is done to a line is done to it, wherever the cursor stands', () => {
  const actions = ['left', 'right', 'home', 'end', 'backspace', 'delete', 'clear', 'a', 'é', '\u{1f600}', '='] as const;
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...actions), { maxLength: 40 }), (keys) => {
      const editor = new LineEditor(1000);
      let [before, after]: [string[], string[]] = [[], []];
      for (const key of keys) {
        const all = [...before, ...after];
        const at = before.length;
        const cut = (place: number) => [all.slice(0, place), all.slice(place)] as [string[], string[]];
        if (key === 'left') [before, after] = cut(Math.max(0, at - 1));
        else if (key === 'right') [before, after] = cut(at + 1);
        else if (key === 'home') [before, after] = cut(0);
        else if (key === 'end') [before, after] = cut(all.length);
        else if (key === 'backspace') before = before.slice(0, -1);
        else if (key === 'delete') after = after.slice(1);
        else if (key === 'clear') before = [];
        else before = [...before, key];
        if (key.length > 2) editor[key as 'left']();
        else editor.insert(key);
        assert.equal(editor.text, [...before, ...after].join(''));
        assert.equal(editor.cursor, before.length);
      }
    }),
  );
});

test('a word ends at a blank, a comma or an equals sign', () => {
  const cases: [string, string][] = [
    ['', ''],
    ['AT', ''],
    ['AT+W=1,"a b"', 'AT+W=1,"a '],
    ['AT+W=1,', 'AT+W='],
    ['AT+W=', ''],
    ['  ', ''],
  ];
  for (const [line, left] of cases) {
    const editor = new LineEditor(100);
    typeInto(editor, line);
    editor.deleteWord();
    assert.equal(editor.text, left, line);
  }
  const editor = new LineEditor(100);
  typeInto(editor, 'one two');
  editor.left();
  editor.deleteWord();
  assert.deepEqual([editor.text, editor.cursor], ['one o', 4], 'only what stands before the cursor');
});

test('a line that is too long is not given away, unless it was emptied', () => {
  const editor = new LineEditor(3);
  typeInto(editor, 'aéb');
  assert.equal(editor.text, 'aé');
  editor.backspace();
  assert.equal(editor.take(), null);
  assert.equal(editor.text, '');
  typeInto(editor, 'abcd');
  editor.clear();
  typeInto(editor, 'AT');
  assert.equal(editor.take(), 'AT');
  editor.previous();
  assert.equal(editor.text, 'AT', 'what was not given away is not remembered');
});

test('a hundred lines are remembered, one of several that are equal in a row', () => {
  const editor = new LineEditor(100);
  for (let number = 0; number < 120; number++) {
    typeInto(editor, `AT${number}`);
    editor.take();
    typeInto(editor, `AT${number}`);
    editor.take();
    editor.take();
  }
  for (let step = 0; step < 300; step++) editor.previous();
  assert.equal(editor.text, 'AT20');
  for (let step = 0; step < 99; step++) editor.next();
  assert.equal(editor.text, 'AT119');
  editor.next();
  editor.next();
  assert.equal(editor.text, '');
});
