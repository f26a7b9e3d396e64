import assert from 'node:assert/strict';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { main } from '../../src/cli/main.ts';
import { doorTo } from '../../src/cli/open-browser.ts';
import { emptyFolder, parseEvent } from '../helpers/cli.ts';
import { surroundings } from '../helpers/in-process.ts';

/** Runs the program until it opens the browser, and ends it after `look`. */
async function opened(args: string[], cwd: string, look: (url: string) => void, succeeds = true) {
  const { environment, signals, ended } = surroundings(args, cwd);
  const asked = new Promise<string>((resolve) => {
    environment.openBrowser = (url, onFailure) => {
      if (!succeeds) onFailure();
      resolve(url);
    };
  });
  const running = main(environment);
  look(await asked);
  signals.emit('SIGINT');
  return ended(await running);
}

suite('--open', () => {
  const cwd = emptyFolder();
  writeFileSync(join(cwd, 'run.ndjson'), '{"v":1,"ts":"2026-11-27T12:00:00Z","type":"state","state":"sync"}\n');

  test('opens the address that is printed, once', async () => {
    let opener = '';
    const { stdout } = await opened(['console', 'run.ndjson', '--open', '--json'], cwd, (url) => {
      opener = url;
    });
    const event = stdout
      .split('\n')
      .filter(Boolean)
      .map(parseEvent)
      .find(({ type }) => type === 'console');
    assert.equal(opener, event?.['link']);
  });

  test('says so where there is no browser, and goes on', async () => {
    const { stdout } = await opened(['console', 'run.ndjson', '--open'], cwd, () => undefined, false);
    assert.match(stdout, /No browser could be started: open the address yourself/);
  });

  test('keeps the key of a cloud that others can reach out of the arguments of the browser', async () => {
    let path = '';
    const args = ['cloud', '--host', '0.0.0.0', '--mqtt-port', '0', '--http-port', '0', '--data', 'state', '--open'];
    const { stdout } = await opened(args, cwd, (url) => {
      assert.doesNotMatch(url, /key/);
      path = fileURLToPath(url);
      assert.match(
        readFileSync(path, 'utf8'),
        /^<!doctype html><meta http-equiv="refresh" content="0; url=http:\/\/[^"]+\/#key=[^"]+">$/m,
      );
      if (process.platform !== 'win32') assert.equal(statSync(path).mode & 0o777, 0o600);
    });
    const [, key = 'none'] = /Authorization: (\S+)/.exec(stdout) ?? [];
    assert.ok(key.length > 10);
    assert.equal(existsSync(path), false, 'it is gone with the program');
  });

  test('writes no address into a page that would be more than an address there', () => {
    assert.throws(() => doorTo('http://x/"><script>', cwd), /mean something in HTML/);
  });
});
