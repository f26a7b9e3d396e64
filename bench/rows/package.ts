import { execFileSync } from 'node:child_process';
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { figure, type Row } from '../row.ts';
import { summarise } from '../statistics.ts';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));
/** What a program on a serial port with flags, colours and a settings file needs anyway. */
const NEEDED = ['serialport', '@serialport/parser-readline', 'commander', 'chalk', 'dotenv'];

interface Manifest {
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
}

function readManifest(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/** The folder that `name` is found in from `folder`, as Node looks for it; null when it is not installed. */
function find(name: string, folder: string): string | null {
  for (let at = folder; at.startsWith(PROJECT.slice(0, -1)); at = join(at, '..')) {
    const found = join(at, 'node_modules', name);
    if (existsSync(found)) return found;
  }
  return null;
}

/** The folders of the packages and of all that they need. */
function closure(names: readonly string[]): Set<string> {
  const folders = new Set<string>();
  const add = (name: string, from: string) => {
    const folder = find(name, from);
    if (folder === null || folders.has(folder)) return;
    folders.add(folder);
    const { dependencies = {}, optionalDependencies = {} } = readManifest(folder);
    for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) add(needed, folder);
  };
  for (const name of names) add(name, PROJECT);
  return folders;
}

/** Bytes of the files in a folder, without the packages that are nested in it. */
function size(path: string): number {
  const stat = lstatSync(path);
  if (!stat.isDirectory()) return stat.size;
  return readdirSync(path)
    .filter((name) => name !== 'node_modules')
    .reduce((sum, name) => sum + size(join(path, name)), 0);
}

function megabytes(folders: Iterable<string>): number {
  return [...folders].reduce((sum, folder) => sum + size(folder), 0) / 1e6;
}

/** What npm would unpack of this package, in bytes. */
function ownSize(): number {
  // npm is a batch file on Windows, which only a shell can start.
  const shell = process.platform === 'win32';
  const told = execFileSync('npm', ['pack', '--dry-run', '--json'], { cwd: PROJECT, encoding: 'utf8', shell });
  const [{ unpackedSize }]: [{ unpackedSize: number }] = JSON.parse(told);
  return unpackedSize;
}

/** What `npx` fetches and installs, as it is installed here. */
export async function packages(): Promise<Row[]> {
  const { dependencies = {} } = readManifest(PROJECT);
  const own = ownSize() / 1e6;
  const needed = closure(NEEDED);
  const all = closure(Object.keys(dependencies));
  const row = (name: string, unit: string, value: number) => figure(name, unit, summarise([value]));
  return [
    row('installed: this package', 'MB', own),
    row('installed: it and its dependencies', 'MB', own + megabytes(all)),
    row('installed: the five packages of every such program', 'MB', megabytes(needed)),
    row('packages: it and its dependencies', '', all.size + 1),
    row('packages: the five packages of every such program', '', needed.size),
  ];
}
