import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { emptyFolder, startCli } from '../helpers/cli.ts';
import { Cable, withoutSocat } from '../helpers/socat.ts';
import { openTab, withoutBrowser } from './browser.ts';

test('a session over a serial port shows in its page what it knows, and has no forms', {
  skip: withoutBrowser || withoutSocat,
  timeout: 90_000,
}, async (t) => {
  const cwd = emptyFolder();
  const ends = [join(cwd, 'host'), join(cwd, 'board')] as const;
  await new Cable(t, ends).plug();
  const cloud = startCli(
    t,
    ['cloud', '--mqtt-port', '0', '--http-port', '0', '--data', 'state', '--enroll', 'board-1'],
    {
      cwd,
    },
  );
  const [, mqttPort = ''] = await cloud.text(/MQTT over TLS on port (\d+)/);
  const [, api = ''] = await cloud.text(/^HTTP API: (\S+)$/m);
  await cloud.text(/^Enrolled board-1/m);
  const network = ['--ssid', 'Workshop', '--passphrase', 'correct horse'];
  const identity = ['--cert', 'state/board-1.cert.pem', '--key', 'state/board-1.key.pem'];
  const module = startCli(
    t,
    ['module', '--port', ends[1], ...identity, ...network, '--resolve', `*=127.0.0.1:${mqttPort}`, '--pace', 'instant'],
    { cwd },
  );
  await module.text(/^A virtual AnyCloud module is on/m);
  const settings = ['--id-scope', '0ne00A1B2C3', '--root-cert', 'state/ca.pem', '--interval', '1', '--console', '0'];
  const session = startCli(t, ['--port', ends[0], ...network, ...settings], { cwd });
  const [, link = ''] = await session.text(/^The console is at (\S+)$/m);
  const { page, complaints, close } = await openTab(link);
  t.after(close);

  await page.getByText('sends telemetry').waitFor({ timeout: 60_000 });
  await page.getByRole('link', { name: 'board-1' }).click();
  await page.getByRole('heading', { name: 'Temperature' }).waitFor();
  const view = (name: string) => page.getByRole('link', { name, exact: true }).click();

  await view('Journey');
  await page.getByRole('listitem').filter({ hasText: 'Telemetry' }).getByText('flows').waitFor();

  // What the cloud writes and runs is seen, and cannot be done from here.
  const send = (method: string, path: string, body: object) =>
    fetch(`${api}/api/devices/board-1/${path}`, {
      method,
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
  await view('Properties');
  assert.ok((await send('PATCH', 'properties', { telemetryInterval: 2 })).ok);
  const interval = page.getByRole('row').filter({ hasText: 'Telemetry Interval' });
  await interval.getByText('telemetryInterval set to: 2').waitFor();
  await interval.getByText('Accepted').waitFor();
  assert.ok((await send('POST', 'commands/reboot', { request: { delay: 'PT5S' } })).ok);
  await view('Commands');
  await page.getByRole('row').filter({ hasText: 'PT5S' }).getByText('200').waitFor();
  assert.equal(await page.getByRole('button', { name: /^(Run|Write)/ }).count(), 0);

  await view('Trace');
  await page.getByText('AT+MQTTPUB').first().waitFor();
  assert.equal(await page.getByText('correct horse').count(), 0);

  await view('Identity');
  await page.getByText('0ne00A1B2C3').waitFor();
  // The board's own certificate, to be uploaded as it is.
  const { fingerprint256 } = new X509Certificate(readFileSync(join(cwd, 'state/board-1.cert.pem')));
  const ownCard = page.getByRole('article').filter({ hasText: 'CN=board-1' });
  await ownCard.getByText(fingerprint256.replaceAll(':', '')).waitFor();
  const saving = page.waitForEvent('download');
  await ownCard.getByRole('button', { name: 'Save as PEM' }).click();
  const saved = await saving;
  assert.equal(saved.suggestedFilename(), 'board-1.PEM');
  assert.equal(new X509Certificate(readFileSync(await saved.path())).fingerprint256, fingerprint256);
  await page.getByText('CN=Local cloud CA').first().waitFor();
  await page
    .getByText(/valid until/)
    .first()
    .waitFor();
  await view('Template');
  await page.getByText('Reboot').first().waitFor();
  assert.deepEqual(complaints, []);
});
