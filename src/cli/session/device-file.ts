import { execFile } from 'node:child_process';
import { Console } from 'node:console';
import { readFileSync, statSync } from 'node:fs';
import { basename, extname, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { sleep } from '../../clock.ts';
import type { DeviceDefinition } from '../../device/define.ts';
import { assertDefinition } from '../../device/definition.ts';
import { toJson } from '../../device/json-value.ts';
import { sentenceOf, userFrame } from '../../device/user-code.ts';
import { AppError } from '../../errors.ts';
import type { ProcessEnvironment } from '../process-environment.ts';
import { mapOwnImports } from './own-imports.ts';

const JAVASCRIPT = ['.js', '.mjs', '.cjs'];
const TYPESCRIPT = ['.ts', '.mts', '.cts'];
/** What a file may take to be loaded, with what it imports, in milliseconds. */
const LOADING = 30_000;

/** A device that a person has written. */
export interface DeviceFile {
  readonly definition: DeviceDefinition;
  /** Where one of its handlers stands, as `file:line`, or at least in which file. */
  locate(handler: unknown): string;
}

/** What is wrong with a file, in words that follow its name, and what to do next. */
interface Trouble {
  problem: string;
  hint: string;
}

const ELSEWHERE = 'Correct the file, or name another one with --device (DEVICE).';

/**
 * Loads the module that `path` names: its default export is the device. From then on what is written with `console` goes
 * to standard error, since standard output is the session's.
 * @param copy of one of several boards, from 1: each runs the file for itself
 * @throws AppError E_CONFIG that says what is wrong with the file, with file and line
 */
export async function loadDeviceFile(
  path: string,
  { cwd, clock, stderr }: Pick<ProcessEnvironment, 'cwd' | 'clock' | 'stderr'>,
  copy = 1,
): Promise<DeviceFile> {
  const file = resolve(cwd, path);
  const fail = ({ problem, hint }: Trouble, cause?: unknown) =>
    new AppError('E_CONFIG', `The device file ${path} ${problem}`, hint, cause);

  const trouble = troubleWithName(file);
  if (trouble) throw fail(trouble);
  mapOwnImports();
  globalThis.console = new Console(stderr);
  let exported: unknown;
  const loaded = new AbortController();
  const tooLong = sleep(clock, LOADING, loaded.signal).then(() => {
    throw new Error(`it has not been loaded within ${LOADING / 1000} s; does it wait for something at its top level?`);
  });
  try {
    exported = await Promise.race([import(pathToFileURL(file).href + (copy === 1 ? '' : `?${copy}`)), tooLong]);
  } catch (error) {
    throw fail(await troubleWithLoading(file, error), error);
  } finally {
    tooLong.catch(() => undefined);
    loaded.abort();
  }
  if (typeof exported !== 'object' || exported === null || !('default' in exported)) {
    throw fail({
      problem: 'has no default export',
      hint: "Write: import { defineDevice } from 'anycloud-iotc'; export default defineDevice({ … });",
    });
  }
  const definition: unknown = exported.default;
  try {
    assertDefinition(definition);
    if (typeof definition.model === 'object') toJson(definition.model);
  } catch (error) {
    throw fail({ problem: `is no device: ${sentenceOf(error)}`, hint: ELSEWHERE }, error);
  }
  const { functionLocation } = await import('./function-location.ts');
  return { definition, locate: (handler) => functionLocation(handler) ?? file };
}

/**
 * What a device file has thrown outside of its handlers, in a timer or behind a promise that nobody waits for, as a
 * sentence with file and line; null for what is the program's own.
 */
export function strayError(reason: unknown): string | null {
  const where = userFrame(reason);
  // The program itself throws nothing but errors.
  const isForeign = !(reason instanceof Error) || ('code' in reason && reason.code === 'ERR_UNHANDLED_REJECTION');
  if (where === null && !isForeign) return null;
  return `The device file has failed: ${sentenceOf(reason)}${where === null ? '' : ` (${where})`}`;
}

function troubleWithName(file: string): Trouble | null {
  const extension = extname(file);
  const found = statSync(file, { throwIfNoEntry: false });
  if (!found?.isFile()) {
    const hint = 'Name a JavaScript or TypeScript file; the path counts from the folder that you are in.';
    return { problem: found ? 'is no file' : 'does not exist', hint };
  }
  if (TYPESCRIPT.includes(extension) && !Reflect.get(process.features, 'typescript')) {
    const problem = `is written in TypeScript, which needs Node.js 22.18 or newer; this is ${process.versions.node}`;
    return { problem, hint: 'Use that Node.js, or a JavaScript file.' };
  }
  if ([...JAVASCRIPT, ...TYPESCRIPT].includes(extension)) return null;
  return {
    problem: `is no module: its name ends in none of ${[...JAVASCRIPT, ...TYPESCRIPT].join(', ')}`,
    hint: 'A device file is a module whose default export is the device.',
  };
}

async function troubleWithLoading(file: string, error: unknown): Promise<Trouble> {
  const said = (what: string, where: string | null, hint = ELSEWHERE): Trouble => ({
    problem: `cannot be loaded: ${what}${where === null ? '' : ` (${where})`}`,
    hint,
  });
  const missing = /^Cannot find (package|module) '(.+?)' imported from (.+)$/.exec(messageOf(error));
  if (missing) {
    const [, kind = '', name = '', importer = ''] = missing;
    if (kind === 'module') {
      const hint = 'A path in an import counts from the file that it stands in, and has its ending.';
      return said(`there is no file ${name}`, lineOf(basename(name), importer), hint);
    }
    const hint = `Install it in the folder of the file: npm install ${name}`;
    return said(`there is no package ${name}`, lineOf(name, importer), hint);
  }
  const sentence = sentenceOf(error);
  if (!(error instanceof SyntaxError)) return said(sentence, userFrame(error));
  if (extname(file) === '.js' && /import statement outside|Unexpected token 'export'/.test(sentence)) {
    return said(
      sentence,
      null,
      'Give it the ending .mjs, or put "type": "module" into the package.json of its folder.',
    );
  }
  return said(sentence, placeOf(error.stack ?? '') ?? placeOf(await syntaxErrors(file)));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : '';
}

/** The place that a syntax error begins with. */
function placeOf(text: string): string | null {
  const [, file, line] = /^((?:file:\/\/|\/|[A-Za-z]:[\\/]).*):(\d+)$/m.exec(text) ?? [];
  if (file === undefined) return null;
  return `${file.startsWith('file:') ? fileURLToPath(file) : file}:${line}`;
}

/** Where a file imports something of this name. */
function lineOf(name: string, file: string): string {
  const lines = readFileSync(file, 'utf8').split('\n');
  const index = lines.findIndex((line) => /\b(?:import|from|require)\b/.test(line) && line.includes(name));
  return index === -1 ? file : `${file}:${index + 1}`;
}

/** What Node says of a file's syntax: of a module it tells the line to nobody who imports it. */
function syntaxErrors(file: string): Promise<string> {
  return new Promise((done) => {
    execFile(process.execPath, ['-c', file], { timeout: LOADING }, (_error, _stdout, stderr) => done(stderr));
  });
}
