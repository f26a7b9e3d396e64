// Puts the page together in dist/console: our modules as they are, and the two libraries with their licences.
import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);
const path = (name) => fileURLToPath(new URL(name, root));

const LIBRARIES = {
  'preact.js': 'htm/preact/standalone.module.js',
  'htm-license.txt': 'htm/LICENSE',
  'uplot.js': 'uplot/dist/uPlot.iife.min.js',
  'uplot.css': 'uplot/dist/uPlot.min.css',
  'uplot-license.txt': 'uplot/LICENSE',
};

rmSync(path('dist/console'), { recursive: true, force: true });
cpSync(path('console'), path('dist/console'), {
  recursive: true,
  filter: (source) => !source.endsWith('.mjs') && !source.endsWith('.md'),
});
mkdirSync(path('dist/console/vendor'), { recursive: true });
for (const [name, source] of Object.entries(LIBRARIES))
  cpSync(path(`node_modules/${source}`), path(`dist/console/vendor/${name}`));
