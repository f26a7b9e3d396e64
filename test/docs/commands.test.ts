import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { createProgram } from '../../src/cli/program.ts';
import { surroundings } from '../helpers/in-process.ts';
import { type Block, type Page, parsePage, readPages } from './pages.ts';
import { commandsOf } from './shell.ts';

// What the pages tell a reader to type, read by the parser of the program itself. Nothing is run here; test/docs-run does that.

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const manifest: { name: string; version: string; scripts: Record<string, string> } = JSON.parse(
  readFileSync(join(ROOT, 'package.json'), 'utf8'),
);
const pages = readPages();

/** What a block can need. */
const NEEDS = ['board', 'device', 'clone', 'network', 'socat', 'docker', 'pi', 'sensor'];
/** Other programs that a reader is told to use. */
const OTHERS =
  '[ awk cat cd curl docker echo export git jq journalctl read sleep socat sysctl systemctl tail tee useradd'.split(
    ' ',
  );
const NPM = ['ci', 'pack', 'test', 'run', 'install'];

/** With the options of all commands, as completion needs them. */
const program = createProgram(surroundings(['completion'], ROOT).environment, async () => undefined);
const FLAGS = new Map(
  [program, ...program.commands].map((command) => [command.name(), command.options.map(({ long }) => long)]),
);

/** Parses a command line of the program as the program does. @throws Error with what it says */
async function parse(args: readonly string[]): Promise<void> {
  const { environment, ended } = surroundings(args, ROOT);
  const parsed = createProgram(environment, async () => undefined);
  try {
    await parsed.parseAsync([...args], { from: 'user' });
  } catch (error) {
    if (args.includes('--help') || args.includes('--version')) return;
    throw new Error(`${args.join(' ')}: ${ended(2).stderr}`, { cause: error });
  }
  for (const command of [parsed, ...parsed.commands]) {
    for (const option of command.options) {
      const value: unknown = command.getOptionValue(option.attributeName());
      if (option.argChoices && typeof value === 'string') {
        assert.ok(option.argChoices.includes(value), `${option.long} ${value}`);
      }
    }
  }
}

/** @throws Error when a reader could not type this, or when something else than the program of this project came of it */
async function check(words: readonly string[]): Promise<void> {
  const [name = '', ...args] = words;
  const [first = ''] = args;
  if (name === 'sudo') return check(first === '-u' ? args.slice(2) : args);
  if (name === 'timeout' || name === '/usr/bin/env') return check(name === 'timeout' ? args.slice(1) : args);
  if (/^(?:\/bin\/)?sh$/.test(name)) {
    if (first === '-c') return checkScript(args[1] ?? '');
    assert.ok(existsSync(join(ROOT, 'examples', first)), `examples/${first}`);
    return;
  }
  if (name === manifest.name) return parse(args);
  if (name === 'npx') {
    assert.equal(first, manifest.name, 'npx runs what is in the clone, and asks no registry');
    return parse(args.slice(1));
  }
  if (name === 'npm') {
    assert.ok(NPM.includes(first), `npm ${first}`);
    if (first === 'run') assert.ok(Object.hasOwn(manifest.scripts, args[1] ?? ''), `npm run ${args[1]}`);
    const packages = args.slice(1).filter((word) => !word.startsWith('-'));
    if (first === 'install')
      assert.ok(
        packages.every((word) => word.startsWith('./')),
        args.join(' '),
      );
    return;
  }
  if (name === 'node') {
    const files = args.filter((word) => /^[\w./-]+\.m?[jt]s$/.test(word));
    for (const file of files) {
      const isSaved = pages.some(({ blocks }) => blocks.some(({ marks }) => marks.file === file));
      assert.ok(isSaved || existsSync(join(ROOT, file)), file);
    }
    return;
  }
  assert.ok(OTHERS.includes(name), `what is ${name}?`);
}

async function checkScript(script: string): Promise<void> {
  for (const words of commandsOf(script)) await check(words);
}

/** The scripts in a block: it is one, or it has some, as a workflow and a unit have. */
function scriptsOf({ language, text }: Block): string[] {
  if (language === 'sh') return [text];
  if (language === 'ini') return [...text.matchAll(/^Exec\w+=(.*)$/gm)].map(([, script = '']) => script);
  if (language !== 'yaml') return [];
  return [...text.matchAll(/^( *)(?:- )? *run: (?:\|\n((?:\1 {2,}.*\n)+)|(.*))$/gm)].map(
    ([, , lines, line = '']) => lines ?? line,
  );
}

const withPlaceholders = (text: string) => text.replaceAll(/<[^>]*>|…|\[|\]/g, ' ');

/** Which flags in the prose there are not: those of a command named before them, else of any. */
function unknownFlags({ spans }: Pick<Page, 'spans'>): string[] {
  return spans.flatMap((span) => {
    const words = withPlaceholders(span.replace(/^(?:npx )?anycloud-iotc /, '')).split(' ');
    const [first = ''] = words;
    const isOurs = span.includes(`${manifest.name} `) || first.startsWith('--') || FLAGS.has(first);
    if (!isOurs) return [];
    const known = FLAGS.get(first) ?? [...FLAGS.values()].flat();
    const flags = words.map((word) => word.replace(/[=,'"].*$/, '')).filter((word) => /^--\w/.test(word));
    return flags
      .filter((flag) => ![...known, '--help', '--version'].includes(flag))
      .map((flag) => `${flag} in ${span}`);
  });
}

for (const page of pages) {
  const { path, text, blocks } = page;
  describe(path, () => {
    test('what is to be typed is a command line of this program, or of one that is known', async () => {
      for (const block of blocks) {
        for (const script of scriptsOf(block)) {
          await assert.doesNotReject(checkScript(script), `${path}:${block.line}`);
        }
      }
    });

    test('the flags in its prose are there', () => {
      assert.deepEqual(unknownFlags(page), []);
    });

    test('each block says what it is, and what it needs can be had', () => {
      for (const { language, marks, line } of blocks) {
        assert.notEqual(language, '', `${path}:${line}`);
        if (marks.needs !== undefined) assert.ok(NEEDS.includes(marks.needs), `${path}:${line}: ${marks.needs}`);
        if (language !== 'sh')
          assert.deepEqual(
            Object.keys(marks).filter((name) => name !== 'file'),
            [],
            `${path}:${line}`,
          );
      }
    });

    test('no command stands outside of a fenced block', () => {
      const inBlocks = new Set(blocks.flatMap((block) => block.text.split('\n').map((line) => line.trim())));
      const typed = text.matchAll(/^ {4,}((?:npx|npm|node|anycloud-iotc|curl|sudo|socat) .*)$/gm);
      assert.deepEqual(
        [...typed].map(([, line = '']) => line.trim()).filter((line) => !inBlocks.has(line)),
        [],
      );
    });

    test('a tarball has the name that npm pack gives it', () => {
      const names = [...text.matchAll(/[\w-]+-\d+\.\d+\.\d+\.tgz/g)].map(([name]) => name);
      assert.deepEqual(
        names.filter((name) => name !== `${manifest.name}-${manifest.version}.tgz`),
        [],
      );
    });
  });
}

test('the map has every page', () => {
  const map = pages.find(({ path }) => path === 'docs/README.md')?.text ?? '';
  const missing = pages.filter(({ path }) => {
    const link = path.startsWith('docs/') ? path.slice('docs/'.length) : `../${path}`;
    return path !== 'docs/README.md' && !map.includes(`](${link})`);
  });
  assert.deepEqual(
    missing.map(({ path }) => path),
    [],
  );
});

describe('what is wrong is found', () => {
  const wrong: [script: string, why: RegExp][] = [
    ['npx anycloud-iotc --simulate --no-such', /unknown option '--no-such'/],
    ['cd x && anycloud-iotc doctor --jion', /unknown option '--jion'/],
    ["A='b c' npx anycloud-iotc modul --port x", /there is no command/],
    ['npx anycloud-iotc module --tls 1.1', /1\.1/],
    ['jq . x | npx anycloud-iotc --stdni', /unknown option/],
    ['echo "$(anycloud-iotc --nope)"', /unknown option/],
    ['while anycloud-iotc --nope; do sleep 1; done', /unknown option/],
    ["sudo -u x sh -c 'cd && anycloud-iotc init --nope'", /unknown option/],
    ['npx cowsay hello', /registry/],
    ['npm install anycloud-iotc', /install/],
    ['npm run no-such', /no-such/],
    ['node examples/none.mjs', /none/],
    ['crul http://127.0.0.1', /what is crul/],
  ];
  for (const [script, why] of wrong) {
    test(script, async () => {
      await assert.rejects(checkScript(script), why);
    });
  }

  test('in workflows, units and prose too', async () => {
    const page = parsePage(
      'x.md',
      [
        '```yaml',
        'steps:',
        '  - run: anycloud-iotc --one',
        '  - name: two',
        '    run: |',
        '      echo a',
        '      anycloud-iotc --two',
        '```',
        '',
        '1. x',
        '   ```ini',
        '   ExecStart=/usr/bin/env anycloud-iotc --three',
        '   ```',
        '',
        '`cloud --join`, `doctor --join`, `--four <file>`, `curl --five`, `npx anycloud-iotc --quiet --six',
        'x`',
      ].join('\n'),
    );
    const scripts = page.blocks.flatMap(scriptsOf);
    assert.equal(scripts.length, 3);
    for (const script of scripts) await assert.rejects(checkScript(script), /unknown option '--(?:one|two|three)'/);
    assert.deepEqual(unknownFlags(page), [
      '--join in cloud --join',
      '--four in --four <file>',
      '--six in npx anycloud-iotc --quiet --six x',
    ]);
    assert.throws(() => parsePage('x.md', '```sh neds=board\n```'), /x\.md:1: there is no mark neds/);
    assert.throws(() => parsePage('x.md', '```sh board\n```'), /what does board mean/);
    assert.throws(() => parsePage('x.md', 'a\n```sh'), /x\.md:2: the block has no end/);
  });
});
