import type { SessionEvent } from '../events.ts';
import { type Line, Transcript, type TranscriptOptions } from './transcript.ts';
import { visible } from './visible.ts';

/** What the device answers to its first twin is no news. */
const AFTER_START: ReadonlySet<SessionEvent['type']> = new Set(['property', 'command']);

/**
 * The lines of many boards: each begins with the board's id. Unless everything is wanted, of each its first telemetry, what
 * the cloud asks of it from then on, warnings and errors.
 */
export class ClassTranscript {
  readonly #options: TranscriptOptions;
  readonly #boards = new Map<string, Transcript>();
  /** What concerns no single board. */
  readonly #all: Transcript;
  readonly #sending = new Set<string>();
  #url: string | null = null;

  constructor(options: TranscriptOptions) {
    this.#options = options;
    this.#all = new Transcript({ ...options, view: 'quiet' });
  }

  banner(): Line[] {
    return this.#options.interactive ? plain('Press ESC to end all boards, ? for the other keys') : [];
  }

  help(modelId: string | null): Line[] {
    const model = modelId === null ? 'no model' : `model ${modelId}`;
    return plain(
      'b presses the button of every board, t sends telemetry of every board now, ? shows this.',
      'ESC ends all boards, Ctrl-C too.',
      visible(`${this.#boards.size} boards with ${model}, ${this.#sending.size} have sent telemetry`),
      ...(this.#url === null ? [] : [visible(`The console is at ${this.#url}`)]),
    );
  }

  lines(event: SessionEvent, at: number): Line[] {
    const { deviceId, type } = event;
    if (deviceId === undefined) return this.#all.lines(event, at);
    if (type === 'local-cloud') {
      const isFirst = this.#url === null;
      this.#url = event.url;
      return isFirst ? plain(visible(`The local cloud and the page of all boards are at ${event.url}`)) : [];
    }
    const isNews = this.#options.verbose || this.#isNews(event, deviceId);
    if (type === 'telemetry') this.#sending.add(deviceId);
    if (!isNews) return [];
    return this.#transcriptOf(deviceId)
      .lines(event, at)
      .map(({ tone, text }) => ({ tone, text: text === '' ? '' : `${deviceId}  ${text}` }));
  }

  #isNews(event: SessionEvent, deviceId: string): boolean {
    if (event.type === 'telemetry') return !this.#sending.has(deviceId);
    if (event.type === 'event' || event.type === 'gateway') return event.level === 'warning';
    return event.type === 'error' || (AFTER_START.has(event.type) && this.#sending.has(deviceId));
  }

  #transcriptOf(deviceId: string): Transcript {
    const known = this.#boards.get(deviceId);
    if (known) return known;
    // A service shows what is on the wire without the frame of a session.
    const view = this.#options.verbose ? 'service' : 'quiet';
    const transcript = new Transcript({ ...this.#options, view, interactive: false });
    this.#boards.set(deviceId, transcript);
    return transcript;
  }
}

function plain(...lines: string[]): Line[] {
  return lines.map((text) => ({ tone: 'plain', text }));
}
