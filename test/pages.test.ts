import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { SETTING_NAMES, SETTINGS, type Setting } from '../src/config/settings.ts';
import { EXIT } from '../src/errors.ts';
import type { SessionEvent } from '../src/events.ts';

const page = (name: string) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8');
const settings = page('docs/settings.md');
const output = page('docs/output.md');

test('the page of settings names every one with its flag and its default', () => {
  for (const name of SETTING_NAMES) {
    const { flag, env, fallback, help, hidden }: Setting<unknown> = SETTINGS[name];
    if (hidden) continue;
    const shown = typeof fallback === 'string' || typeof fallback === 'number' ? `\`${fallback}\`` : '';
    const cells = [env ? `\`${env}\`` : '', flag === null ? '' : `\`${flag.replaceAll('|', '\\|')}\``];
    assert.ok(
      settings.includes(`| ${cells.join(' | ')} | ${fallback === undefined ? 'required' : shown} | ${help} |`),
      name,
    );
  }
});

test('the page of the output has every exit code', () => {
  const rows = [...output.matchAll(/^\| (\d+) \| /gm)].map(([, code]) => Number(code));
  assert.deepEqual(rows, Object.values(EXIT));
});

test('the page of the output has every type of event', () => {
  const types: Record<SessionEvent['type'], true> = {
    state: true,
    at: true,
    event: true,
    waiting: true,
    message: true,
    certificate: true,
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
  for (const type of Object.keys(types)) assert.match(output, new RegExp(`^\\| \`${type}\` \\| `, 'm'));
});
