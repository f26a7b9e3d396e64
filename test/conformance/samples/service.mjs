// What Microsoft's samples of the service SDK do, by the connection string of a policy.
import iothub from 'azure-iothub';
import { check, run } from './run.mjs';

const registry = iothub.Registry.fromConnectionString(process.env.IOTHUB_CONNECTION_STRING);

await run({
  async registry_sample() {
    const { responseBody: made } = await registry.create({ deviceId: 'sample', status: 'disabled' });
    check(made.authentication.symmetricKey.primaryKey.length === 44, 'it has a key');
    const { responseBody: changed } = await registry.update({
      deviceId: 'sample',
      status: 'enabled',
      statusReason: 'x',
    });
    check(changed.status === 'enabled', 'it is enabled');
    check(
      (await registry.list()).responseBody.some(({ deviceId }) => deviceId === 'sample'),
      'it is listed',
    );
    check((await registry.get('sample')).responseBody.statusReason === 'x', 'it is there');
    await registry.delete('sample');
    const error = await registry.get('sample').catch((thrown) => thrown);
    check(error.name === 'DeviceNotFoundError', 'it is gone');
  },
  async registry_bulk_sample() {
    const devices = ['bulk-1', 'bulk-2'].map((deviceId) => ({ deviceId }));
    check((await registry.addDevices(devices)).responseBody.isSuccessful, 'they are added');
    const changed = devices.map((each) => ({ ...each, status: 'disabled' }));
    check((await registry.updateDevices(changed, true)).responseBody.isSuccessful, 'they are changed');
    check((await registry.removeDevices(devices, true)).responseBody.isSuccessful, 'they are removed');
    check((await registry.getRegistryStatistics()).responseBody.totalDeviceCount >= 0, 'they are counted');
  },
  async create_device_with_cert() {
    const x509Thumbprint = { primaryThumbprint: '0'.repeat(40), secondaryThumbprint: 'f'.repeat(40) };
    const { responseBody } = await registry.create({ deviceId: 'certified', authentication: { x509Thumbprint } });
    check(responseBody.authentication.type === 'selfSigned', 'it is known by its certificates');
    await registry.delete('certified');
  },
  async twin() {
    await registry.create({ deviceId: 'twin' });
    const { responseBody: twin } = await registry.getTwin('twin');
    await twin.update({ tags: { city: 'Redmond' }, properties: { desired: { telemetryInterval: 1000 } } });
    const { responseBody: again } = await registry.updateTwin('twin', { tags: { city: 'Cork' } }, '*');
    check(again.tags.city === 'Cork' && again.properties.desired.telemetryInterval === 1000, 'it is changed');
    const stale = await registry.updateTwin('twin', { tags: { city: 'x' } }, 'AAAAAAAAAAE=').catch((thrown) => thrown);
    check(stale.name === 'InvalidEtagError' || stale instanceof Error, 'an old etag is refused');
  },
  async twin_query() {
    for (let index = 0; index < 3; index++) {
      await registry.create({ deviceId: `query-${index}` });
      await registry.updateTwin(`query-${index}`, { tags: { group: 'query' } }, '*');
    }
    const query = registry.createQuery("SELECT * FROM devices WHERE tags.group = 'query' AND deviceId != 'query-1'", 1);
    const ids = [];
    while (query.hasMoreResults) ids.push(...(await query.nextAsTwin()).result.map(({ deviceId }) => deviceId));
    check(ids.join() === 'query-0,query-2', 'the pages have all of them');
  },
});
