import type { Json, SessionEvent } from '../events.ts';
import type { Tone } from './color.ts';
import { visible } from './visible.ts';

export interface TranscriptOptions {
  quiet: boolean;
  verbose: boolean;
  /** A keyboard is attached, so ESC can end the session. */
  interactive: boolean;
  /** When the program started, on the monotonic clock in milliseconds. */
  startedAt: number;
}

export interface Line {
  tone: Tone;
  /** Without line end and control characters. */
  text: string;
}

const RULE = '-'.repeat(80);
const BLOCK_RULE = '-'.repeat(32);
const DOTS = '.'.repeat(29);
const PROMPT: Line = { tone: 'plain', text: '>' };
const BLANK: Line = { tone: 'plain', text: '' };

/** Turns events into the lines that a person reads, in the walkthrough's form. Secrets are masked before. */
export class Transcript {
  readonly #options: TranscriptOptions;
  #begun = false;
  #last: 'blank' | 'note' | 'other' = 'other';

  constructor(options: TranscriptOptions) {
    this.#options = options;
  }

  /** What stands above everything else. */
  banner(): Line[] {
    if (this.#options.quiet) return [];
    const title = plain(RULE, 'Starting the AnyCloud Azure IoT Central Demonstration', RULE, '', '');
    this.#last = 'blank';
    return this.#options.interactive ? [...title, ...plain('Press ESC to Exit the script', '')] : title;
  }

  /** The lines for `event`, which happened at `at` (milliseconds since 1970); often none. */
  lines(event: SessionEvent, at: number): Line[] {
    const isNote = event.type === 'event' && event.level === 'note';
    const content = this.#content(event);
    if (content.length === 0) return [];
    const needsBlank = isNote && this.#last === 'other' && !this.#options.quiet;
    const lines = [...this.#beginning(event), ...(needsBlank ? [BLANK] : []), ...content];
    this.#last = content.at(-1)?.text === '' ? 'blank' : isNote ? 'note' : 'other';
    if (!this.#options.verbose) return lines;
    const time = `${String(Math.round(at - this.#options.startedAt)).padStart(8)} ms  `;
    return lines.map(({ tone, text }) => ({ tone, text: text === '' ? '' : time + text }));
  }

  #beginning(event: SessionEvent): Line[] {
    if (this.#begun || this.#options.quiet || (event.type !== 'state' && event.type !== 'at')) return [];
    this.#begun = true;
    return plain('Start Initialization...', DOTS);
  }

  #content(event: SessionEvent): Line[] {
    const { quiet, verbose } = this.#options;
    switch (event.type) {
      case 'event':
        return sentence(event.level, event.message);
      case 'error':
        return errorLines(event, verbose);
      case 'at':
        return quiet ? [] : atLines(event);
      case 'message':
        return quiet ? [] : messageBlock(event.topic, event.payload);
      case 'local-cloud':
        return quiet ? [] : cloudBlock(event.url, event.deviceId);
      case 'exit':
        return quiet ? [] : plain('', visible(`Session ended: ${event.reason} (exit code ${event.code})`));
      default:
        return verbose ? plain(visible(detail(event))) : [];
    }
  }
}

/**
 * An error as a person reads it, in the transcript or alone.
 * @param verbose shows where a bug was met
 */
export function errorLines(
  { message, hint, code, stack = '' }: Pick<SessionEvent & { type: 'error' }, 'message' | 'hint' | 'code' | 'stack'>,
  verbose: boolean,
): Line[] {
  const [first = '', ...rest] = message.split('\n');
  const lines = [`Error: ${first}`, ...rest, ...(hint === '' ? [] : [`  Hint: ${hint}`]), `  Code: ${code}`];
  if (verbose && stack !== '') lines.push(...stack.split('\n').map((line) => `  ${line}`));
  return lines.map((text) => ({ tone: 'error', text: visible(text) }));
}

function plain(...lines: string[]): Line[] {
  return lines.map((text) => ({ tone: 'plain', text }));
}

function sentence(level: 'event' | 'note' | 'warning', message: string): Line[] {
  const lines = message.split('\n').map(visible);
  if (level === 'note') return plain(...lines);
  const label = level === 'event' ? 'Event: ' : 'Warning: ';
  return lines.map((text, index) => ({ tone: level, text: index === 0 ? label + text : text }));
}

/** The module prints its prompt after a status and after an event, and after nothing else (AT protocol 2.3). */
function atLines(event: SessionEvent & { type: 'at' }): Line[] {
  if (event.dir === 'tx') return [{ tone: 'sent', text: visible(event.line) }];
  const line: Line = { tone: 'module', text: visible(event.line) };
  return event.kind === 'status' || event.kind === 'urc' ? [line, PROMPT] : [line];
}

function messageBlock(topic: string, payload: string): Line[] {
  return plain(
    BLOCK_RULE,
    'subscription topic received',
    `  "${visible(topic)}"`,
    'subscription payload received',
    ...payloadLines(payload),
    BLOCK_RULE,
  );
}

function payloadLines(payload: string): string[] {
  if (payload === '') return ['(empty)'];
  try {
    const value: Json = JSON.parse(payload);
    return JSON.stringify(value, null, 4).split('\n').map(visible);
  } catch {
    // It is no JSON, or nested deeper than the stack; either way what came is what is shown.
    return [visible(payload)];
  }
}

/** How to play the cloud's part: the walkthrough's two actions as lines for a POSIX shell. */
function cloudBlock(url: string, deviceId: string): Line[] {
  const device = `${url.replace(/\/$/, '')}/api/devices/${encodeURIComponent(deviceId)}`;
  const json = "-H 'Content-Type: application/json'";
  return plain(
    visible(`The local cloud is at ${url}`),
    'Change the telemetry interval:',
    `  curl -X PATCH ${shellWord(`${device}/properties`)} ${json} -d '{"telemetryInterval":5}'`,
    'Reboot the device:',
    `  curl -X POST ${shellWord(`${device}/commands/reboot`)} ${json} -d '{"request":{"delay":"PT5S"}}'`,
    '',
  );
}

function shellWord(text: string): string {
  return `'${visible(text).replaceAll("'", "'\\''")}'`;
}

/** What only `--verbose` shows, since the session tells the same in sentences. */
function detail(
  event: Exclude<SessionEvent, { type: 'event' | 'error' | 'at' | 'message' | 'local-cloud' | 'exit' }>,
): string {
  switch (event.type) {
    case 'state':
      return `state ${event.state}`;
    case 'assigned':
      return `assigned to ${event.hub} as ${event.deviceId}`;
    case 'twin':
      return `twin desired ${JSON.stringify(event.desired)} reported ${JSON.stringify(event.reported)}`;
    case 'telemetry':
      return `telemetry ${JSON.stringify(event.body)}`;
    case 'property':
      return `property ${event.name} = ${JSON.stringify(event.value)}, version ${event.version}, ac ${event.ac}`;
    case 'command':
      return `command ${event.name} ${JSON.stringify(event.request)}: ${event.status} ${JSON.stringify(event.response)}`;
  }
}
