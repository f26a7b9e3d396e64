import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { LineKind, SessionEvent } from '../../src/events.ts';
import { SECRET_PARAMETERS } from '../../src/modem/secrets.ts';
import { Redactor } from '../../src/terminal/redact.ts';

const SECRET = 'Top "secret" \\ 100%';

function redactor(...secrets: string[]): Redactor {
  const result = new Redactor(SECRET_PARAMETERS);
  for (const secret of secrets) result.add(secret);
  return result;
}

function rx(line: string, kind: LineKind = 'info'): SessionEvent {
  return { type: 'at', dir: 'rx', line, kind };
}

function maskedLine(masker: Redactor, event: SessionEvent): string {
  const masked = masker.maskEvent(event);
  return masked.type === 'at' ? masked.line : assert.fail('the event has changed its type');
}

test('every written form of a secret is hidden by value', () => {
  const masker = redactor(SECRET);
  const hex = Buffer.from(SECRET).toString('hex');
  const forms = [
    SECRET,
    'Top \\"secret\\" \\\\ 100%',
    JSON.stringify(SECRET).slice(1, -1),
    'Top \\\\\\"secret\\\\\\" \\\\\\\\ 100%',
    hex,
    hex.toUpperCase(),
    `${hex.slice(0, 10).toUpperCase()}${hex.slice(10)}`,
    encodeURIComponent(SECRET),
  ];
  for (const form of forms) assert.equal(masker.mask(`a ${form} b ${form}.`), 'a *** b ***.', form);
});

test('a long secret that begins with a short one is hidden whole, in whatever order they came', () => {
  for (const secrets of [
    ['passphrase', 'passphrase-2'],
    ['passphrase-2', 'passphrase'],
  ]) {
    assert.equal(redactor(...secrets).mask('passphrase-2 passphrase'), '*** ***');
  }
});

test('what is too short to be a secret garbles nothing', () => {
  assert.equal(redactor('', 'a', 'abc').mask('abcabc'), 'abcabc');
});

test('the passphrase and the MQTT password are hidden by the shape of the line, whoever set them', () => {
  const cases: [string, string][] = [
    ['AT+WSTAC=3,"unknown"', 'AT+WSTAC=3,***'],
    ['AT+WSTAC=03,"unknown"', 'AT+WSTAC=03,***'],
    ['AT+WSTAC=0x3,[756E]', 'AT+WSTAC=0x3,***'],
    ['AT+WSTAC= 0X03 , "unknown', 'AT+WSTAC= 0X03 , ***'],
    ['WSTAC:3,"un"kn,own"', 'WSTAC:3,***'],
    ['+WSTAC:3,"unknown"', '+WSTAC:3,***'],
    ['AT+MQTTC=5,"unknown"', 'AT+MQTTC=5,***'],
    ['+MQTTC:5,"unknown"', '+MQTTC:5,***'],
    ['AT+WSTAC=1,"shown"', 'AT+WSTAC=1,"shown"'],
    ['AT+WSTAC=13,1', 'AT+WSTAC=13,1'],
    ['AT+WSTAC=34,1', 'AT+WSTAC=34,1'],
    ['AT+WSTAC=3', 'AT+WSTAC=3'],
    ['+MQTTC:3,"shown"', '+MQTTC:3,"shown"'],
    ['+WSTA:3,"shown"', '+WSTA:3,"shown"'],
  ];
  for (const [line, expected] of cases) {
    assert.equal(new Redactor(SECRET_PARAMETERS).mask(line), expected);
    assert.equal(maskedLine(new Redactor(SECRET_PARAMETERS), rx(line)), expected);
  }
});

test('a typed command shows nothing of its secret, however short', () => {
  for (const value of ['"x"', '"unknown', '"unknown-1"', '[756E6B]', 'unknown']) {
    const line = maskedLine(new Redactor(SECRET_PARAMETERS), { type: 'at', dir: 'tx', line: `AT+WSTAC=3,${value}` });
    assert.match(line, /^AT\+WSTAC=3,"?\*\*\*"?$/, value);
  }
});

test('a command with a known secret keeps its form, and a sentence about it its end', () => {
  const masker = redactor('correct horse');
  assert.equal(masker.mask('AT+WSTAC=3,"correct horse" was refused'), 'AT+WSTAC=3,"***" was refused');
  assert.equal(masker.mask('AT+WSTAC=3,"correct horses"'), 'AT+WSTAC=3,***');
});

test('an echo that an event tears in two shows no piece of the secret', () => {
  const secret = 'a "long" passphrase';
  const masker = redactor(secret);
  const echo = `AT+WSTAC=3,"${secret.replaceAll('"', '\\"')}"`;
  const start = echo.indexOf('"') + 1;
  for (let at = 1; at < echo.length; at++) {
    const shown = [echo.slice(0, at), '+WSTALD', echo.slice(at)].map((line) => maskedLine(masker, rx(line, 'text')));
    const secretPart = at <= start ? '' : echo.slice(start, at);
    assert.equal(shown[1], '+WSTALD');
    assert.ok(secretPart === '' || !shown[0]?.includes(secretPart), `${at}: ${shown}`);
    const rest = echo.slice(Math.max(at, start), -1);
    assert.ok(rest === '' || !shown[2]?.includes(rest), `${at}: ${shown}`);
  }
});

test('a secret that a person types is hidden from then on, even in pieces', () => {
  const masker = new Redactor(SECRET_PARAMETERS);
  assert.equal(
    maskedLine(masker, { type: 'at', dir: 'tx', line: 'AT+WSTAC=3,"typed \\"by\\" hand"' }),
    'AT+WSTAC=3,"***"',
  );
  assert.equal(masker.mask('it was typed "by" hand.'), 'it was ***.');
  assert.equal(maskedLine(masker, rx('by\\" hand"', 'text')), '***');
});

test('statuses and events of the module are not taken for pieces of a secret', () => {
  const masker = redactor('OK +WSTALD 0 broken');
  assert.equal(maskedLine(masker, rx('OK', 'status')), 'OK');
  assert.equal(maskedLine(masker, rx('+WSTALD', 'urc')), '+WSTALD');
});

test('secrets in keys, strings and numbers of JSON are hidden, everything else is kept', () => {
  const masker = redactor('12345678', 'swordfish');
  const body = JSON.parse('{"a swordfish":[{"x":912345678},"swordfish",null,true,1.5],"__proto__":{"y":"swordfish"}}');
  const masked = masker.maskEvent({ type: 'telemetry', body });
  assert.equal(
    JSON.stringify(masked),
    '{"type":"telemetry","body":{"a ***":[{"x":"***"},"***",null,true,1.5],"__proto__":{"y":"***"}}}',
  );
});

const printable = fc.integer({ min: 0x20, max: 0x7e }).map((code) => String.fromCharCode(code));
const awkward = fc.constantFrom('"', '\\', '*', '%', '#', ' ', '$', 'a');
const secretText = fc.string({ unit: fc.oneof(printable, awkward), minLength: 8, maxLength: 63 });

test('no text shows a secret in any form, wherever it stands', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(secretText, { minLength: 1, maxLength: 3 }),
      fc.string(),
      fc.string(),
      (secrets, a, b) => {
        const masker = redactor(...secrets);
        for (const secret of secrets) {
          const hex = Buffer.from(secret).toString('hex');
          const escaped = secret.replace(/["\\]/g, '\\$&');
          for (const form of [secret, escaped, JSON.stringify(secret).slice(1, -1), hex, hex.toUpperCase()]) {
            const masked = masker.mask(a + form + b + form);
            assert.ok(!masked.includes(form), `${form} in ${masked}`);
          }
        }
      },
    ),
  );
});

test('what holds no secret is left alone, and masking twice is masking once', () => {
  const masker = redactor(SECRET, 'correct horse');
  fc.assert(
    fc.property(fc.string({ unit: fc.nat(0xffff).map((code) => String.fromCharCode(code)) }), (text) => {
      const once = masker.mask(text);
      assert.equal(masker.mask(once), once);
      if (!/WSTAC|MQTTC/i.test(text)) assert.equal(once, text);
    }),
  );
});
