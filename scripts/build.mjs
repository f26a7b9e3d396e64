// Makes dist/: the types, the program and the library, and the page. `npm run build` calls it, and `npm ci` does.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { ownAddress } from './own-address.mjs';

const PROJECT = fileURLToPath(new URL('..', import.meta.url));
const SOURCES = join(PROJECT, 'src');

process.chdir(PROJECT);
rmSync('dist', { recursive: true, force: true });
const types = spawn(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
const typesMade = once(types, 'exit');

/** How both bundles are made. */
const COMMON = {
  bundle: true,
  outdir: 'dist',
  platform: 'node',
  format: 'esm',
  target: 'node20.17',
  metafile: true,
  legalComments: 'none',
  logLevel: 'warning',
};

// It makes the simulator's certificates. With the twenty packages that it needs it is one file here, which loads in a third of
// the time.
const x509 = await build({
  ...COMMON,
  stdin: { contents: "import 'reflect-metadata';\nexport * from '@peculiar/x509';", resolveDir: PROJECT },
  outdir: undefined,
  outfile: 'dist/x509.js',
  mainFields: ['module', 'main'],
  minify: true,
});

// All files lie in dist/ itself, and find what lies beside them as if each were where its source is.
const program = await build({
  ...COMMON,
  entryPoints: {
    cli: 'src/cli.ts',
    index: 'src/index.ts',
    simulator: 'src/simulator/index.ts',
    // Node loads this one by its name.
    'cli/session/own-imports': 'src/cli/session/own-imports.ts',
  },
  splitting: true,
  packages: 'external',
  // Names stay, and the lines are short enough for a stack to be followed.
  minifyWhitespace: true,
  minifySyntax: true,
  lineLimit: 120,
  plugins: [
    commander(),
    {
      name: 'x509',
      setup({ onResolve }) {
        onResolve({ filter: /^(?:@peculiar\/x509|reflect-metadata)$/ }, () => ({ path: './x509.js', external: true }));
      },
    },
    ownAddress((path) => {
      const compiled = relative(SOURCES, path).replaceAll('\\', '/').replace(/\.ts$/, '.js');
      return `new URL(${JSON.stringify(`./${compiled}`)}, import.meta.url).href`;
    }),
  ],
});
await joinStart(program.metafile.outputs);
chmodSync('dist/cli.js', 0o755);
writeFileSync('dist/licenses.txt', licenses([x509, program].flatMap(({ metafile }) => Object.keys(metafile.inputs))));
execFileSync(process.execPath, ['console/build.mjs'], { stdio: 'inherit' });

const [status] = await typesMade;
if (status !== 0) process.exit(1);
keepTypesOf([join('dist', 'index.d.ts'), join('dist', 'simulator', 'index.d.ts')]);

/**
 * Puts what every run loads into one file. Esbuild gives each set of modules that the same entries share a file of its own, a
 * dozen for the shortest run, and Node takes a millisecond for each. The others find what was in them by its name; what the
 * library loads, too, stays as it is.
 */
async function joinStart(outputs) {
  const fileOf = (entry) => Object.keys(outputs).find((file) => outputs[file].entryPoint === entry);
  const closureOf = (entry) => {
    const files = new Set([fileOf(entry)]);
    for (const file of files)
      for (const { path, kind } of outputs[file].imports)
        if (kind === 'import-statement' && path in outputs) files.add(path);
    return files;
  };
  const shared = new Set([...closureOf('src/index.ts'), ...closureOf('src/simulator/index.ts')]);
  const start = fileOf('src/cli/start.ts');
  const files = new Set([...closureOf('src/cli/start.ts')].filter((file) => !shared.has(file)));
  const nameIn = (file, name) => (file === start ? name : `${name}_of_${[...files].indexOf(file)}`);
  const named = (file, form) => outputs[file].exports.map((name) => form(name, nameIn(file, name))).join();
  await build({
    ...COMMON,
    stdin: {
      contents: [...files]
        .map((file) => `export{${named(file, (name, whole) => `${name} as ${whole}`)}}from'./${basename(file)}';`)
        .join('\n'),
      resolveDir: 'dist',
    },
    outdir: undefined,
    outfile: 'dist/start.js',
    packages: 'external',
    minifyWhitespace: true,
    lineLimit: 120,
    plugins: [
      {
        name: 'later',
        setup({ onResolve }) {
          onResolve({ filter: /^\./ }, ({ path, kind }) =>
            kind === 'dynamic-import' || shared.has(join('dist', path)) ? { path, external: true } : undefined,
          );
        },
      },
    ],
  });
  for (const file of files) {
    writeFileSync(file, `export{${named(file, (name, whole) => `${whole} as ${name}`)}}from"./start.js";\n`);
  }
  writeFileSync('dist/cli.js', readFileSync('dist/cli.js', 'utf8').replace(basename(start), 'start.js'));
}

/**
 * Commander is bundled, with the modules of Node that it uses. It would start other programs as commands, which ours are not;
 * what that takes is left out, since Node loads sockets with it.
 */
function commander() {
  const contents = (name) => {
    if (name === 'node:child_process') return 'module.exports = {};';
    return name === 'node:process' ? 'module.exports = process;' : `export * from '${name}';`;
  };
  return {
    name: 'commander',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^commander$/ }, () => ({ path: join(PROJECT, 'node_modules/commander/index.js') }));
      onResolve({ filter: /^node:/ }, ({ path, kind }) =>
        kind === 'require-call' ? { path, namespace: 'of-node' } : undefined,
      );
      onLoad({ filter: /.*/, namespace: 'of-node' }, ({ path }) => ({ contents: contents(path) }));
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
  const packages = new Set(inputs.flatMap((path) => /^node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(path)?.[1] ?? []));
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
