import { closeSync, rmSync, writeFileSync } from 'node:fs';
import { arch, release, type } from 'node:os';
import { resolve } from 'node:path';
import { parseEnvFile } from '../../config/env-file.ts';
import type { SettingsSources } from '../../config/resolve.ts';
import { SETTINGS } from '../../config/settings.ts';
import { AppError } from '../../errors.ts';
import type { SessionEvent } from '../../events.ts';
import { USUAL_QUESTIONS } from '../../modem/detect.ts';
import type { OpenQuestion } from '../../modem/modem.ts';
import { SECRET_PARAMETERS } from '../../modem/secrets.ts';
import { logLine } from '../../terminal/log-file.ts';
import { Redactor } from '../../terminal/redact.ts';
import { visible } from '../../terminal/visible.ts';
import { createUserFile, FileProblem, readUserFileEnd } from '../../user-file.ts';
import { version } from '../version.ts';
import type { Finding } from './check-result.ts';
import { reportText } from './report.ts';

/** Bytes of a log that are read, from its end. */
const LOG_END = 512 * 1024;
/** Lines of a transcript that are kept, the last ones. */
const MAX_LINES = 500;
/** A certificate tells nobody anything; the rest of a line is seldom so long. */
const MAX_LINE = 300;
/** The last line of a run in a log. */
const EXIT_LINE = /^\S+ exit \{/;
/** The first line of a key in PEM, of whatever kind, to its last one or to the end. */
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g;

/** The file of `doctor --report`: made before anything is checked, written in the end, and gone where that fails. */
export class ReportFile {
  readonly name: string;
  readonly #path: string;
  readonly #log: { name: string; lines: string[] } | null;
  readonly #redactor: Redactor;
  readonly #dialogue: string[] = [];
  readonly #answers: string[] = [];
  #questions = USUAL_QUESTIONS;
  #file: number | null;

  /**
   * @param name of the file, seen from `cwd`; it must not be there
   * @param logName of the log file of a session, which the transcript is taken from; null: from what is seen here
   * @throws AppError E_CONFIG when one of them cannot be used
   */
  constructor(name: string, logName: string | null, cwd: string, input: SettingsSources) {
    this.name = name;
    this.#path = resolve(cwd, name);
    this.#redactor = new Redactor(SECRET_PARAMETERS);
    for (const secret of secretsOf(input)) this.#redactor.add(secret);
    this.#log = logName === null ? null : { name: logName, lines: lastRun(logName, cwd) };
    this.#file = create(name, this.#path);
  }

  /** What is open with the module that was found. */
  ask(questions: readonly OpenQuestion[]): void {
    this.#questions = questions;
  }

  /** Keeps what is said to the module, and what it says. */
  note(event: SessionEvent, at: number): void {
    if (event.type !== 'at') return;
    const masked = this.#redactor.maskEvent(event);
    this.#dialogue.push(logLine(masked, at).trimEnd());
    if (this.#dialogue.length > MAX_LINES) this.#dialogue.shift();
    if (masked.type === 'at' && masked.dir === 'rx' && this.#answers.length < MAX_LINES)
      this.#answers.push(masked.line);
  }

  /** @throws AppError E_CONFIG when the disk is full, say */
  write(findings: readonly Finding[]): void {
    if (this.#file === null) return;
    const lines = this.#log?.lines ?? this.#dialogue;
    const mask = (text: string) => this.#redactor.mask(text).split('\n').map(visible).join('\n');
    const text = reportText({
      versions: [
        ['anycloud-iotc', version()],
        ['Node.js', process.versions.node],
        ['system', `${type()} ${release()}, ${arch()}`],
      ],
      findings: findings.map((each) => ({ ...each, message: mask(each.message), hint: mask(each.hint) })),
      questions: this.#questions,
      answers: this.#answers.map((line) => shortened(visible(line))),
      transcript: {
        source: this.#log ? 'the last run of the log' : 'what doctor and the module have said',
        lines: lines.map((line) => shortened(mask(line))),
      },
    });
    try {
      writeFileSync(this.#file, text);
    } catch (error) {
      this.close();
      throw new AppError('E_CONFIG', `The report ${this.name} cannot be written: ${reason(error)}`, '', error);
    }
    closeSync(this.#file);
    this.#file = null;
  }

  /** Takes the file away again where nothing has been written. */
  close(): void {
    if (this.#file === null) return;
    closeSync(this.#file);
    this.#file = null;
    rmSync(this.#path, { force: true });
  }
}

function create(name: string, path: string): number {
  try {
    return createUserFile(path);
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    const problem = error.missing ? 'cannot be made: there is no such folder' : error.message;
    const hint =
      'Name a new file, in a folder that is there: --report <file>. What is there already is never overwritten.';
    throw new AppError('E_CONFIG', `The report ${name} ${problem}`, hint, error);
  }
}

/** Everything that is given as a secret, also where it is wrong, and where another one wins. */
function secretsOf({ flags, env, envFile }: SettingsSources): string[] {
  const name = SETTINGS.passphrase.env ?? '';
  return [flags['passphrase'], env[name], envFile ? parseEnvFile(envFile)[name] : undefined].filter(
    (value) => typeof value === 'string',
  );
}

/** @throws AppError E_CONFIG */
function lastRun(name: string, cwd: string): string[] {
  try {
    const text = readUserFileEnd(resolve(cwd, name), LOG_END).toString('utf8').replace(PRIVATE_KEY, '***');
    const lines = text.split(/\r?\n/).filter((line) => line !== '');
    const begin = lines.slice(0, -1).findLastIndex((line) => EXIT_LINE.test(line)) + 1;
    return lines.slice(begin).slice(-MAX_LINES);
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    throw new AppError('E_CONFIG', `The log ${name} ${error.message}`, 'Name the --log-file of a session.', error);
  }
}

function shortened(line: string): string {
  return line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}... (${line.length} characters)` : line;
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
