import { type Command, Option } from 'commander';
import { SETTING_NAMES, SETTINGS, type Setting, type SettingName } from './settings.ts';

/**
 * Adds flags of the table to `command`, grouped for its help. Values stay the texts that were typed, and commander
 * sees no environment: both precedence and checks belong to `resolveValues`, which can name everything at once.
 * @param names which ones; all by default
 */
export function addOptions(command: Command, names: readonly SettingName[] = SETTING_NAMES): void {
  for (const name of names) {
    const setting: Setting<unknown> = SETTINGS[name];
    if (setting.flag === null) continue;
    const option = withChoices(new Option(setting.flag, setting.help), setting.check.values);
    option.helpGroup(`${setting.section}:`);
    if (setting.hidden) option.hideHelp();
    // Unlike other flags, a negated one would be given (as true) when it is not.
    command.addOption(option.negate ? option.default(null) : option);
  }
}

/** Lets `option` tell which values it has. It refuses none: `Option.choices` would, before everything else is checked. */
export function withChoices(option: Option, values: readonly (string | number)[] | undefined): Option {
  if (values) option.argChoices = values.map(String);
  return option;
}

/** What the help says of an option: of a setting, also its name in the environment and its default. */
export function describeOption({ flags, description }: Option): string {
  const name = SETTING_NAMES.find((name) => SETTINGS[name].flag === flags && SETTINGS[name].help === description);
  if (name === undefined) return description;
  const { env, fallback }: Setting<unknown> = SETTINGS[name];
  const facts = [
    ...(env === undefined ? [] : [env]),
    ...(typeof fallback === 'string' || typeof fallback === 'number' ? [`default: ${fallback}`] : []),
  ];
  return facts.length === 0 ? description : `${description} (${facts.join(', ')})`;
}
