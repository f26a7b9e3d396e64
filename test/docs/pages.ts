import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** What the words behind the language of a fenced block may say; where pages are rendered, they are not shown. */
export interface Marks {
  /** What a reader needs beside the program; where there is none of it, the block is not run. */
  needs?: string;
  /** The commands go on until Ctrl-C; this text in what they write says that the reader can go on. */
  until?: string;
  /** The block is saved as this file. */
  file?: string;
}

/** A fenced block. */
export interface Block {
  language: string;
  marks: Marks;
  text: string;
  /** Of its first fence, from 1. */
  line: number;
  /** The heading of the second level that it stands below; empty before the first. */
  section: string;
}

export interface Page {
  /** From the root of the project. */
  path: string;
  text: string;
  blocks: Block[];
  /** The texts between backticks outside of fenced blocks. */
  spans: string[];
}

const MARK_NAMES: readonly string[] = ['needs', 'until', 'file'] satisfies (keyof Marks)[];

/** @throws Error for marks that there are not, which would otherwise be without effect */
function marksOf(words: string, place: string): Marks {
  const marks: Record<string, string> = {};
  const rest = words.replaceAll(
    /(\w+)=(?:"((?:[^"\\]|\\.)*)"|(\S+))/g,
    (_, name: string, quoted?: string, bare = '') => {
      if (!MARK_NAMES.includes(name)) throw new Error(`${place}: there is no mark ${name}`);
      marks[name] = quoted?.replaceAll(/\\(.)/g, '$1') ?? bare;
      return '';
    },
  );
  if (rest.trim() !== '') throw new Error(`${place}: what does ${rest.trim()} mean?`);
  return marks;
}

/** Reads a page. @throws Error for a block without an end, or with marks that there are not */
export function parsePage(path: string, text: string): Page {
  const blocks: Block[] = [];
  const prose: string[] = [];
  let section = '';
  let open: { block: Block; fence: string; indent: string } | null = null;
  for (const [index, line] of text.split('\n').entries()) {
    const [, indent = '', fence, language = '', words = ''] = /^( *)(```+)(\w*)(.*)$/.exec(line) ?? [];
    if (open !== null) {
      if (fence === open.fence && language === '') open = null;
      else open.block.text += `${line.startsWith(open.indent) ? line.slice(open.indent.length) : line}\n`;
    } else if (fence !== undefined) {
      const marks = marksOf(words, `${path}:${index + 1}`);
      open = { fence, indent, block: { language, marks, text: '', line: index + 1, section } };
      blocks.push(open.block);
    } else {
      if (line.startsWith('## ')) section = line.slice(3);
      prose.push(line);
    }
  }
  if (open !== null) throw new Error(`${path}:${open.block.line}: the block has no end`);
  const spans = [...prose.join('\n').matchAll(/(`+)(?!`)([\s\S]*?[^`])\1(?!`)/g)].map(([, , span = '']) => span);
  return { path, text, blocks, spans: spans.map((span) => span.replaceAll(/\s+/g, ' ').trim()) };
}

/** Every page that a person reads to use the program, or to change it. */
export function readPages(): Page[] {
  const docs = readdirSync(join(ROOT, 'docs')).filter((name) => name.endsWith('.md'));
  const paths = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...docs.map((name) => `docs/${name}`)];
  return paths.map((path) => parsePage(path, readFileSync(join(ROOT, path), 'utf8')));
}
