import type { Qos } from './mqtt-connection.ts';
import {
  defaulted,
  flag,
  listOf,
  nullOr,
  number,
  object,
  objectOf,
  oneOf,
  optional,
  type Reader,
  recordOf,
  text,
} from './shape.ts';
import { readSymmetricKey, type SymmetricKey } from './symmetric-key.ts';
import type { Change, Twin, TwinSection } from './twin.ts';

/** What DPS remembers of an assignment. */
export type Registration = {
  registrationId: string;
  enrollmentGroup: string | null;
  createdAt: number;
  updatedAt: number;
  etag: string;
  substatus: string;
};

/** What is kept of a device; nothing but JSON (so a type, not an interface), and never changed but as a whole. */
export type DeviceRecord = {
  id: string;
  /** Null for the hub that all devices begin at, whatever it is called in this run. */
  hub: string | null;
  enabled: boolean;
  /** Why it is disabled, for people. */
  statusReason: string | null;
  /** ISO 8601; null when it has been as it is from the beginning. */
  statusUpdatedAt: string | null;
  /** Another one for a device that was deleted and made again. */
  generationId: string;
  /** Whether it says that it is an IoT Edge device; nothing follows from it here. */
  iotEdge: boolean;
  /** What people call it; null for its id. */
  displayName: string | null;
  /** What IoT Central keeps with a device; nothing follows from them here. */
  simulated: boolean;
  organizations: string[];
  /** Counts the changes of everything but twin and session. */
  revision: number;
  /** SHA-1 or SHA-256 of the leaf that the hub accepts over TLS; null when there is none yet. */
  thumbprint: string | null;
  /** The same of a second one, for the time when certificates are changed. */
  secondaryThumbprint: string | null;
  /** Whether any certificate does that has the device's id as its common name, and comes from an authority of this cloud. */
  byAuthority: boolean;
  /** What its tokens are signed with; null for a device that has a certificate. */
  symmetricKey: SymmetricKey | null;
  modelId: string | null;
  /** Set when the device was given to another hub and has not been to DPS since: its old hub knows it no more. */
  movedTo: string | null;
  registration: Registration | null;
  twin: Twin;
  /** The filters of a persistent session; null when there is none. */
  session: Record<string, Qos> | null;
};

const readChange: Reader<Change> = (value, name) =>
  objectOf({ at: text, version: number, members: optional(recordOf(readChange)) })(value, name);

const readSection: Reader<TwinSection> = objectOf({
  properties: object,
  version: number,
  at: defaulted(text, '0001-01-01T00:00:00Z'),
  changes: recordOf(readChange),
});

const readRegistration: Reader<Registration> = objectOf({
  registrationId: text,
  enrollmentGroup: nullOr(text),
  createdAt: number,
  updatedAt: number,
  etag: text,
  substatus: text,
});

/** A record as it was kept. */
export const readDevice: Reader<DeviceRecord> = objectOf({
  id: text,
  hub: nullOr(text),
  enabled: flag,
  statusReason: defaulted(nullOr(text), null),
  statusUpdatedAt: defaulted(nullOr(text), null),
  generationId: defaulted(text, '0'),
  iotEdge: defaulted(flag, false),
  displayName: defaulted(nullOr(text), null),
  simulated: defaulted(flag, false),
  organizations: defaulted(listOf(text), []),
  revision: defaulted(number, 1),
  thumbprint: nullOr(text),
  secondaryThumbprint: defaulted(nullOr(text), null),
  byAuthority: defaulted(flag, false),
  symmetricKey: defaulted(nullOr(readSymmetricKey), null),
  modelId: nullOr(text),
  movedTo: nullOr(text),
  registration: nullOr(readRegistration),
  twin: objectOf({
    desired: readSection,
    reported: readSection,
    tags: defaulted(object, {}),
    version: defaulted(number, 2),
    revision: defaulted(number, 1),
  }),
  session: nullOr(recordOf(oneOf<Qos>(0, 1))),
});
