import { Duplex } from 'node:stream';
import { ReadlineParser } from '@serialport/parser-readline';
import type { Dialect } from '../../src/at/dialect.ts';
import { AtLink } from '../../src/at/link.ts';
import { systemClock } from '../../src/clock.ts';
import { DIALECT } from '../../src/modem/anycloud/dialect.ts';
import { dialectOf } from '../../src/modem/rnwf/dialect.ts';
import { RNWF02 } from '../../src/modem/rnwf/product.ts';
import { type Claim, type Row, ratio } from '../row.ts';
import { compare } from '../statistics.ts';

const ROUNDS = 60;

function message(topic: string, payload: string): string {
  return `+MQTTPUB:${topic.length},"${topic}",${payload.length},"${payload}"`;
}

/** What a hub in use makes the module print: messages of the cloud, and acknowledgements of ours. */
const TRAFFIC = [
  message('$iothub/twin/PATCH/properties/desired/?$version=42', '{"telemetryInterval":5,"$version":42}'),
  '+MQTTPUBACC',
  message('$iothub/twin/res/204/?$rid=17&$version=42', ''),
  message('$iothub/methods/POST/reboot/?$rid=3', '{"delay":"PT5S"}'),
  '+MQTTPUBACC',
  '+TIME:2,3973161600',
  message(
    '$iothub/twin/res/200/?$rid=18',
    '{"desired":{"telemetryInterval":5,"rgb_led_blue":0,"rgb_led_green":0,"led_user":3,"$version":4},' +
      '"reported":{"ipAddress":"192.168.1.50","led_user":{"value":3,"ac":200,"av":4,"ad":"led_user set to: 3"},' +
      '"$version":9}}',
  ),
  '+MQTTPUBACC',
];

/** The worst case for whoever looks at every line: the shortest events, and nothing else. */
const SHORTEST = ['+MQTTCONN:0', '+MQTTSUB:0', '+MQTTCONN:1', '+WSTALD', '+MQTTPUBACC'];

/** The same traffic as an RNWF02 prints it: without lengths, and with escapes (RNWF 8). */
const RNWF_TRAFFIC = TRAFFIC.map((line) => {
  const [, topic, payload] = /^\+MQTTPUB:\d+,"(.*?)",\d+,"(.*)"$/.exec(line) ?? [];
  if (topic !== undefined && payload !== undefined) {
    return `+MQTTSUBRX:0,0,0,"${topic}",${payload === '' ? '[]' : `"${payload.replaceAll('"', '\\"')}"`}`;
  }
  return line === '+MQTTPUBACC' ? '+MQTTPUBACK:17' : '+TIME:3973161600';
});

/** An event as modules of both families print it with their echo on (AT protocol 3.1, RNWF 2). */
function printed(event: string): Buffer {
  return Buffer.from(`\r${event}\r\n>`, 'latin1');
}

function singleBytes(bytes: Buffer): Buffer[] {
  return Array.from(bytes, (_, at) => bytes.subarray(at, at + 1));
}

/** A stream that brings its chunks over and over. */
class Wire extends Duplex {
  readonly #chunks: Buffer[];
  readonly #end: number;
  #at = 0;

  constructor(chunks: Buffer[], times: number) {
    super();
    this.#chunks = chunks;
    this.#end = chunks.length * times;
  }

  override _read(): void {
    this.push(this.#at === this.#end ? null : this.#chunks[this.#at++ % this.#chunks.length]);
  }

  override _write(_chunk: unknown, _encoding: string, done: () => void): void {
    done();
  }
}

/** Milliseconds that the AT link takes to understand the chunks, `times` over. */
async function understand<E>(dialect: Dialect<E>, chunks: Buffer[], times: number, events: number): Promise<number> {
  const started = performance.now();
  const link = new AtLink<E>(new Wire(chunks, times), systemClock, dialect);
  let seen = 0;
  link.on('event', () => seen++);
  await new Promise<void>((resolve) => link.on('closed', () => resolve()));
  const took = performance.now() - started;
  if (seen !== times * events) throw new Error(`${seen} events were understood, not ${times * events}`);
  return took;
}

/** Milliseconds that the line splitter takes alone, set up as an application would. */
async function split(chunks: Buffer[], times: number, events: number): Promise<number> {
  const started = performance.now();
  const parser = new Wire(chunks, times).pipe(new ReadlineParser({ delimiter: '\r\n' }));
  let seen = 0;
  parser.on('data', () => seen++);
  await new Promise<void>((resolve) => parser.on('end', () => resolve()));
  const took = performance.now() - started;
  if (seen < times * events) throw new Error(`${seen} lines came, not ${times * events}`);
  return took;
}

/** AT link throughput: bytes of events understood per second. */
export async function atLink(): Promise<Row[]> {
  return [
    ...(await throughput(DIALECT, 'events of a hub in use', TRAFFIC, 2000)),
    ...(await throughput(DIALECT, 'shortest events', SHORTEST, 5000)),
    ...(await throughput(dialectOf(RNWF02), 'events of a hub in use, of an RNWF02', RNWF_TRAFFIC, 2000, null)),
  ];
}

/** @param claim of the ratio to the line splitter */
async function throughput<E>(
  dialect: Dialect<E>,
  what: string,
  events: readonly string[],
  times: number,
  claim: Claim | null = { atLeast: 0.5 },
): Promise<Row[]> {
  const rows: Row[] = [];
  const lines = events.map(printed);
  const all = Buffer.concat(lines);
  for (const [how, chunks, share] of [
    ['whole', lines, 1],
    ['in 1-byte chunks', singleBytes(all), 16],
    ['all of them in one chunk', [all], 1],
  ] as const) {
    const rounds = Math.ceil(times / share);
    const perSecond = (milliseconds: number) => (rounds * all.length) / milliseconds / 1000;
    const result = await compare(
      ROUNDS,
      async () => perSecond(await understand(dialect, [...chunks], rounds, events.length)),
      async () => perSecond(await split([...chunks], rounds, events.length)),
    );
    rows.push(ratio(`AT link, ${what}, ${how}`, 'MB/s', 'parser-readline alone', result, claim));
  }
  return rows;
}
