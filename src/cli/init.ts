import { existsSync, realpathSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'dotenv';
import { envExample } from '../config/env-example.ts';
import { type EnvFile, readEnvFile } from '../config/env-file.ts';
import { resolveSettings, resolveValues, type SettingsInput } from '../config/resolve.ts';
import { SETTING_NAMES, SETTINGS, type Setting, type SettingName } from '../config/settings.ts';
import { AppError, EXIT } from '../errors.ts';
import type { CommandAction, CommandContext, Given } from './command.ts';
import { terminalAsker } from './init/asker.ts';
import { type Answers, Dialogue, isYes } from './init/dialogue.ts';
import { withValue } from './init/env-text.ts';
import { tracking } from './init/git.ts';
import { makeIdentity } from './init/make-identity.ts';
import { MODULE_LIMITS } from './module-limits.ts';
import type { ProcessEnvironment } from './process-environment.ts';
import { runCommand } from './runner.ts';
import { linkSettings, withModule } from './with-module.ts';

/** Stands above a line that a person is to fill in. */
const SCOPE_TO_COME = '# Still to come: the ID scope, from IoT Central or from the DPS.\n';
/** Only the owner may read the passphrase. */
const MODE = 0o600;

/** Writes the settings file: asks at a terminal, or takes the flags and asks nothing. */
export const init: CommandAction = (given, environment) =>
  runCommand(given, environment, async (context) => {
    const { out, yes } = given.flags;
    const path = typeof out === 'string' ? out : '.env';
    const file = existsSync(resolve(environment.cwd, path)) ? readEnvFile(path, environment.cwd) : null;
    const isTerminal = environment.stdin.isTTY === true && environment.stdout.isTTY === true;
    const text =
      isTerminal && yes !== true
        ? await converse(given, path, file, environment, context)
        : nonInteractive(given, path, file);
    if (text === null) return EXIT.done;
    if (text === file?.text) {
      context.print(`${path} stays as it is.`);
    } else {
      save(resolve(environment.cwd, path), text);
      context.print(`${path} is written.`);
    }
    await advise(path, text, environment, context);
    return EXIT.done;
  });

/** The text without asking. @throws AppError E_CONFIG when that would change a file and `--yes` does not allow it */
function nonInteractive({ flags }: Given, path: string, file: EnvFile | null): string {
  const text = applied(file, flagAnswers(flags));
  if (file && text !== file.text && flags['yes'] !== true) {
    throw new AppError('E_CONFIG', `${path} is there already`, 'Change it with --yes, or run init at a terminal.');
  }
  return text;
}

/** The text as a person wants it; null when it is not to be written. */
async function converse(
  given: Given,
  path: string,
  file: EnvFile | null,
  environment: ProcessEnvironment,
  context: CommandContext,
): Promise<string | null> {
  const { print, signal, interrupt, hintOf } = context;
  const { stdin, stdout } = environment;
  const asker = terminalAsker({ stdin, stdout, signal, onInterrupt: interrupt });
  try {
    print(`This writes ${path}. Enter takes what stands in [brackets]; Ctrl-C leaves everything as it is.`);
    const dialogue = new Dialogue({
      asker,
      print,
      signal,
      hintOf,
      given: flagAnswers(given.flags),
      current: (name) => current(file, name),
      simulate: given.flags['simulate'] === true,
      time: environment.clock.wall(),
      listPorts: async () => {
        const [{ rankPorts }, { listPorts }] = await Promise.all([
          import('../serial/likely.ts'),
          import('../serial/list.ts'),
        ]);
        return rankPorts(await listPorts());
      },
      withModule: async (port, use) => {
        const flags = { ...given.flags, ...(port !== '' && { port }) };
        return withModule(
          linkSettings({ flags, env: environment.env, envFile: file, limits: MODULE_LIMITS }),
          environment,
          context,
          use,
        );
      },
    });
    const text = applied(file, await dialogue.run());
    if (!file || text === file.text) return text;
    for (const line of differences(file.text, text)) print(line);
    if (isYes(await asker.ask(`Change ${path}? [y/N] `))) return text;
    print('Nothing was written.');
    return null;
  } finally {
    asker.close();
  }
}

/** The flags that a settings file can hold. @throws AppError E_CONFIG when one is wrong */
function flagAnswers(flags: Record<string, unknown>): Answers {
  const names = SETTING_NAMES.filter((name) => SETTINGS[name].env !== undefined && flags[name] !== undefined);
  const values = resolveValues({ flags, env: {}, envFile: null, limits: MODULE_LIMITS }, names);
  return new Map(names.map((name) => [name, String(values[name])]));
}

/** What the file, or else the default, says now; empty where there is neither, or it is wrong. */
function current(envFile: EnvFile | null, name: SettingName): string {
  try {
    return String(resolveValues({ flags: {}, env: {}, envFile, limits: MODULE_LIMITS }, [name])[name] ?? '');
  } catch {
    return '';
  }
}

/** @throws AppError E_CONFIG when a value cannot be written so that it reads back as the same */
function applied(file: EnvFile | null, answers: Answers): string {
  let text = file?.text ?? envExample({ own: true });
  for (const [name, value] of answers) {
    const { env = '' }: Setting<unknown> = SETTINGS[name];
    if (parse(text)[env] === value) continue;
    const changed = withValue(text, name, value);
    if (changed === null) {
      throw new AppError(
        'E_SETTINGS_QUOTING',
        `The value of ${env} cannot be written so that it would be read back as the same`,
        '',
        undefined,
        { env },
      );
    }
    text = changed;
  }
  return remindOfScope(text);
}

/** Says in the file what is still to come, and no longer once it is there. */
function remindOfScope(text: string): string {
  const rest = text.replace(SCOPE_TO_COME, '');
  return parse(rest)['ID_SCOPE'] === '' ? rest.replace(/^ID_SCOPE=/m, `${SCOPE_TO_COME}$&`) : rest;
}

function differences(before: string, after: string): string[] {
  const [old, now] = [parse(before), parse(after)];
  return SETTING_NAMES.flatMap((name) => {
    const { env = '', secret }: Setting<unknown> = SETTINGS[name];
    if (old[env] === now[env]) return [];
    return secret ? `${env} changes` : `${env} changes from "${old[env] ?? ''}" to "${now[env] ?? ''}"`;
  });
}

/** In one step, so that there is never half a file. @throws AppError E_CONFIG */
function save(path: string, text: string): void {
  const target = existsSync(path) ? realpathSync(path) : path;
  const draft = `${target}.new`;
  try {
    writeFileSync(draft, text, { mode: MODE, flag: 'wx' });
    try {
      renameSync(draft, target);
    } catch (error) {
      rmSync(draft);
      throw error;
    }
  } catch (cause) {
    throw new AppError('E_CONFIG', `${path} cannot be written`, 'Check who may write in its folder.', cause);
  }
}

async function advise(
  path: string,
  text: string,
  { cwd, clock, invocation }: ProcessEnvironment,
  { print }: CommandContext,
): Promise<void> {
  if ((await tracking(resolve(cwd, path), dirname(resolve(cwd, path)))) === 'not ignored') {
    print(`Warning: git does not ignore ${path}, which holds your passphrase. Add it to .gitignore before you commit.`);
  }
  const input = { flags: {}, env: {}, envFile: { path, text }, limits: MODULE_LIMITS };
  for (const line of await makeIdentity(input, cwd, clock.wall())) print(line);
  const missing = missingIn(input);
  for (const line of missing) print(line);
  if (missing.length === 0) print(`Next: "${invocation} doctor" checks it all; "${invocation}" starts the session.`);
}

function missingIn(input: SettingsInput): string[] {
  try {
    resolveSettings(input);
    return [];
  } catch (error) {
    if (error instanceof AppError) return error.message.split('\n');
    throw error;
  }
}
