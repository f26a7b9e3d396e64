import type { OpenQuestion } from '../../modem/modem.ts';
import type { Finding } from './check-result.ts';

/** What a report for an issue is made of; secrets are masked before. */
export interface ReportParts {
  /** Of the program, of Node, of the system. */
  versions: readonly [what: string, version: string][];
  findings: readonly Finding[];
  questions: readonly OpenQuestion[];
  /** What the module has said, which may answer some of them. */
  answers: readonly string[];
  transcript: { source: string; lines: readonly string[] };
}

/** The report as Markdown. What comes from outside stands in blocks of code, where nothing of it is markup. */
export function reportText({ versions, findings, questions, answers, transcript }: ReportParts): string {
  const firmware = findings.find(({ id }) => id === 'firmware');
  const lines = [
    '# Report of anycloud-iotc doctor',
    '',
    'Passphrases are masked. Names of networks, device ids, hosts and addresses are not: read it before you send it.',
    '',
    '## Versions',
    '',
    ...code(
      [...versions, ['firmware', firmware?.message ?? 'not asked'] as const].map(([what, is]) => `${what}: ${is}`),
    ),
    '',
    '## Checks',
    '',
    ...code(findings.flatMap(findingLines)),
    '',
    '## Please confirm on your board',
    '',
    ...questions.flatMap((question) => questionLines(question, answers)),
    '',
    `## Transcript: ${transcript.source}`,
    '',
    ...code(transcript.lines.length === 0 ? ['(nothing)'] : transcript.lines),
  ];
  return `${lines.join('\n')}\n`;
}

/** A question, and the line that answers it where there is one. */
function questionLines({ question, answer }: OpenQuestion, answers: readonly string[]): string[] {
  const seen = answer && answers.find((line) => answer.test(line));
  return seen === undefined
    ? [`- [ ] ${question}`]
    : [`- [x] ${question}`, '', ...code([seen]).map((line) => `  ${line}`), ''];
}

function findingLines({ status, id, message, hint }: Finding): string[] {
  return [`${status} ${id}: ${message}`, ...(hint === '' ? [] : [`Hint: ${hint}`])];
}

/** Indented, since a fence could be ended by what stands in it. */
function code(texts: readonly string[]): string[] {
  return texts.flatMap((text) => text.split('\n')).map((line) => `    ${line}`);
}
