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
    const option = new Option(setting.flag, describe(setting)).helpGroup(`${setting.section}:`);
    // Unlike other flags, a negated one would be given (as true) when it is not.
    if (setting.hidden) option.hideHelp();
    command.addOption(option.negate ? option.default(null) : option);
  }
}

function describe(setting: Setting<unknown>): string {
  const { fallback } = setting;
  const facts = [
    ...(setting.env === undefined ? [] : [setting.env]),
    ...(typeof fallback === 'string' || typeof fallback === 'number' ? [`default: ${fallback}`] : []),
  ];
  return facts.length === 0 ? setting.help : `${setting.help} (${facts.join(', ')})`;
}
