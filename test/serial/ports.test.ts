import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { AppError, EXIT } from '../../src/errors.ts';
import { type Access, accessHint, findGroup } from '../../src/serial/access.ts';
import { holders } from '../../src/serial/holder.ts';
import { onlyLikely, rankPorts } from '../../src/serial/likely.ts';
import type { PortInfo } from '../../src/serial/list.ts';
import { bindingPath, foreignName, openPort } from '../../src/serial/port.ts';

const BUILT_IN: PortInfo = { path: '/dev/ttyS0' };
const FTDI: PortInfo = { path: '/dev/ttyUSB0', vendorId: '0403', productId: '6001', manufacturer: 'FTDI' };
const BRIDGE: PortInfo = { path: 'COM6', vendorId: '04D8', productId: '00DD' };
const DISK: PortInfo = { path: '/dev/ttyACM0', vendorId: '1234', productId: '5678' };

function refusal(ports: PortInfo[]): AppError {
  try {
    return assert.fail(onlyLikely(rankPorts(ports)).path);
  } catch (error) {
    assert.ok(error instanceof AppError, String(error));
    assert.equal(error.exitCode, EXIT.serialPort);
    return error;
  }
}

test('known USB-UART adapters are likely the board, whatever the case of their ids', () => {
  const ranked = rankPorts([BUILT_IN, FTDI, BRIDGE, DISK]);
  assert.deepEqual(
    ranked.map(({ likely }) => likely),
    [false, true, true, false],
  );
  assert.match(ranked[2]?.why ?? '', /MCP2221/);
});

test('the only likely port is taken, and none is guessed', () => {
  assert.equal(onlyLikely(rankPorts([BUILT_IN, FTDI, DISK])).path, '/dev/ttyUSB0');
  const two = refusal([FTDI, BUILT_IN, BRIDGE]);
  for (const path of ['/dev/ttyUSB0', 'COM6']) assert.ok(two.message.includes(path), path);
  assert.ok(!two.message.includes('/dev/ttyS0'));
  assert.match(refusal([BUILT_IN]).hint, /\/dev\/ttyS0/);
  assert.deepEqual(refusal([BUILT_IN]).facts, { ports: ['/dev/ttyS0'] });
  assert.match(refusal([]).hint, /plug the USB-UART adapter in/);
});

test('a port of another system is told from one that is only missing', () => {
  const rows: [path: string, platform: NodeJS.Platform, system: string | null][] = [
    ['COM5', 'linux', 'Windows'],
    ['com12', 'darwin', 'Windows'],
    ['COM5', 'win32', null],
    ['/dev/ttyUSB0', 'linux', null],
    ['/dev/ttyUSB0', 'win32', 'Linux'],
    ['/dev/ttyACM0', 'darwin', 'Linux'],
    ['/dev/cu.usbserial-0001', 'linux', 'macOS'],
    ['/dev/tty.usbmodem1', 'darwin', null],
    ['/dev/serial/by-id/x', 'linux', null],
    ['COMx', 'linux', null],
  ];
  for (const [path, platform, system] of rows) assert.equal(foreignName(path, platform), system, `${path} ${platform}`);
});

test('who may not use a port is told what to join, or that it is of no use', () => {
  const dialout: Access = { group: 'dialout', groupMay: true, user: 'ann', listed: false };
  assert.match(accessHint(dialout), /usermod -aG dialout ann/);
  assert.match(accessHint({ ...dialout, listed: true }), /already.*log out/);
  for (const access of [
    { ...dialout, groupMay: false },
    { ...dialout, group: 'root' },
    { ...dialout, group: null },
  ]) {
    assert.doesNotMatch(accessHint(access), /usermod/);
  }
});

test('a group is found by its number', () => {
  const text = 'root:x:0:\ndialout:x:20:ann,bob\n\nodd\n';
  assert.deepEqual(findGroup(text, 20), { name: 'dialout', members: ['ann', 'bob'] });
  assert.deepEqual(findGroup(text, 0), { name: 'root', members: [] });
  assert.equal(findGroup(text, 2), null);
});

test('the processes that have a file open are named', { skip: process.platform !== 'linux' }, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'anycloud-iotc-'));
  const path = join(folder, 'port');
  const descriptor = openSync(path, 'w');
  t.after(() => {
    closeSync(descriptor);
    rmSync(folder, { recursive: true });
  });
  const found = holders(path);
  assert.deepEqual(
    found.map(({ pid }) => pid),
    [process.pid],
  );
  assert.notEqual(found[0]?.name, '?');
  assert.deepEqual(holders(`${path}-that-is-not-there`), []);
});

test('what is no port is refused before anything is opened', async () => {
  await assert.rejects(openPort('/dev/no-such-port', 230400), { code: 'E_PORT_NOT_FOUND', exitCode: EXIT.serialPort });
  if (process.platform === 'win32') return;
  await assert.rejects(openPort(tmpdir(), 230400), { code: 'E_PORT_NOT_SERIAL', exitCode: EXIT.serialPort });
});

test('the binding is given the name of a port of Windows without the prefix that it adds itself', () => {
  const rows: [path: string, platform: NodeJS.Platform, given: string][] = [
    ['COM5', 'win32', 'COM5'],
    ['COM10', 'win32', 'COM10'],
    ['\\\\.\\COM10', 'win32', 'COM10'],
    ['\\\\?\\com256', 'win32', 'com256'],
    ['\\\\.\\pipe\\board', 'win32', '\\\\.\\pipe\\board'],
    ['\\\\.\\COM10', 'linux', '\\\\.\\COM10'],
    ['/dev/cu.usbserial 1', 'darwin', '/dev/cu.usbserial 1'],
  ];
  for (const [path, platform, given] of rows) assert.equal(bindingPath(path, platform), given, `${path} ${platform}`);
});
