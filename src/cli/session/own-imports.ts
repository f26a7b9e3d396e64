import module, { type ResolveHookContext } from 'node:module';

const OWN = /^anycloud-iotc(?:\/|$)/;

/**
 * Node's hook for what a device file imports: `anycloud-iotc` is this program, by the exports of its package.json,
 * wherever the file is and however the program was installed. Node calls it by this name, on some releases in a thread.
 */
export function resolve<Result>(
  specifier: string,
  context: ResolveHookContext,
  nextResolve: (specifier: string, context: ResolveHookContext) => Result,
): Result {
  return nextResolve(specifier, OWN.test(specifier) ? { ...context, parentURL: import.meta.url } : context);
}

let mapped = false;

/** Makes this program known to what is imported from now on. */
export function mapOwnImports(): void {
  if (mapped) return;
  mapped = true;
  const registerHooks: unknown = Reflect.get(module, 'registerHooks');
  // From Node 22.15 on; `register` is on its way out there.
  if (typeof registerHooks === 'function') registerHooks({ resolve });
  else module.register(import.meta.url);
}
