import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const PAGES = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'],
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** The text of a page as it is rendered: without blocks of code, and without comments. */
function prose(markdown: string): string {
  return markdown
    .replaceAll(/^(```|~~~)[\s\S]*?^\1.*$/gm, '')
    .replaceAll(/<!--[\s\S]*?-->/g, '')
    .replaceAll(/(?<=^\n)(?: {4}.*\n|\n)+/gm, '');
}

/** What a page links to: inline, as an image, by reference, and in HTML. */
function linksOf(markdown: string): string[] {
  const text = prose(markdown).replaceAll(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, '');
  const patterns = [
    /\]\(\s*<?([^\s)>]+)>?[^)]*\)/g,
    /^\[[^\]]+\]:\s*<?([^\s>]+)/gm,
    /\b(?:href|src|srcset)="([^"]+)"/g,
  ];
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, target]) => target ?? ''));
}

/** The anchors of a page, as a repository host makes them of its headings. */
function anchorsOf(markdown: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ''] of prose(markdown).matchAll(/^#{1,6}\s+(.+?)\s*#*$/gm)) {
    const text = heading.replaceAll(/!?\[([^\]]*)\]\([^)]*\)/g, '$1');
    const slug = text
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{M}\p{N}\p{Pc}\- ]/gu, '')
      .replaceAll(' ', '-');
    let anchor = slug;
    for (let count = 1; anchors.has(anchor); count++) anchor = `${slug}-${count}`;
    anchors.add(anchor);
  }
  for (const [, id = ''] of markdown.matchAll(/<a (?:id|name)="([^"]+)"/g)) anchors.add(id);
  return anchors;
}

/** What is wrong with the links of `markdown`, which stands at `path` below the root. */
function deadLinks(path: string, markdown: string): string[] {
  return linksOf(markdown).filter((link) => {
    if (/^[a-z][a-z+.-]*:/i.test(link)) return false;
    const [name = '', anchor] = link.split('#');
    if (name === '') return !anchorsOf(markdown).has(anchor ?? '');
    const file = resolve(root, dirname(path), decodeURIComponent(name));
    if (relative(root, file).startsWith('..') || !existsSync(file)) return true;
    return anchor !== undefined && (statSync(file).isDirectory() || !anchorsOf(readFileSync(file, 'utf8')).has(anchor));
  });
}

describe('relative links', () => {
  for (const path of PAGES) {
    test(`${path} leads to files and headings that exist`, () => {
      assert.deepEqual(deadLinks(path, readFileSync(join(root, path), 'utf8')), []);
    });
  }

  test('a dead one is found, and what is no link is left alone', () => {
    const page = [
      '# One `two`, three: _four_',
      '## Same',
      '## Same',
      '[a](#one-two-three-_four_) [b](#same) [c](#same-1) [d](README.md) [e](docs) [f](https://example.com/x.md)',
      '`[code](none.md)`',
      '',
      '    [block](none.md)',
      '',
      '[g](#same-2) [h](none.md) [i](README.md#none) [`j`](docs/none.md#x) ![k](<docs/none.png> "title")',
      '[l]: none.svg',
      '<img src="none.gif"> <source srcset="none.webp">',
    ].join('\n');
    assert.deepEqual(deadLinks('x.md', page), [
      ...[
        '#same-2',
        'none.md',
        'README.md#none',
        'docs/none.md#x',
        'docs/none.png',
        'none.svg',
        'none.gif',
        'none.webp',
      ],
    ]);
  });

  test('a page of docs/ that a text of the program or of a page names is there', () => {
    const sources = readdirSync(join(root, 'src'), { recursive: true })
      .map(String)
      .filter((name) => name.endsWith('.ts'))
      .map((name) => join('src', name));
    for (const path of [...sources, ...PAGES]) {
      for (const [page] of readFileSync(join(root, path), 'utf8').matchAll(/\bdocs\/[\w-]+\.(?:md|json)\b/g)) {
        assert.ok(existsSync(join(root, page)), `${path}: ${page}`);
      }
    }
  });
});
