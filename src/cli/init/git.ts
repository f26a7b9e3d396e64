import { execFile } from 'node:child_process';

/** How git sees a file. */
export type Tracking = 'ignored' | 'not ignored' | 'no repository';

const NOT_IGNORED = 1;
const DEADLINE = 5_000;

/** Asks git whether it ignores `path`; a file that is committed already is not ignored, whatever .gitignore says. */
export function tracking(path: string, folder: string): Promise<Tracking> {
  return new Promise((resolve) => {
    execFile('git', ['check-ignore', '--quiet', '--', path], { cwd: folder, timeout: DEADLINE }, (error) => {
      if (!error) resolve('ignored');
      else resolve(error.code === NOT_IGNORED ? 'not ignored' : 'no repository');
    });
  });
}
