import { spawn } from 'node:child_process';

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
