import type { CloudParts } from './operations.ts';
import { newSymmetricKey, type SymmetricKey } from './symmetric-key.ts';

/**
 * Lets a device in by a symmetric key: at DPS, and at the hub at once, where it may use a connection string.
 * @param given its keys; for those that are not given the device keeps what it has, or is given new ones
 * @throws AzureError 400004 for an id that cannot be one, 500001 when it could not be written down
 */
export async function enrollKey(
  { devices, enrollments }: Pick<CloudParts, 'devices' | 'enrollments'>,
  id: string,
  given: Partial<SymmetricKey>,
): Promise<{ key: SymmetricKey; isNew: boolean }> {
  const known = enrollments.find(id, 'individual')?.symmetricKey;
  const isOther = given.primaryKey !== undefined && given.primaryKey !== known?.primaryKey;
  const key = newSymmetricKey({ ...(isOther ? {} : known), ...given });
  const isNew = known?.primaryKey !== key.primaryKey || known.secondaryKey !== key.secondaryKey;
  if (isNew) await enrollments.put({ kind: 'individual', registrationId: id, symmetricKey: key });
  await devices.put(id, (record) => {
    if (record?.symmetricKey?.primaryKey === key.primaryKey && record.symmetricKey.secondaryKey === key.secondaryKey)
      return record;
    const before = record ?? devices.newRecord({ id });
    return {
      ...before,
      symmetricKey: key,
      thumbprint: null,
      secondaryThumbprint: null,
      byAuthority: false,
      revision: before.revision + 1,
    };
  });
  return { key, isNew };
}
