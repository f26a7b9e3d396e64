import { SETTING_NAMES, SETTINGS, type Setting } from './settings.ts';

const EXAMPLE = 'Settings of anycloud-iotc. Copy this file to .env and fill in port, Wi-Fi and ID scope.';
const OWN = 'Settings of anycloud-iotc, which reads them where it is started.';
const HEAD = ['A flag or a variable of the environment wins over a line here; an empty value counts as not set.'];

/**
 * The text of `.env.example`: every setting that has a name in the environment, by section, with its default.
 * @param own for a person's own file, which need not be copied any more
 */
export function envExample({ own = false } = {}): string {
  const lines = [own ? OWN : EXAMPLE, ...HEAD].map((line) => `# ${line}`);
  let section = '';
  for (const name of SETTING_NAMES) {
    const setting: Setting<unknown> = SETTINGS[name];
    if (setting.env === undefined) continue;
    if (setting.section !== section) {
      section = setting.section;
      lines.push('', `# --- ${section} ---`);
    }
    lines.push('', ...comments(setting), `${setting.env}=${initialValue(setting)}`);
  }
  return `${lines.join('\n')}\n`;
}

function comments(setting: Setting<unknown>): string[] {
  const help = setting.help.charAt(0).toUpperCase() + setting.help.slice(1);
  const example = setting.example === undefined ? [] : [`Example: ${setting.env}=${setting.example}`];
  return [`${help}.`, ...(setting.comment ?? []), ...example].map((line) => `# ${line}`);
}

function initialValue(setting: Setting<unknown>): string {
  if (setting.fallback === null) return '';
  if (setting.fallback !== undefined) return String(setting.fallback);
  return setting.example?.startsWith("'") ? "''" : '';
}
