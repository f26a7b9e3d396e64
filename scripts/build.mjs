// Makes dist/: the types, the program and the library, and the page. `npm run build` calls it, and `npm ci` does.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { dirname, isAbsolute, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'rolldown';
import { ownAddress } from './own-address.mjs';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = join(PROJECT, 'src');
/** Packages that are bundled, and the file that is meant. */
const BUNDLED = { commander: 'index.js', '@serialport/parser-readline': 'dist/index.js' };
/** What is imported from other packages in CommonJS. */
const REQUIRED = {
  serialport: 'SerialPort',
  dotenv: 'parse',
  'mqtt-packet': 'generate, parser',
};

process.chdir(PROJECT);
rmSync('dist', { recursive: true, force: true });
const types = spawn(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
const typesMade = once(types, 'exit');

/** How both bundles are made. */
const COMMON = { platform: 'node', tsconfig: false, transform: { target: 'node20.17' } };

const x509 = await build({
  ...COMMON,
  input: 'scripts/x509.mjs',
  resolve: { mainFields: ['module', 'main'] },
  output: { file: 'dist/x509.js', minify: true, comments: false },
});

// All files lie in dist/ itself, and find what lies beside them as if each were where its source is.
const program = await build({
  ...COMMON,
  input: {
    cli: 'src/cli.ts',
    index: 'src/index.ts',
    simulator: 'src/simulator/index.ts',
    // Node loads this one by its name.
    'cli/session/own-imports': 'src/cli/session/own-imports.ts',
  },
  plugins: [
    packages(),
    ownAddress((path) => {
      const compiled = relative(SOURCES, path).replaceAll('\\', '/').replace(/\.ts$/, '.js');
      return `new URL(${JSON.stringify(`./${compiled}`)}, import.meta.url).href`;
    }),
    withoutFacades(),
  ],
  preserveEntrySignatures: 'allow-extension',
  output: {
    dir: 'dist',
    chunkFileNames: '[name]-[hash].js',
    minifyInternalExports: false,
    codeSplitting: {
      groups: [{ debugName: 'loaded together', name: fileOf(), includeDependenciesRecursively: false }],
    },
    // A stack can be followed: the names of functions and classes stay, and the lines.
    minify: { compress: true, mangle: { toplevel: false, keepNames: true }, codegen: false },
    comments: false,
  },
});
chmodSync('dist/cli.js', 0o755);
writeFileSync(
  'dist/licenses.txt',
  licenses([x509, program].flatMap(({ output }) => output.flatMap(({ moduleIds = [] }) => moduleIds))),
);
execFileSync(process.execPath, ['console/build.mjs'], { stdio: 'inherit' });

const [status] = await typesMade;
if (status !== 0) process.exit(1);
keepTypesOf([join('dist', 'index.d.ts'), join('dist', 'simulator', 'index.d.ts')]);

/**
 * Says in which file a module lies: with all that are loaded by the same of these. Node takes a millisecond for each file, and without
 * this each set of commands that share a module would have one.
 */
function fileOf() {
  const LOADED = Object.entries({
    start: 'src/cli/start.ts',
    library: 'src/index.ts',
    session: 'src/cli/session.ts',
    played: 'src/library/run-session.ts',
    simulator: 'src/simulator/index.ts',
    imports: 'src/cli/session/own-imports.ts',
  });
  let loaded = null;
  return (module, graph) => {
    loaded ??= LOADED.map(([name, first]) => {
      const modules = new Set([join(PROJECT, first)]);
      for (const each of modules)
        for (const imported of graph.getModuleInfo(each)?.importedIds ?? []) modules.add(imported);
      return { name, modules };
    });
    const names = loaded.filter(({ modules }) => modules.has(module)).map(({ name }) => name);
    // What the shortest run or the library needs at once is little, whoever else needs it.
    if (names.length > 1 && /start|library/.test(names[0])) return 'common';
    return names.length > 0 ? names.join('-') : null;
  };
}

/**
 * Where packages come from. Those in CommonJS are required: where they are imported, Node reads each of their files once more
 * to find its names. Two of them are bundled, with the modules of Node that they use. Commander would start other programs as
 * commands, which ours are not; Node loads sockets for that.
 */
function packages() {
  const [ASKED, BUILTIN] = ['required:', 'builtin:'];
  return {
    name: 'packages',
    resolveId(id, importer) {
      if (importer === undefined || id.startsWith('.') || isAbsolute(id)) return null;
      if (id in BUNDLED) return join(PROJECT, 'node_modules', id, BUNDLED[id]);
      if (importer.includes('node_modules')) return isBuiltin(id) ? `${BUILTIN}${id}` : null;
      if (id in REQUIRED) return { id: `${ASKED}${id}`, moduleSideEffects: false };
      return { id: /^(?:@peculiar\/x509|reflect-metadata)$/.test(id) ? './x509.js' : id, external: true };
    },
    load(id) {
      if (id.startsWith(BUILTIN)) {
        const name = id.slice(BUILTIN.length);
        return `module.exports = ${name === 'node:child_process' ? '{}' : `process.getBuiltinModule('${name}')`};`;
      }
      if (!id.startsWith(ASKED)) return null;
      const name = id.slice(ASKED.length);
      return `import { createRequire } from 'node:module';
        export const { ${REQUIRED[name]} } = createRequire(import.meta.url)('${name}');`;
    },
  };
}

/**
 * Leaves out the files that only pass on what another exports: what is imported late is taken from that one. The bundler also
 * imports its runtime everywhere for its effects, of which it has none.
 */
function withoutFacades() {
  return {
    name: 'without facades',
    generateBundle(_options, bundle) {
      const meant = new Map();
      const chunks = Object.values(bundle).filter(({ type }) => type === 'chunk');
      for (const chunk of chunks) {
        chunk.code = chunk.code.replace(/^import ".\/rolldown-runtime-[^"]+";\n/m, '');
        const [, file] = /^export \{(?!.* as ).*\} from "(\.[^"]+)";\n$/.exec(chunk.code) ?? [];
        if (file === undefined || chunk.isEntry) continue;
        meant.set(`./${chunk.fileName}`, file);
        delete bundle[chunk.fileName];
      }
      for (const chunk of chunks)
        chunk.code = chunk.code.replace(/(?<=import\(")[^"]+/g, (file) => meant.get(file) ?? file);
    },
  };
}

/** Removes the types that nobody can see who imports the library. */
function keepTypesOf(entries) {
  const seen = new Set(entries);
  for (const file of seen) {
    for (const [, name] of readFileSync(file, 'utf8').matchAll(/(?:from|import) ?\(?['"](\.[^'"]+)['"]/g)) {
      seen.add(join(dirname(file), name.replace(/\.[jt]s$/, '.d.ts')));
    }
  }
  for (const name of readdirSync('dist', { recursive: true })) {
    const file = join('dist', name);
    if (file.endsWith('.d.ts') && !seen.has(file)) rmSync(file);
  }
}

/** The licences of the packages that are in the bundle. */
function licenses(inputs) {
  const packages = new Set(
    inputs.flatMap((path) => /[\\/]node_modules[\\/]((?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(path)?.[1] ?? []),
  );
  return [...packages]
    .sort()
    .map((name) => {
      const folder = join('node_modules', name);
      const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry));
      if (file === undefined) throw new Error(`${name} is bundled, and has no licence`);
      return `${name}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
    })
    .join(`\n${'-'.repeat(80)}\n\n`);
}
