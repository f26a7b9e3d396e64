import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

// What is measured is what is shipped: the sources that a benchmark imports stand for their compiled form. This file is
// both the hook, which runs in a thread of its own, and what registers it.
if (isMainThread) register(import.meta.url);

const SOURCES = new URL('../src/', import.meta.url).href;
const COMPILED = new URL('../dist/', import.meta.url).href;

export function resolve(specifier, context, nextResolve) {
  const { href } = new URL(specifier, context.parentURL?.startsWith('file:') ? context.parentURL : import.meta.url);
  if (!specifier.startsWith('.') || !href.startsWith(SOURCES)) return nextResolve(specifier, context);
  return nextResolve(href.replace(SOURCES, COMPILED).replace(/\.ts$/, '.js'), context);
}
