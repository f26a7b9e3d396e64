import type { Finding } from './check-result.ts';

/** What a report for an issue is made of; secrets are masked before. */
export interface ReportParts {
  /** Of the program, of Node, of the system. */
  versions: readonly [what: string, version: string][];
  findings: readonly Finding[];
  transcript: { source: string; lines: readonly string[] };
}

/** What is known from the firmware's source and not from a board; the trap that costs everything comes first. */
const TO_CONFIRM = [
  'T4, the built-in root certificate that has expired: does this board make a TLS connection at all, or does it print ' +
    '`SSL Connection Negotiation Failed - Aborting` and `+MQTTCONN:0` over and over?',
  'The firmware: as it was sold, or built by you, and when?',
  'The socket that it is wired to, and its pins.',
  'After the reset button: how many seconds until it answers `AT`?',
  'After `+WSTALD`: does joining again need a pause of a second or two?',
  'Where it has fallen silent until a reset: the last line that was sent to it, and how long that was.',
];

/** The report as Markdown. What comes from outside stands in blocks of code, where nothing of it is markup. */
export function reportText({ versions, findings, transcript }: ReportParts): string {
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
    ...TO_CONFIRM.map((question) => `- [ ] ${question}`),
    '',
    `## Transcript: ${transcript.source}`,
    '',
    ...code(transcript.lines.length === 0 ? ['(nothing)'] : transcript.lines),
  ];
  return `${lines.join('\n')}\n`;
}

function findingLines({ status, id, message, hint }: Finding): string[] {
  return [`${status} ${id}: ${message}`, ...(hint === '' ? [] : [`Hint: ${hint}`])];
}

/** Indented, since a fence could be ended by what stands in it. */
function code(texts: readonly string[]): string[] {
  return texts.flatMap((text) => text.split('\n')).map((line) => `    ${line}`);
}
