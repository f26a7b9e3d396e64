import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The page as it is built, from the compiled program and from its source alike. */
const BUILT = fileURLToPath(new URL('../../dist/console/', import.meta.url));

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};

/**
 * Nothing but the page's own files runs, is loaded or is asked: what a device sends can be shown, and do nothing.
 * No other page may frame it or open it as a part of itself.
 */
const HEADERS = {
  'Content-Security-Policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cache-Control': 'no-cache',
};

export interface PageFile {
  headers: Record<string, string>;
  body: Buffer;
}

/** The files of a page, by the path that they are asked for; `/` is `index.html`. Read when the first is asked for. */
export class PageFiles {
  readonly #folder: string;
  #files: Map<string, PageFile> | null = null;

  /** @param folder the console's unless told */
  constructor(folder = BUILT) {
    this.#folder = folder;
  }

  find(path: string): PageFile | undefined {
    return this.#read().get(path === '/' ? '/index.html' : path);
  }

  all(): PageFile[] {
    return [...this.#read().values()];
  }

  #read(): Map<string, PageFile> {
    this.#files ??= readFolder(this.#folder);
    return this.#files;
  }
}

/** Only what is there by then can be asked for: no path of a request ever reaches the disk. */
function readFolder(folder: string): Map<string, PageFile> {
  const files = new Map<string, PageFile>();
  for (const entry of namesIn(folder)) {
    const type = TYPES[extname(entry)];
    if (type === undefined) continue;
    const body = readFileSync(join(folder, entry));
    const ETag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
    files.set(`/${entry.replaceAll('\\', '/')}`, { headers: { ...HEADERS, 'Content-Type': type, ETag }, body });
  }
  return files;
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true }).map(String);
  } catch {
    return []; // it was not built
  }
}
