import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { JsonObject } from '../../src/events.ts';
import { requestLine, shellOf } from '../../src/terminal/shell.ts';
import { Transcript } from '../../src/terminal/transcript.ts';

const URL = 'http://127.0.0.1:7070/api/devices/board%201/properties';

test('the shell is the one that the environment tells of', () => {
  assert.equal(shellOf('linux', {}), 'posix');
  assert.equal(shellOf('linux', { PROMPT: '%~' }), 'posix');
  assert.equal(shellOf('darwin', { SHELL: '/bin/zsh' }), 'posix');
  assert.equal(shellOf('win32', { PROMPT: '$P$G' }), 'cmd');
  assert.equal(shellOf('win32', { PSModulePath: 'C:\\modules' }), 'powershell');
  assert.equal(shellOf('win32', { SHELL: '/usr/bin/bash', PROMPT: '$P$G' }), 'posix');
});

/** The arguments of a line as a program on Windows reads them, and what the command prompt would act on. */
function readByWindows(line: string): { words: string[]; acted: string } {
  const words: string[] = [];
  let [word, isQuoted, acted, isQuotedForCmd] = ['', false, '', false];
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? '';
    if (character === '"') isQuotedForCmd = !isQuotedForCmd;
    else if (character === '%' && !/^%[0-9A-F]{2}/.test(line.slice(at))) acted += character;
    else if ('&|<>^'.includes(character) && !isQuotedForCmd) acted += character;
    if (character === '\\') {
      const [slashes = ''] = /^\\+/.exec(line.slice(at)) ?? [];
      const isBeforeQuote = line[at + slashes.length] === '"';
      word += '\\'.repeat(isBeforeQuote ? Math.floor(slashes.length / 2) : slashes.length);
      at += slashes.length - 1;
      if (isBeforeQuote && slashes.length % 2 === 1) {
        word += '"';
        isQuotedForCmd = !isQuotedForCmd;
        at++;
      }
    } else if (character === '"') isQuoted = !isQuoted;
    else if (character === ' ' && !isQuoted) {
      words.push(word);
      word = '';
    } else word += character;
  }
  return { words: [...words, word], acted };
}

const text = fc.string({ unit: fc.constantFrom(...'ab \'"\\&|<>^%!$`(){}ü\u2019'), maxLength: 12 });
const body: fc.Arbitrary<JsonObject> = fc.dictionary(text, text, { maxKeys: 3, noNullPrototype: true });

test('cmd gives curl the body as it is, and acts on nothing in it', () => {
  fc.assert(
    fc.property(body, (value) => {
      const { words, acted } = readByWindows(requestLine('cmd', 'PATCH', URL, value));
      assert.deepEqual(words.slice(0, 7), ['curl', '-X', 'PATCH', URL, '-H', 'Content-Type: application/json', '-d']);
      assert.equal(acted, '');
      assert.deepEqual(JSON.parse(words[7] ?? ''), value);
    }),
  );
});

test('PowerShell gives the body as it is', () => {
  fc.assert(
    fc.property(body, (value) => {
      const line = requestLine('powershell', 'POST', URL, value);
      const [, uri, json = ''] =
        /^Invoke-RestMethod -Method POST -Uri '(.*?)' -ContentType 'application\/json' -Body '(.*)'$/.exec(line) ?? [];
      assert.equal(uri, URL);
      assert.doesNotMatch(
        json.replace(/(['\u2018-\u201b])\1/g, ''),
        /['\u2018-\u201b]/,
        'no quotation mark stands alone',
      );
      assert.deepEqual(JSON.parse(json.replace(/(['\u2018-\u201b])\1/g, '$1')), value);
    }),
  );
});

test('the transcript has the lines of its shell, and speaks of no key that it does not have', () => {
  const shown = (shell: 'posix' | 'cmd' | 'powershell') => {
    const transcript = new Transcript({ view: 'session', verbose: false, interactive: true, startedAt: 0, shell });
    const requests = [{ title: 'Do it', method: 'PATCH', path: '/api', body: { a: 1 } }];
    transcript.lines({ type: 'local-cloud', url: 'http://127.0.0.1:1/', deviceId: 'd', interval: 5, requests }, 0);
    return transcript
      .help(null)
      .map(({ text }) => text)
      .join('\n');
  };
  assert.match(shown('posix'), /Ctrl-Z suspends it.*curl -X PATCH 'http:\/\/127.0.0.1:1\/api' .* -d '\{"a":1\}'/s);
  assert.match(shown('cmd'), /curl -X PATCH "http:\/\/127.0.0.1:1\/api" .* -d "\{\\"a\\":1\}"/);
  assert.match(shown('powershell'), /Invoke-RestMethod -Method PATCH -Uri 'http:\/\/127.0.0.1:1\/api'/);
  for (const shell of ['cmd', 'powershell'] as const) assert.doesNotMatch(shown(shell), /Ctrl-Z/);
});
