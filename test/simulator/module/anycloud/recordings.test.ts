import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readTranscript, type Step, type TranscriptName } from './recording.ts';
import { Rig } from './rig.ts';

interface Recording {
  title: string;
  steps: Step[];
}

/** From one start of the module to its end; a recording may hold several sections. */
function recordings(name: TranscriptName): Recording[] {
  const all: Recording[] = [{ title: '', steps: [] }];
  for (const { title, steps } of readTranscript(name)) {
    const letter = title.split('.')[0] ?? '';
    for (const step of steps) {
      if (step.kind === 'note' && step.text.startsWith('new module start')) all.push({ title: letter, steps: [] });
      const current = all.at(-1);
      if (!current) continue;
      if (!current.title.split(' ').includes(letter)) current.title = `${current.title} ${letter}`.trim();
      if (step.kind === 'control' && step.text === 'quit') all.push({ title: '', steps: [] });
      else if (step.kind !== 'control' || step.text !== 'status') current.steps.push(step);
    }
  }
  return all.filter(({ steps }) => steps.length > 0);
}

/** Leaves out what a recording cannot fix: times, and how often something is repeated that is repeated for ever. */
function normalise(bytes: Buffer | string): string {
  return bytes
    .toString('latin1')
    .replace(/\+TIME:1,[0-9]+/g, '+TIME:1,(time)')
    .replace(/\+TIME:2,[0-9]+/g, '+TIME:2,(time)')
    .replace(/\+TIME:3,"[^"]*"/g, '+TIME:3,(time)')
    .replace(/((?:SSL Connection Negotiation Failed - Aborting\r\n)?\r\+MQTTCONN:0\r\n>)\1+/g, '$1(again)')
    .replace(/(Description\r\n {2})[^\r]*/, '$1(sentence)')
    .replace(/^( {2}<[A-Z_]+> +(?:Integer|String) +)[^\r]*/gm, '$1(sentence)')
    .replace(/^( {31}[0-9] : )[^\r]*/gm, '$1(sentence)');
}

interface Replay {
  rig?: Rig;
  /** Also left out, because it comes at times of its own. */
  ignored?: RegExp;
  /** The times of the module's clock are compared, too: commands have set it. */
  exact?: boolean;
}

/** Does what the host, the faults and the broker did, when they did it, and compares what came between. */
async function replay(steps: Step[], { rig = new Rig({ pace: 'real' }), ignored, exact }: Replay = {}): Promise<Rig> {
  const start = rig.clock.monotonic();
  let expected = '';
  let line = 0;
  const compare = async (until: number) => {
    const now = rig.clock.monotonic() - start;
    assert.ok(until >= now, `line ${line} was reached too late`);
    await rig.clock.advance(until - now);
    if (expected === '') return;
    const strip = (text: string) => (exact ? text : normalise(ignored ? text.replace(ignored, '') : text));
    assert.equal(strip(rig.take()), strip(expected), `between line ${line} and the next action`);
    expected = '';
  };
  rig.module.powerOn();
  for (const step of steps) {
    if (step.kind === 'rx') {
      expected += step.bytes.toString('latin1');
      continue;
    }
    if (step.kind === 'note') {
      if (!/^(Wi-Fi up|MQTT connected)/.test(step.text)) continue;
      await compare(rig.clock.monotonic() - start + 500);
      line = step.line;
      await setUp(rig, step.text);
      continue;
    }
    await compare(step.at);
    line = step.line;
    perform(rig, step);
  }
  await compare(rig.clock.monotonic() - start + 1200);
  rig.module.close();
  await rig.clock.advance(0);
  assert.equal(rig.clock.pendingTimers, 0);
  return rig;
}

async function setUp(rig: Rig, note: string): Promise<void> {
  if (note.startsWith('Wi-Fi up')) await rig.join();
  else await rig.connectMqtt(note.includes('subscribed') ? 't/#' : undefined);
}

function perform(rig: Rig, step: Step): void {
  if (step.kind === 'tx') rig.write(step.bytes.toString('latin1'));
  else if (step.kind === 'publish') rig.broker.publish(step.topic, step.payload);
  else if (step.kind === 'control') assert.equal(rig.module.control(step.text), 'ok');
}

/** Messages that the recordings do not list, made out from what was received. */
function publishing(steps: Step[], pattern: RegExp, topic: string): Step[] {
  return steps.flatMap((step): Step[] => {
    const payload = step.kind === 'rx' ? pattern.exec(step.bytes.toString('latin1'))?.[1] : undefined;
    if (payload === undefined) return [step];
    return [{ kind: 'publish', at: step.at - 60, topic, payload: Buffer.from(payload), line: step.line }, step];
  });
}

const ALL = new Map(
  [...recordings('at-engine'), ...recordings('at-engine-more')].map(({ title, steps }) => [title, steps]),
);

function stepsOf(title: string): Step[] {
  const steps = ALL.get(title);
  assert.ok(steps, `no recording ${title} among ${[...ALL.keys()].join(', ')}`);
  return steps;
}

for (const title of ['E F G H I', 'J K K2', 'K2 K3 L M', 'Q R']) {
  test(`recording ${title}`, async () => {
    await replay(stepsOf(title));
  });
}

test('recording A B C D', async () => {
  const burst = stepsOf('A B C D').flatMap((step): Step[] => {
    if (step.kind !== 'note' || !step.text.startsWith('burst of 6')) return [step];
    return [0, 1, 2, 3, 4, 5].map((index) => ({
      kind: 'publish',
      at: step.at,
      topic: `t/b${index}`,
      payload: Buffer.alloc(1000, String(index)),
      line: step.line,
    }));
  });
  await replay(burst);
});

test('recording N: a name that is not known', async () => {
  const rig = new Rig({ pace: 'real' });
  rig.dialFailure = (host) => (host === 'bad.example' ? 'ENOTFOUND' : undefined);
  await replay(stepsOf('N'), { rig, ignored: /\r\+MQTTCONN:0\r\n>/g });
});

test('recording O: a certificate that is not trusted', async () => {
  const rig = new Rig({ pace: 'real' });
  rig.dialFailure = () => 'DEPTH_ZERO_SELF_SIGNED_CERT';
  await replay(stepsOf('O'), { rig });
});

for (const code of ['ECONNREFUSED', 'EHOSTUNREACH', 'ETIMEDOUT']) {
  test(`recording P: no connection comes about (${code})`, async () => {
    const rig = new Rig({ pace: 'real' });
    rig.dialFailure = () => code;
    await replay(stepsOf('P'), { rig });
  });
}

test('recording P2: CONNACK refuses, and what CONNECT carries', async () => {
  const rig = new Rig({ pace: 'real' });
  rig.broker.faults.returnCode = 5;
  await replay(stepsOf('P2'), { rig });
  const connect = Buffer.from('\x10\x19\x00\x04MQTT\x04\xc2\x00\x1e\x00\x05devid\x00\x04user\x00\x00', 'latin1');
  assert.deepEqual(rig.broker.raw.subarray(0, connect.length), connect);
});

test('recording P3: receiving keeps the module from pinging, and the broker closes', async () => {
  const rig = new Rig({ pace: 'real' });
  // The recorded broker looked at its clients only now and then.
  rig.broker.faults.silence = { clock: rig.clock, factor: 1.8 };
  await replay(publishing(stepsOf('P3'), /"t\/k",1,"([0-9])"/, 't/k'), { rig });
});

test('recording S: the largest messages that survive', async () => {
  const steps = stepsOf('S T');
  const preempt = steps.findIndex((step) => step.kind === 'control' && step.text === 'preempt 25');
  await replay(steps.slice(0, preempt));
});

for (const title of ['U', 'V', 'W', 'X', 'Y', 'Z']) {
  test(`written down beside the recordings: ${title}`, async () => {
    await replay(stepsOf(title), { exact: title === 'V' });
  });
}
