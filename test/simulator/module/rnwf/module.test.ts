import assert from 'node:assert/strict';
import type { Duplex } from 'node:stream';
import { type TestContext, test } from 'node:test';
import { createVirtualModule, type VirtualModule } from '../../../../src/simulator/module/virtual-module.ts';
import { DEVICE, pki } from '../../../helpers/board.ts';
import { VirtualClock } from '../../../helpers/virtual-clock.ts';

const identity = await pki.device(DEVICE);
const ACCESS_POINT = {
  ssid: 'DEMO_AP',
  passphrase: 'password',
  security: 'wpa2',
  bssid: '12:EC:81:FF:DC:77',
  channel: 11,
  rssi: -40,
} as const;

interface Rig {
  module: VirtualModule;
  host: Duplex;
  clock: VirtualClock;
  /** What the module prints within a second after these bytes. */
  type(text: string): Promise<string>;
}

/** A module that has started, whose banner was read. No broker can be reached. */
async function rig(t: TestContext, family: 'rnwf02' | 'rnwf11' = 'rnwf02'): Promise<Rig & { banner: string }> {
  const clock = new VirtualClock(Date.parse('2026-11-23T12:00:00Z'));
  const module = createVirtualModule({
    family,
    clock,
    random: () => 0.5,
    dial: () => Promise.reject(Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })),
    identity,
    trusted: [pki.ca],
    accessPoints: [ACCESS_POINT],
    pace: 'instant',
  });
  t.after(() => module.close());
  const host = module.connect();
  let printed = '';
  host.on('data', (chunk: Buffer) => {
    printed += chunk.toString('latin1');
  });
  const taken = () => {
    const text = printed;
    printed = '';
    return text;
  };
  module.powerOn();
  await clock.advance(1_000);
  const banner = taken();
  return {
    module,
    host,
    clock,
    banner,
    async type(text) {
      host.write(Buffer.from(text, 'latin1'));
      await clock.advance(1_000);
      return taken();
    },
  };
}

/** A command, with what is printed but its echo. */
async function answer({ type }: Rig, command: string): Promise<string> {
  const printed = await type(`${command}\r\n`);
  assert.ok(printed.startsWith(`${command}\r\n`), printed);
  return printed.slice(command.length + 2);
}

test('a start prints the banner, as an event or as text', async (t) => {
  const [one, other] = [await rig(t, 'rnwf02'), await rig(t, 'rnwf11')];
  assert.match(one.banner, /^\r\+BOOT:".*RNWF - AT Command Interface.*"\r\n>$/);
  assert.match(other.banner, /^\0*\r\nRNWF - AT Command Interface.*\r\n>$/);
});

test('lines end with CR and LF, both, and events do not come into an answer', async (t) => {
  const r = await rig(t);
  assert.equal(await r.type('AT\r'), 'AT\r');
  assert.equal(await r.type('\n'), '\nOK\r\n>');
  assert.equal(await r.type('AT\n'), 'AT\n');
  assert.match(await r.type('\r\n'), /ERROR:0\.2,"[^"]+"\r\n>$/);
  assert.match(await r.type('\r\n'), /^\r\nERROR:0\.2,"Invalid AT Command"\r\n>$/);
  // What the maker's own tools synchronise with.
  assert.match(await r.type('!\r\nAT\r\n'), /ERROR:0\.2,"[^"]+"\r\n>.*OK\r\n>$/s);
  // Without an echo there is no prompt.
  assert.equal(await answer(r, 'ATE0'), 'OK\r\n');
  assert.equal(await r.type('AT+GMM\r\n'), '+GMM:"PIC32MZW2"\r\nOK\r\n');
  assert.equal(await r.type('ATE1+GMM\r\n'), '+GMM:"PIC32MZW2"\r\nOK\r\n>');
});

test('what it is, and what it has no command for', async (t) => {
  const table: [command: string, rnwf02: RegExp, rnwf11: RegExp][] = [
    ['AT+GMM', /^\+GMM:"PIC32MZW2"\r\nOK\r\n>$/, /^\+GMM:"PIC32MZW1"\r\nOK\r\n>$/],
    ['AT+GMR', /^\+GMR:"3\.\d\.\d /, /^\+GMR:"[0-9a-f]{8} \[/],
    ['AT+NONE', /^ERROR:0\.3,"[^"]+"\r\n>$/, /^ERROR:0\.3,/],
    ['AT+ECCRDCERT=1,1500', /^ERROR:0\.3,/, /^\+ECCRDCERT:\d+,0,"-----BEGIN CERTIFICATE-----\\n/],
    ['AT+ECCRDCERT=3,1500', /^ERROR:0\.3,/, /^\+ECCRDCERT:\d+,0,\[3082/],
    ['AT+TLSC=1,40,1', /^OK/, /^ERROR:/],
    ['AT+TLSC=1,8,1', /^(?:OK|ERROR)/, /^OK/],
    ['AT+TLSC=0,1,"x"', /^ERROR:/, /^ERROR:/],
    [`AT+TLSC=1,6,"${'d'.repeat(33)}"`, /^OK/, /^ERROR:/],
    ['AT+MQTTDISCONN=0', /^ERROR:8\.0,/, /^ERROR:8\.0,/],
    ['AT+MQTTCONN', /^\+MQTTCONN:0\r\nOK/, /^\+MQTTCONN:0\r\nOK/],
    ['AT+TIME=3', /^ERROR:16\.0,/, /^ERROR:16\.0,/],
    ['AT+FS=2,2', /^\+FS:2,2,"anycloud_iotc_key"\r\nOK/, /^OK/],
  ];
  const [one, other] = [await rig(t, 'rnwf02'), await rig(t, 'rnwf11')];
  for (const [command, rnwf02, rnwf11] of table) {
    assert.match(await answer(one, command), rnwf02, `RNWF02: ${command}`);
    assert.match(await answer(other, command), rnwf11, `RNWF11: ${command}`);
  }
});

test('parameters are read in every form, and printed in one (RNWF 3)', async (t) => {
  const r = await rig(t);
  const table: [given: string, printed: string][] = [
    ['"plain"', '"plain"'],
    ['[68656C6C6F]', '"hello"'],
    ['"A\\r\\nB\\"C\\\\D\\tE"', '"A\\r\\nB\\"C\\\\D\\tE"'],
    ['[41C2A942]', '[41C2A942]'],
    ['[0107]', '[0107]'],
    ['""', '[]'],
    ['[]', '[]'],
  ];
  for (const [given, printed] of table) {
    assert.equal(await answer(r, `AT+WSTAC=1,${given}`), 'OK\r\n>', given);
    assert.equal(await answer(r, 'AT+WSTAC=1'), `+WSTAC:1,${printed}\r\nOK\r\n>`, given);
  }
  for (const six of ['6', '0x6', '0b110', '0o6', ' 6']) {
    assert.equal(await answer(r, `AT+WSTAC=4,${six}`), 'OK\r\n>', six);
    assert.equal(await answer(r, 'AT+WSTAC=4'), '+WSTAC:4,6\r\nOK\r\n>', six);
    await answer(r, 'AT+WSTAC=4,0');
  }
  for (const wrong of ['"open', '[6]', '"\\q"', '1"2"', `"${'x'.repeat(33)}"`]) {
    assert.match(await answer(r, `AT+WSTAC=1,${wrong}`), /^ERROR:0\.[245],/, wrong);
  }
});

test('the printed session is played, with the address of IPv6 before the other (RNWF 12)', async (t) => {
  const r = await rig(t, 'rnwf11');
  for (const command of ['SNTPC=3,"pool.ntp.org"', 'SNTPC=2,1', 'SNTPC=1,1', 'WSTAC=1,"DEMO_AP"', 'WSTAC=2,3']) {
    assert.equal(await answer(r, `AT+${command}`), 'OK\r\n>', command);
  }
  for (const command of ['WSTAC=3,"password"', 'WSTAC=4,0']) await answer(r, `AT+${command}`);
  const printed = await answer(r, 'AT+WSTA=1');
  const order = [
    /\r\+WSTALU:1,"12:EC:81:FF:DC:77",11\r\n>/,
    /\r\+WSTAAIP:1,"FE80:/,
    /\r\+WSTAAIP:1,"\d/,
    /\r\+TIME:40\d{8}/,
  ];
  assert.match(printed, /^OK\r\n>/);
  const places = order.map((form) => printed.search(form));
  assert.ok(
    places.every((place, index) => place > (places[index - 1] ?? 0)),
    `${places} ${printed}`,
  );
  assert.match(await answer(r, 'AT+TIME=3'), /^OK\r\n>\r\+TIME:"2026-11-23T12:00:\d\d\.\d\dZ"\r\n>$/);
  assert.match(await answer(r, 'AT+WSTA=0'), /^OK\r\n>\r\+WSTALD:1\r\n>/);
});

test('a wrong passphrase shows when it joins', async (t) => {
  const r = await rig(t);
  for (const command of ['WSTAC=1,"DEMO_AP"', 'WSTAC=2,3', 'WSTAC=3,"wrong pass"']) await answer(r, `AT+${command}`);
  assert.match(await answer(r, 'AT+WSTA=1'), /^OK\r\n>\r\+WSTAERR:20\.3/);
});

test('files are taken block by block, listed, given back and deleted (RNWF 9)', async (t) => {
  const r = await rig(t);
  const handle = /^\+FS:1,(\d+)\r\nOK/.exec(await answer(r, 'AT+FS=1,1,5,"Cert",130'))?.[1];
  assert.ok(handle);
  const block = 'AB'.repeat(128);
  assert.match(await answer(r, `AT+FSTSFR=${handle},1,[${block}]`), new RegExp(`^\\+FSTSFR:${handle},1,2\\r\\nOK`));
  assert.match(await answer(r, `AT+FSTSFR=${handle}`), new RegExp(`^\\+FSTSFR:${handle},1,2\\r\\nOK`));
  assert.match(await answer(r, `AT+FSTSFR=${handle},2,[CDEF]`), new RegExp(`^\\+FSTSFR:${handle},2,0\\r\\nOK`));
  assert.match(await answer(r, 'AT+FS=2,1'), /\+FS:2,1,"Cert"\r\n/);
  assert.match(await answer(r, 'AT+FS=1,1,5,"Cert",130'), /^ERROR:7\.1,/);
  const reading = /^\+FS:5,(\d+)\r\nOK/.exec(await answer(r, 'AT+FS=5,1,5,"Cert"'))?.[1];
  assert.match(
    await answer(r, `AT+FSTSFR=${reading},1,128`),
    new RegExp(`^\\+FSTSFR:${reading},1,2,\\[${block}\\]\\r\\nOK`),
  );
  assert.match(await answer(r, `AT+FSTSFR=${reading},2,128`), /,2,0,\[CDEF\]\r\nOK/);
  assert.match(await answer(r, 'AT+FS=3,1,"Cert"'), /^OK/);
  assert.match(await answer(r, 'AT+FS=3,1,"Cert"'), /^ERROR:7\.2,/);
  assert.equal(r.module.control('flash full'), 'ok');
  const refused = (await answer(r, 'AT+FS=1,1,5,"Cert",130')) + (await answer(r, `AT+FSTSFR=${handle},1,[00]`));
  assert.match(refused, /ERROR:7\.[045],/);
  assert.match(await answer(await rig(t, 'rnwf11'), 'AT+FS=1,1,5,"Cert",130'), /^ERROR:/);
});

test('settings do not survive a reset, files do', async (t) => {
  const r = await rig(t);
  await answer(r, 'AT+WSTAC=1,"DEMO_AP"');
  const handle = /^\+FS:1,(\d+)/.exec(await answer(r, 'AT+FS=1,0,5,"keep",1'))?.[1];
  await answer(r, `AT+FSTSFR=${handle},1,[00]`);
  assert.match(await r.type('AT+RST\r\n'), /\+BOOT:/);
  assert.equal(await answer(r, 'AT+WSTAC=1'), '+WSTAC:1,[]\r\nOK\r\n>');
  assert.match(await answer(r, 'AT+FS=2,0'), /"keep"/);
});

test('a TLS failure has the number that was asked for', async (t) => {
  const r = await rig(t);
  for (const code of ['17.0', '17.1', '17.2', '17.3', '17.4'])
    assert.equal(r.module.control(`tls ${code}`), 'ok', code);
  assert.match(r.module.control('tls 17.9'), /^error: /);
  assert.match(r.module.control('status'), /tls 17\.4/);
});

const [SOH, EOT, ACK, NAK, CAN] = ['\x01', '\x04', '\x06', '\x15', '\x18'];
/** One byte, `A`, filled up: its CRC was computed with another program. */
const FRAME = `${SOH}\x01\xfeA${'\x1a'.repeat(127)}\xf2\xdd`;

/** A module that has asked for a file of `length` bytes. */
async function asked(t: TestContext, length = 1): Promise<Rig> {
  const r = await rig(t, 'rnwf11');
  assert.equal(await answer(r, `AT+FS=1,1,2,"Cert",${length}`), '#C');
  return r;
}

test('a file comes by XMODEM: a damaged frame is asked for again, and one that comes twice counts once (RNWF 9)', async (t) => {
  const r = await asked(t);
  assert.equal(await r.type(FRAME.replace('A', 'B')), NAK);
  assert.equal(await r.type(FRAME.slice(0, 60)), NAK);
  assert.equal(await r.type(FRAME), ACK);
  assert.equal(await r.type(FRAME), ACK);
  assert.equal(await r.type(EOT), `${ACK}OK\r\n>\r+FSUP:1,1,"Cert",1\r\n>`);
  assert.match(await answer(r, 'AT+FS=2,1'), /"Cert"/);
});

test('a module asks about every three seconds, and does not wait for ever', async (t) => {
  const r = await asked(t);
  await r.clock.advance(1_500);
  assert.equal(await r.type(''), 'C');
  await r.clock.advance(60_000);
  assert.match(await r.type(''), /^C+ERROR:0\.8,/);
  assert.match(await answer(r, 'AT'), /^OK/);
  const other = await asked(t, 200);
  await other.type(FRAME);
  await other.clock.advance(120_000);
  assert.match(await other.type(''), new RegExp(`^${NAK}+ERROR:0\\.8,`));
});

test('a transfer is broken off by either side, and by an escape with silence', async (t) => {
  for (const bytes of [`${CAN}${CAN}`, '+++']) {
    const r = await asked(t);
    assert.match((await r.type(bytes)) + (await r.type('')), /^C?ERROR:0\.1,/, JSON.stringify(bytes));
    assert.match(await answer(r, 'AT'), /^OK/);
    assert.doesNotMatch(await answer(r, 'AT+FS=2,1'), /"Cert"/);
  }
  const r = await asked(t, 129);
  await r.type(FRAME);
  assert.match(await r.type(EOT), new RegExp(`^${CAN}${CAN}ERROR:0\\.1,`), 'a file that is too short');
  const other = await asked(t);
  assert.match(
    await other.type(FRAME.replace('\x01\xfe', '\x05\xfa')),
    new RegExp(`^${CAN}${CAN}ERROR`),
    'out of order',
  );
});

test('what can go wrong with a transfer is asked for by a control line', async (t) => {
  const answers = async (fault: string, ...writes: string[]) => {
    const r = await asked(t, 129);
    assert.equal(r.module.control(`xmodem ${fault}`), 'ok');
    assert.match(r.module.control('status'), new RegExp(`xmodem ${fault}`));
    const said: string[] = [];
    for (const write of writes) said.push(await r.type(write));
    return said;
  };
  assert.deepEqual(await answers('damage', FRAME, FRAME), [NAK, ACK]);
  assert.deepEqual(await answers('lose-ack', FRAME, FRAME), ['', ACK]);
  assert.deepEqual(await answers('silence', FRAME, FRAME, EOT), ['', '', '']);
  const [first, second = ''] = await answers('cancel', FRAME, FRAME);
  assert.equal(first, ACK);
  assert.ok(second.startsWith(`${CAN}${CAN}ERROR:0.1,`), second);
  const r = await asked(t);
  await r.type(FRAME);
  r.module.control('flash full');
  assert.match(await r.type(EOT), new RegExp(`^${ACK}ERROR:7\\.5,`));
});
