import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What is said when `openBrowser` has failed. */
export const NO_BROWSER = 'No browser could be started: open the address yourself';

/** What opens an address in the person's browser here; no shell reads the address. */
function opener(platform: NodeJS.Platform): [command: string, ...args: string[]] {
  switch (platform) {
    case 'darwin':
      return ['open'];
    case 'win32':
      return ['rundll32', 'url.dll,FileProtocolHandler'];
    default:
      return ['xdg-open'];
  }
}

/**
 * Opens an address in the browser, and does not wait for it.
 * @param onFailure called when there is none to be started; the address has been printed by then
 */
export function openBrowser(url: string, onFailure: () => void, platform = process.platform): void {
  const [command, ...args] = opener(platform);
  const child = spawn(command, [...args, url], { detached: true, stdio: 'ignore' });
  child.once('error', onFailure);
  child.once('exit', (code) => {
    if (code !== 0) onFailure();
  });
  child.unref();
}

/**
 * A page in a file of its own, for this user's eyes only, that leads to an address with a secret in it: what stands in the
 * arguments of a program, every user of this computer can read.
 * @param link has no characters that mean something in HTML
 * @returns its address, and what removes it
 * @throws the system's error when it cannot be written
 */
export function doorTo(link: string, folder: string): { url: string; remove(): void } {
  if (/[<>"'&]/.test(link)) throw new Error('the address has characters that mean something in HTML');
  const path = join(folder, 'open.html');
  const remove = () => rmSync(path, { force: true });
  remove();
  writeFileSync(path, `<!doctype html><meta http-equiv="refresh" content="0; url=${link}">\n`, {
    mode: 0o600,
    flag: 'wx',
  });
  return { url: pathToFileURL(path).href, remove };
}
