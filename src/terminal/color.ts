import type { ChalkInstance } from 'chalk';

/** What a line of the transcript is, which decides its colour and nothing else. */
export type Tone = 'sent' | 'module' | 'event' | 'warning' | 'error' | 'plain';

export type Paint = (tone: Tone, text: string) => string;

/**
 * Whether a stream gets colours: `--no-color`, then NO_COLOR, then FORCE_COLOR, then whether it is a terminal that
 * can. Chalk is told the answer, since it leaves NO_COLOR aside.
 * @param flag false after `--no-color`, else null
 */
export function wantsColor(flag: boolean | null, env: NodeJS.ProcessEnv, isTerminal: boolean): boolean {
  if (flag !== null) return flag;
  if (env['NO_COLOR']) return false;
  const force = env['FORCE_COLOR'];
  if (force !== undefined) return force !== '0' && force !== 'false';
  return isTerminal && env['TERM'] !== 'dumb';
}

/** No colours. */
export const plainPaint: Paint = (_, text) => text;

/** The theme, of the sixteen colours that every terminal has; chalk is loaded only where there are any. */
export async function loadPaint(colored: boolean): Promise<Paint> {
  if (!colored) return plainPaint;
  const { Chalk } = await import('chalk');
  const chalk = new Chalk({ level: 1 });
  const theme: Record<Exclude<Tone, 'plain'>, ChalkInstance> = {
    sent: chalk.cyan,
    module: chalk.green,
    event: chalk.bold,
    warning: chalk.yellow,
    error: chalk.red,
  };
  return (tone, text) => (tone === 'plain' ? text : theme[tone](text));
}
