import { basename, delimiter, dirname, relative, sep } from 'node:path';

/** What the program is called where it is installed. */
export const NAME = 'anycloud-iotc';

/** How the program can be started again where it was started: by its name, by npx, or as a file. */
export function invocationOf(script: string, env: NodeJS.ProcessEnv, cwd: string): string {
  if (env['npm_command'] === 'exec' || env['npm_lifecycle_event'] === 'npx') return `npx ${NAME}`;
  const name = basename(script).replace(/\.(?:cmd|ps1)$/, '');
  if (name === NAME) {
    const folders = (env['PATH'] ?? env['Path'] ?? '').split(delimiter);
    return folders.includes(dirname(script)) ? NAME : `npx ${NAME}`;
  }
  if (script.split(sep).includes('node_modules')) return `npx ${NAME}`;
  const path = relative(cwd, script);
  return `node ${/\s/.test(path) ? `"${path}"` : path}`;
}
