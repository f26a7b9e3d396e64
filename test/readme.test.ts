import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SETTING_NAMES, SETTINGS, type Setting } from '../src/config/settings.ts';
import { EXIT } from '../src/errors.ts';
import type { SessionEvent } from '../src/events.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('the README names every setting with its flag and its default', () => {
  for (const name of SETTING_NAMES) {
    const { flag, env, fallback, help, hidden }: Setting<unknown> = SETTINGS[name];
    if (hidden) continue;
    const shown = typeof fallback === 'string' || typeof fallback === 'number' ? `\`${fallback}\`` : '';
    const cells = [env ? `\`${env}\`` : '', flag === null ? '' : `\`${flag.replaceAll('|', '\\|')}\``];
    assert.ok(
      readme.includes(`| ${cells.join(' | ')} | ${fallback === undefined ? 'required' : shown} | ${help} |`),
      name,
    );
  }
});

test('the README has every exit code', () => {
  const rows = [...readme.matchAll(/^\| (\d+) \| /gm)].map(([, code]) => Number(code));
  assert.deepEqual(rows, Object.values(EXIT));
});

test('the README has every type of event', () => {
  const types: Record<SessionEvent['type'], true> = {
    state: true,
    at: true,
    event: true,
    waiting: true,
    message: true,
    assigned: true,
    twin: true,
    telemetry: true,
    property: true,
    reported: true,
    command: true,
    gateway: true,
    'local-cloud': true,
    console: true,
    error: true,
    exit: true,
  };
  for (const type of Object.keys(types)) assert.match(readme, new RegExp(`^\\| \`${type}\` \\| `, 'm'));
});

test('the README installs the tarball that npm pack makes of this version', () => {
  const manifest: { name: string; version: string } = JSON.parse(
    readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
  );
  const names = [...readme.matchAll(/[\w-]+-\d+\.\d+\.\d+\.tgz/g)].map(([name]) => name);
  assert.deepEqual(new Set(names), new Set([`${manifest.name}-${manifest.version}.tgz`]));
});
