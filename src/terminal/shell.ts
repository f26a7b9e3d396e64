import type { JsonObject } from '../events.ts';
import { visible } from './visible.ts';

/** Who reads the lines that a person copies from the transcript. */
export type Shell = 'posix' | 'cmd' | 'powershell';

/**
 * The shell that has started the program, as far as its environment tells: on Windows, Git Bash sets SHELL, and the command
 * prompt sets PROMPT.
 */
export function shellOf(platform: NodeJS.Platform, env: NodeJS.ProcessEnv): Shell {
  if (platform !== 'win32' || env['SHELL']) return 'posix';
  return env['PROMPT'] === undefined ? 'powershell' : 'cmd';
}

/** A request with a JSON body, as a line that can be copied into a shell. */
export function requestLine(shell: Shell, method: string, url: string, body: JsonObject): string {
  const json = visible(JSON.stringify(body));
  const address = visible(url);
  switch (shell) {
    case 'posix':
      return `curl -X ${method} ${posix(address)} -H 'Content-Type: application/json' -d ${posix(json)}`;
    case 'cmd':
      return `curl -X ${method} "${address}" -H "Content-Type: application/json" -d "${forCmd(json)}"`;
    case 'powershell':
      // What it gives to other programs loses its double quotes on some releases.
      return `Invoke-RestMethod -Method ${method} -Uri ${powershell(address)} -ContentType 'application/json' -Body ${powershell(json)}`;
  }
}

function posix(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** Typographic quotation marks end a text there, too. */
function powershell(text: string): string {
  return `'${text.replace(/['\u2018-\u201b]/g, '$&$&')}'`;
}

/** Each escaped quotation mark ends the quoting for cmd itself, so what means something to it is escaped by JSON. */
function forCmd(json: string): string {
  return json
    .replace(/[&|<>^%!]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replace(/\\*"/g, (match) => `${'\\'.repeat(2 * (match.length - 1))}\\"`);
}
