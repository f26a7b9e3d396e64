import { type Command, Option } from 'commander';
import { SETTING_NAMES, SETTINGS, type Setting } from './settings.ts';

/**
 * Adds the flags of the table to `command`, grouped for its help. Values stay the texts that were typed, and commander
 * sees no environment: both precedence and checks belong to `resolveSettings`, which can name everything at once.
 */
export function addRunOptions(command: Command): void {
  for (const name of SETTING_NAMES) {
    const setting: Setting<unknown> = SETTINGS[name];
    const option = new Option(setting.flag, describe(setting)).helpGroup(`${setting.section}:`);
    // Unlike other flags, a negated one would be given (as true) when it is not.
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
