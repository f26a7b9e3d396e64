import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMANDS, type Example, FIRST_EXAMPLES, nameOf } from '../../src/cli/commands.ts';
import { createProgram } from '../../src/cli/program.ts';
import { SETTING_NAMES, SETTINGS, type Setting } from '../../src/config/settings.ts';
import { emptyFolder } from '../helpers/cli.ts';
import { runMain, surroundings } from '../helpers/in-process.ts';

const cwd = emptyFolder();
const LIMITS = { deviceId: 127, host: 127 };

async function helpOf(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runMain(args, cwd);
  assert.deepEqual([code, stderr], [0, '']);
  return stdout;
}

test('the help has three examples first, then every command, then every option in its group', async () => {
  const help = await helpOf('--help');
  const examples = help.slice(help.indexOf('Examples:'), help.indexOf('\nPrepare a board:\n'));
  assert.equal(examples.match(/^ {2}anycloud-iotc /gm)?.length, 3);
  const commands = help.slice(help.indexOf('\nPrepare a board:\n'), help.indexOf('\nOptions:\n'));
  for (const definition of COMMANDS) {
    const [name, group] = [nameOf(definition), definition.group];
    assert.match(commands, new RegExp(`^${group}:\n(?: .*\n)*? {2}${name} `, 'm'), name);
  }
  const options = help.slice(help.indexOf('\nOptions:\n'));
  for (const name of SETTING_NAMES) {
    const { flag, section, env, hidden }: Setting<unknown> = SETTINGS[name];
    if (flag === null) continue;
    const literally = flag.replaceAll(/[|[\]]/g, '\\$&');
    const shown = new RegExp(`^${section}:\n(?: .*\n)*? {2}${literally} (?:.*\n){0,4}?.*${env ?? ''}`, 'm').test(
      options,
    );
    assert.equal(shown, !hidden, name);
  }
  assert.ok(help.split('\n').every((line) => line.length <= 90));
});

test('each way to ask gives the same help, and every command has an example of its own', async () => {
  assert.equal(await helpOf('-h'), await helpOf('help'));
  for (const definition of COMMANDS) {
    const name = nameOf(definition);
    const help = await helpOf(name, '--help');
    assert.ok(help.replaceAll(/\s+/g, ' ').includes(definition.description));
    assert.match(help, new RegExp(`^Usage: anycloud-iotc ${name} `));
    assert.match(help, new RegExp(`^Examples:\n {2}anycloud-iotc ${name}`, 'm'), name);
    assert.equal(await helpOf('help', name), help);
  }
});

/** The words of a line, as a shell parts them that knows double quotes. */
const wordsOf = (line: string): string[] =>
  [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');

test('every example is a command line that the program takes, with values that its settings take', async () => {
  const examples: Example[] = [...FIRST_EXAMPLES, ...COMMANDS.flatMap(({ examples }) => examples)];
  for (const [line] of examples) {
    const words = wordsOf(line.replace(/ > \S+$/, ''));
    const { environment, ended } = surroundings(words, cwd);
    let flags: Record<string, unknown> | undefined;
    const program = createProgram(environment, async (_, given) => {
      flags = given.flags;
    });
    await program.parseAsync(words, { from: 'user' }).catch(() => assert.fail(`${line}: ${ended(0).stderr}`));
    for (const name of SETTING_NAMES) {
      const value = flags?.[name];
      const { check }: Setting<unknown> = SETTINGS[name];
      if (typeof value === 'string') assert.ok('value' in check(value, LIMITS), `${line}: ${name}`);
    }
  }
});
