/** Values that programs stumble over, as JSON texts: some of them cannot be written otherwise. */
/** Stands for a text of a megabyte, which `dropFile` writes out: it would take long to get into the browser. */
export const LONG = '@a megabyte@';

const MARKUP = '<img src=x onerror=\\"globalThis.caught=1\\">';
export const AWKWARD: readonly string[] = [
  'null',
  'true',
  '-0',
  '5e-324',
  '1e308',
  '-1e308',
  '1e17',
  '1e999',
  '""',
  '"NaN"',
  '"Infinity"',
  '"__proto__"',
  '"constructor"',
  '"\\ud800"',
  '"\\u202e\\u2066moc.elpmaxe\\u0000\\u001b[31m"',
  '"\\u{1F600}"'.replace('\\u{1F600}', '😀'),
  `"${MARKUP}"`,
  `"${'\\u0301'.repeat(500)}"`,
  `"${LONG}"`,
  '[]',
  '{}',
  '{"toString":1,"valueOf":1}',
  '{"__proto__":{"x":1},"constructor":{"prototype":2},"hasOwnProperty":3,"then":4}',
  '{"length":1e9,"type":"div","props":{"dangerouslySetInnerHTML":{"__html":"<b>"}},"key":null,"ref":null}',
  `{"\\ud800":1,"${MARKUP}":2,"":3,"a.b":4,"a\\nb":5,"$version":6,"__t":"c","\\u202e":7}`,
  '{"ac":1e999,"av":{},"ad":[],"value":{"ac":200}}',
  `${'['.repeat(5000)}${']'.repeat(5000)}`,
  `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`,
  `{${Array.from({ length: 2000 }, (_, index) => `"k${index}":{"v":${index},"w":[1,2,{"z":1}]}`).join(',')}}`,
  `[${Array.from({ length: 200 }, () => `[${Array.from({ length: 100 }, () => '{"a":[1,2]}').join(',')}]`).join(',')}]`,
];

/** The events of a session and of a cloud, with what each may have. */
const MEMBERS: Record<string, readonly string[]> = {
  at: ['dir', 'line'],
  mqtt: ['packet', 'direction', 'service', 'connection'],
  state: ['state'],
  event: ['level', 'message'],
  waiting: ['message'],
  certificate: ['subject', 'issuer', 'serial', 'validFrom', 'validTo', 'sha1', 'sha256', 'pem'],
  assigned: ['hub'],
  'local-cloud': ['url', 'requests'],
  twin: ['desired', 'reported'],
  error: ['message', 'hint', 'code'],
  exit: ['reason', 'code'],
  telemetry: ['body', 'properties', 'component'],
  property: ['side', 'patch', 'version', 'name', 'value', 'requested', 'ac', 'ad'],
  reported: ['body'],
  command: ['name', 'request', 'status', 'response'],
  message: ['body', 'payload', 'properties'],
  connect: ['service'],
  disconnect: ['service', 'reason', 'cleanly'],
  refusal: ['stage', 'service', 'code', 'reason'],
  provisioning: ['status', 'hub'],
  gap: [],
};

/** Lines of NDJSON: every type of event with every awkward value in every place at once, of one device. */
export function nonsense(deviceId: string): string[] {
  const id = JSON.stringify(deviceId);
  let second = 0;
  const line = (type: string, members: string) =>
    `{"v":1,"ts":"${new Date(Date.UTC(2026, 10, 27, 12, 0, second++)).toISOString()}","type":"${type}","deviceId":${id}${members}}`;
  return AWKWARD.flatMap((value) => [
    ...Object.entries(MEMBERS).map(([type, names]) => line(type, names.map((name) => `,"${name}":${value}`).join(''))),
    line('telemetry', `,"body":{"odd":${value},"n":${value}},"properties":{"$.sub":${value}}`),
    line('property', `,"side":"desired","patch":{"odd":${value}},"version":${second}`),
    line(
      'property',
      `,"side":"reported","patch":{"odd":{"ac":200,"av":${second},"ad":${value},"value":${value}}},"version":${second}`,
    ),
    line(
      'mqtt',
      `,"direction":"in","service":"hub","packet":{"cmd":"publish","topic":${value},"payload":${value},"subscriptions":${value}}`,
    ),
  ]);
}
