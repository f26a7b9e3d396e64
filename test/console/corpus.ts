// npm run corpus:console -- <folder or tgz>: draws overview, forms and template of every model of a corpus in the browser.
import { chromium } from 'playwright-core';
import { ModelRepository } from '../../src/dtdl/repository.ts';
import { loadModel } from '../../src/dtdl/resolve.ts';
import { interfacesIn } from '../corpus/interfaces.ts';
import { unpackCorpus } from '../corpus/unpack.ts';
import { startCloud } from './cloud.ts';
import { executable } from './executable.ts';

/** In the page: draws a model with no values, and with some that fit its telemetry badly; gives what went wrong. */
const DRAW = `async (model) => {
  const [{ html, render }, { Store }, { Overview }, { Properties }, { Commands }, { Template }, { ValueForm }, { elementsOf }] = await Promise.all([
    import('./vendor/preact.js'), import('./store.js'), import('./views/overview.js'), import('./views/properties.js'),
    import('./views/commands.js'), import('./views/template.js'), import('./parts/form.js'), import('./model.js'),
  ]);
  const store = new Store();
  const device = store.device('board');
  device.model = model;
  const root = document.createElement('div');
  const drawn = (what) => {
    render(null, root);
    render(what, root);
    if (root.textContent === '') throw new Error('nothing was drawn');
    return root;
  };
  const all = { store, device, isCloud: true, server: { about: {} } };
  const show = () => {
    for (const View of [Overview, Properties, Commands, Template]) drawn(html\`<\${View} ...\${all} />\`);
  };
  show();
  const [telemetry, properties, commands] = ['telemetry', 'properties', 'commands'].map((kind) => elementsOf(model, kind));
  for (const value of [5, true, 'text', { x: 1, y: 2 }, [1, { deep: null }], null]) {
    for (const { path } of telemetry) device.values.set(path, { value, at: Date.now() });
    for (const { path } of properties) device.reported.set(path, { value, at: Date.now() });
    show();
  }
  const fields = [...properties.filter(({ element }) => element.writable).map(({ element }) => element), ...commands.map(({ element }) => element.request).filter(Boolean)];
  for (const field of fields) {
    const form = drawn(html\`<\${ValueForm} field=\${field} action="Send" onSend=\${() => undefined} />\`);
    const leaves = form.querySelectorAll('input[type=text], select, textarea').length;
    if (leaves === 0 && !(field.schema.kind === 'object' && field.schema.fields.length === 0)) throw new Error(field.name + ' has no control');
  }
  const names = drawn(html\`<\${Template} ...\${all} />\`).querySelectorAll('tbody > tr').length;
  if (names !== telemetry.length + properties.length + commands.length) throw new Error('the template shows ' + names);
}`;

const [path] = process.argv.slice(2);
if (path === undefined || executable === undefined) {
  process.stderr.write(
    path === undefined
      ? 'usage: npm run corpus:console -- <folder or tgz with models>\n'
      : 'skipped: no Chromium was found; CHROMIUM names one\n',
  );
  process.exit(path === undefined ? 2 : 0);
}

const { folder, remove } = unpackCorpus(path);
const { cloud, url } = await startCloud();
const browser = await chromium.launch({ executablePath: executable, args: ['--no-sandbox', '--disable-gpu'] });
try {
  const page = await browser.newPage();
  let complaints: string[] = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  await page.goto(url);
  const repository = new ModelRepository([folder]);
  const ids = interfacesIn(folder);
  let drawn = 0;
  for (const id of ids) {
    complaints = [];
    try {
      const model = JSON.stringify(loadModel(id, repository));
      await page.evaluate(`(${DRAW})(${model})`);
      if (complaints.length > 0) throw new Error(complaints.join('; '));
      drawn++;
    } catch (error) {
      process.stdout.write(`${id}: ${error instanceof Error ? error.message.split('\n')[0] : String(error)}\n`);
    }
  }
  process.stdout.write(`${drawn} of ${ids.length} models are shown: overview, forms and template\n`);
  process.exitCode = drawn === ids.length && drawn > 0 ? 0 : 1;
} finally {
  await browser.close();
  await cloud.close();
  remove();
}
