import type { Json, JsonObject, SessionEvent } from '../events.ts';
import type { Tone } from './color.ts';
import { requestLine, type Shell } from './shell.ts';
import { visible } from './visible.ts';

/** What is shown: a session in every step, one line for each thing that happens, or the sentences of a service. */
export type View = 'session' | 'quiet' | 'service';

export interface TranscriptOptions {
  view: View;
  verbose: boolean;
  /** A keyboard is attached, so ESC can end the session. */
  interactive: boolean;
  /** When the program started, on the monotonic clock in milliseconds. */
  startedAt: number;
  /** Which shell reads the lines that are shown to be copied; a POSIX one unless told. */
  shell?: Shell;
}

export interface Line {
  tone: Tone;
  /** Without line end and control characters. */
  text: string;
}

const RULE = '-'.repeat(80);
const BLOCK_RULE = '-'.repeat(32);
const DOTS = '.'.repeat(29);
/** Sentences of the walkthrough about a step; what has come of it has a line of its own. */
const STEPS: ReadonlySet<string> = new Set([
  'WiFi not connected, initializing',
  'Subscribed to DPS topics, publish registration request....',
  'DPS subscription received notification',
]);
const PROMPT: Line = { tone: 'plain', text: '>' };
const BLANK: Line = { tone: 'plain', text: '' };

/** Turns events into the lines that a person reads, in the walkthrough's form. Secrets are masked before. */
export class Transcript {
  readonly #options: TranscriptOptions;
  #begun = false;
  #last: 'blank' | 'note' | 'other' = 'other';
  #failed = false;
  #cloud: Line[] = [];
  #console: string | null = null;
  #deviceId: string | null = null;
  #hub: string | null = null;
  /** What is waited for, until a sentence has come after it. */
  #waitsFor = '';

  constructor(options: TranscriptOptions) {
    this.#options = options;
  }

  /** What stands above everything else. */
  banner(): Line[] {
    if (this.#options.view !== 'session') return [];
    const title = plain(RULE, 'Starting the AnyCloud Azure IoT Central Demonstration', RULE, '', '');
    this.#last = 'blank';
    return this.#options.interactive ? [...title, ...plain('Press ESC to Exit the script', '')] : title;
  }

  /**
   * What a person can do while it runs: the keys, who the device is, and the lines that play the cloud's part.
   * @param modelId what the device announces; null for nothing
   */
  help(modelId: string | null): Line[] {
    const model = modelId === null ? 'no model' : `model ${modelId}`;
    const hub = this.#hub === null ? 'no hub yet' : `hub ${this.#hub}`;
    return [
      ...plain(
        '',
        'On an empty line: b presses the button of the board, t sends telemetry now, ? shows this.',
        `ESC ends the session, Ctrl-C too${(this.#options.shell ?? 'posix') === 'posix' ? ', Ctrl-Z suspends it' : ''}.`,
        'A line that starts with AT goes to the module when you press Enter. Up and down show earlier lines,',
        'left and right move in a line, Ctrl-U clears it, Ctrl-W removes its last word.',
        visible(`Device ${this.#deviceId ?? 'not known yet'}, ${model}, ${hub}`),
      ),
      ...this.#cloud,
      ...(this.#console === null ? [] : plain(visible(`The console is at ${this.#console}`))),
      BLANK,
    ];
  }

  /** The lines for `event`, which happened at `at` (milliseconds, on the monotonic clock); often none. */
  lines(event: SessionEvent, at: number): Line[] {
    const { view, verbose, startedAt } = this.#options;
    this.#learn(event);
    const isNote = event.type === 'event' && event.level === 'note';
    const content = view === 'session' ? this.#content(event) : this.#brief(event);
    if (event.type === 'error') this.#failed = true;
    if (content.length === 0) return [];
    if (event.type === 'event' || event.type === 'gateway') this.#waitsFor = '';
    const needsBlank = isNote && this.#last === 'other' && view === 'session';
    const lines = [...this.#beginning(event), ...(needsBlank ? [BLANK] : []), ...content];
    this.#last = content.at(-1)?.text === '' ? 'blank' : isNote ? 'note' : 'other';
    if (!verbose) return lines;
    const time = `${String(Math.round(at - startedAt)).padStart(8)} ms  `;
    return lines.map(({ tone, text }) => ({ tone, text: text === '' ? '' : time + text }));
  }

  /** Keeps what `help` tells. */
  #learn(event: SessionEvent): void {
    if (event.type === 'local-cloud') this.#cloud = cloudBlock(event, this.#options.shell ?? 'posix');
    if (event.type === 'local-cloud') this.#console = event.url;
    if (event.type === 'console') this.#console = event.link;
    if (event.type === 'assigned') this.#hub = event.hub;
    if (event.type === 'assigned' || event.type === 'local-cloud') this.#deviceId = event.deviceId;
  }

  #beginning(event: SessionEvent): Line[] {
    if (this.#begun || this.#options.view !== 'session' || (event.type !== 'state' && event.type !== 'at')) return [];
    this.#begun = true;
    return plain('Start Initialization...', DOTS);
  }

  #content(event: SessionEvent): Line[] {
    const { verbose, interactive } = this.#options;
    switch (event.type) {
      case 'event':
      case 'gateway':
        return sentence(event.level, event.message, interactive);
      case 'error':
        return errorLines(event, verbose);
      case 'at':
        return atLines(event, verbose);
      case 'message':
        return messageBlock(event.topic, event.payload);
      case 'reported':
        return acknowledgement(event.body);
      case 'waiting':
        return this.#waiting(event);
      case 'local-cloud':
        return [...this.#cloud, BLANK];
      case 'console':
        return plain(visible(`The console is at ${event.link}`));
      case 'exit':
        return [BLANK, this.#ending(event)];
      default:
        return verbose ? plain(visible(detail(event))) : [];
    }
  }

  /** A line for each thing that happens, without the steps to it. */
  #brief(event: SessionEvent): Line[] {
    const { view, verbose, interactive } = this.#options;
    switch (event.type) {
      case 'event':
        if (view === 'quiet' && (event.level === 'note' || STEPS.has(event.message))) return [];
        return sentence(event.level, event.message, interactive);
      case 'gateway':
        return view === 'quiet' && event.level === 'note' ? [] : sentence(event.level, event.message, interactive);
      case 'error':
        return errorLines(event, verbose);
      case 'at':
        return view === 'service' && verbose ? atLines(event, verbose) : [];
      case 'waiting':
        return this.#waiting(event);
      case 'assigned':
      case 'telemetry':
      case 'property':
      case 'command':
        return plain(visible(detail(event)));
      case 'local-cloud':
        return plain(visible(`The local cloud is at ${event.url}, the device is ${event.deviceId}`));
      case 'console':
        return plain(visible(`The console is at ${event.link}`));
      case 'exit':
        return view === 'quiet' ? [this.#ending(event)] : [];
      case 'message':
        return [];
      default:
        return verbose ? plain(visible(detail(event))) : [];
    }
  }

  #waiting(event: SessionEvent & { type: 'waiting' }): Line[] {
    const isSame = event.message === this.#waitsFor;
    this.#waitsFor = event.message;
    return this.#options.interactive || isSame ? [] : plain(visible(waitingLine(event)));
  }

  /** A failure has been told already. */
  #ending({ reason, code }: SessionEvent & { type: 'exit' }): Line {
    const why = this.#failed ? '' : `: ${reason}`;
    return { tone: 'plain', text: visible(`Session ended${why} (exit code ${code})`) };
  }
}

/** What is waited for, and for how long at most; with the seconds that have passed, where they are counted. */
export function waitingLine(
  { message, seconds, count, total }: Omit<SessionEvent & { type: 'waiting' }, 'type'>,
  passed: number | null = null,
): string {
  const limit = seconds === undefined ? '' : `, up to ${seconds} s`;
  // What has no limit of its own is counted by its parts instead of its seconds.
  if (count !== undefined && seconds === undefined) return `... ${message} (${count} of ${total})`;
  const attempt = count === undefined ? '' : `, try ${count} of ${total}`;
  return `... ${message}${limit}${attempt}${passed === null ? '' : ` (${passed} s)`}`;
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

/** Where there is no keyboard, no key is spoken of. */
const KEY = /^\s*Press ESC\b/;

function sentence(level: 'event' | 'note' | 'warning', message: string, interactive: boolean): Line[] {
  const lines = message
    .split('\n')
    .filter((line) => interactive || !KEY.test(line))
    .map(visible);
  if (level === 'note') return plain(...lines);
  const label = level === 'event' ? 'Event: ' : 'Warning: ';
  return lines.map((text, index) => ({ tone: level, text: index === 0 ? label + text : text }));
}

/** The module prints its prompt after a status and after an event, and after nothing else (AT protocol 2.3). */
function atLines(event: SessionEvent & { type: 'at' }, verbose: boolean): Line[] {
  const text = visible(verbose ? event.line : folded(event.line));
  if (event.dir === 'tx') return [{ tone: 'sent', text }];
  const line: Line = { tone: 'module', text };
  return event.kind === 'status' || event.kind === 'urc' ? [line, PROMPT] : [line];
}

/** A certificate fills a dozen rows and tells a person nothing. */
function folded(line: string): string {
  return line
    .replace(/(-----BEGIN CERTIFICATE-----).{100,}(-----END CERTIFICATE-----)/, '$1 ... $2')
    .replace(/\[(30[0-9a-f]{14})[0-9a-f]{200,}\]/i, '[$1...]');
}

function messageBlock(topic: string, payload: string): Line[] {
  const shown = `"${visible(topic)}"`;
  if (payload === '') return plain(`subscription topic received ${shown}, with an empty payload`);
  return plain(
    BLOCK_RULE,
    'subscription topic received',
    `  ${shown}`,
    'subscription payload received',
    ...payloadLines(payload),
    BLOCK_RULE,
  );
}

/** What was answered to the cloud, in the form of the walkthrough; other reports speak for themselves. */
function acknowledgement(body: JsonObject): Line[] {
  const answers = Object.entries(body).filter(([, member]) => isAcknowledgement(member));
  if (answers.length === 0) return [];
  return plain(...JSON.stringify(Object.fromEntries(answers), null, 4).split('\n').map(visible));
}

function isAcknowledgement(member: Json): boolean {
  return member !== null && typeof member === 'object' && !Array.isArray(member) && 'ac' in member;
}

/** Deeper JSON is all blanks when each level is indented. */
const DEEPEST = 12;

/** JSON with each member in a line of its own; as it came where it is none, and where that would change or bury it. */
function payloadLines(payload: string): string[] {
  try {
    const value: Json = JSON.parse(payload);
    if (depthOf(value) <= DEEPEST && isUnchanged(value)) return JSON.stringify(value, null, 4).split('\n').map(visible);
  } catch {
    // It is not JSON, or nested deeper than the stack.
  }
  return [visible(payload)];
}

function depthOf(value: Json): number {
  if (value === null || typeof value !== 'object') return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

/** A number that is too large for a double would be shown as null. */
function isUnchanged(value: Json): boolean {
  if (typeof value === 'number') return Number.isFinite(value);
  return value === null || typeof value !== 'object' || Object.values(value).every(isUnchanged);
}

/** How to play the cloud's part, as lines for a shell. */
function cloudBlock({ url, requests }: SessionEvent & { type: 'local-cloud' }, shell: Shell): Line[] {
  const commands = requests.flatMap(({ title, method, path, body }) => [
    `${visible(title)}:`,
    `  ${requestLine(shell, method, url.replace(/\/$/, '') + path, body)}`,
  ]);
  return plain(visible(`The local cloud is at ${url}`), ...commands);
}

/** What the transcript says in the steps to it, as one line. */
function detail(
  event: Exclude<
    SessionEvent,
    { type: 'event' | 'gateway' | 'error' | 'at' | 'message' | 'local-cloud' | 'console' | 'exit' }
  >,
): string {
  switch (event.type) {
    case 'state':
      return `state ${event.state}`;
    case 'certificate':
      return `certificate of ${event.subject}, valid until ${event.validTo}, SHA-1 ${event.sha1}`;
    case 'assigned':
      return `assigned to ${event.hub} as ${event.deviceId}`;
    case 'twin':
      return `twin desired ${JSON.stringify(event.desired)} reported ${JSON.stringify(event.reported)}`;
    case 'waiting':
      return waitingLine(event);
    case 'reported':
      return `reported ${JSON.stringify(event.body)}`;
    case 'telemetry':
      return `telemetry ${JSON.stringify(event.body)}`;
    case 'property': {
      const { name, value, requested, version, ac, ad } = event;
      const accepted = ac >= 200 && ac < 300;
      const refused = accepted ? '' : `, refused ${JSON.stringify(requested)}${ad === undefined ? '' : `: ${ad}`}`;
      return `property ${name} = ${JSON.stringify(value)}, version ${version}, ac ${ac}${refused}`;
    }
    case 'command':
      return `command ${event.name} ${JSON.stringify(event.request)}: ${event.status} ${JSON.stringify(event.response)}`;
  }
}
