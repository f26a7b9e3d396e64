import nativePath, { type PlatformPath } from 'node:path';

/** What the program is called where it is installed. */
export const NAME = 'anycloud-iotc';

/**
 * How the program can be started again where it was started: by its name, by npx, or as a file. npx is named only where it
 * finds the program without asking a registry: in a folder of the project that has it.
 * @param script what Node was given to run
 * @param file where that really is, without symbolic links
 */
export function invocationOf(
  script: string,
  file: string,
  env: NodeJS.ProcessEnv,
  cwd: string,
  path: PlatformPath = nativePath,
): string {
  const isWithin = (folder: string) => {
    const way = path.relative(folder, cwd);
    return !path.isAbsolute(way) && way.split(path.sep)[0] !== '..';
  };
  // npx puts folders of its own into PATH.
  const isNpx = env['npm_command'] === 'exec' || env['npm_lifecycle_event'] === 'npx';
  const projectOf = (place: string) => {
    const parts = place.split(path.sep);
    const installed = parts.lastIndexOf('node_modules');
    return installed < 0 ? null : parts.slice(0, installed).join(path.sep);
  };
  const project = projectOf(script);
  if (!isNpx) {
    const folders = (env['PATH'] ?? env['Path'] ?? '').split(path.delimiter);
    const isInPath = (folder: string) => folders.some((each) => each !== '' && path.relative(each, folder) === '');
    if (path.basename(script) === NAME && isInPath(path.dirname(script))) return NAME;
    // On Windows the commands stand beside node_modules, and run the file in it.
    if (path.sep === '\\' && project !== null && isInPath(project)) return NAME;
  }
  if (project !== null && isWithin(project)) return `npx ${NAME}`;
  // In a clone, npx runs the file of the clone, by a link in a folder of its own.
  if (isNpx && projectOf(file) === null && isWithin(path.dirname(path.dirname(file)))) return `npx ${NAME}`;
  const way = path.relative(cwd, script);
  return `node ${/^[\w@%+=:,./\\~-]+$/.test(way) ? way : `"${way}"`}`;
}
