/** What DPS answers on. */
export const DPS_FILTER = '$dps/registrations/res/#';
/** Commands of the cloud. */
export const METHODS_FILTER = '$iothub/methods/POST/#';
/** Answers to twin requests. */
export const TWIN_RESULT_FILTER = '$iothub/twin/res/#';
/** Changes of desired properties. */
export const DESIRED_FILTER = '$iothub/twin/PATCH/properties/desired/#';

const LONGEST_RETRY_AFTER = 1_000_000_000;

/** Topic that registers the device (Azure 1.2). */
export function registerTopic(rid: string): string {
  return `$dps/registrations/PUT/iotdps-register/?$rid=${rid}`;
}

/** Topic that asks how a registration is getting on. With Azure's 55-character ids, `rid` has room for 3 digits (T13). */
export function pollTopic(rid: string, operationId: string): string {
  return `$dps/registrations/GET/iotdps-get-operationstatus/?$rid=${rid}&operationId=${encodeURIComponent(operationId)}`;
}

export interface DpsTopic {
  status: number;
  /** The request's id; empty when DPS does not know it (Azure 1.2). */
  rid: string;
  /** Seconds to wait before the next request, up to a billion; null when DPS names none that can be understood. */
  retryAfter: number | null;
}

/** Reads the topic of an answer from DPS. @returns null for any other topic */
export function parseDpsTopic(topic: string): DpsTopic | null {
  const match = /^\$dps\/registrations\/res\/(\d{3})(?:\/(?:\?(.*))?)?$/s.exec(topic);
  if (!match) return null;
  const parameters = parseParameters(match[2]);
  const seconds = parameters.get('retry-after') ?? '';
  return {
    status: Number(match[1]),
    rid: parameters.get('$rid') ?? '',
    retryAfter: /^\d+$/.test(seconds) ? Math.min(Number(seconds), LONGEST_RETRY_AFTER) : null,
  };
}

/** Topic that asks for the device twin (Azure 2.2). */
export function twinGetTopic(rid: string): string {
  return `$iothub/twin/GET/?$rid=${rid}`;
}

/** Topic of changes to the twin's reported part. */
export function reportedTopic(rid: string): string {
  return `$iothub/twin/PATCH/properties/reported/?$rid=${rid}`;
}

/** Topic of telemetry; `properties` become its property bag, URL-encoded (Azure 2.3). */
export function telemetryTopic(deviceId: string, properties: Record<string, string> = {}): string {
  const bag = Object.entries(properties).map(([key, value]) => `${encodeKey(key)}=${encodeURIComponent(value)}`);
  return `devices/${deviceId}/messages/events/${bag.join('&')}`;
}

/** System properties are written as Azure writes them, which is shorter, too: `$.ct`. */
function encodeKey(key: string): string {
  return encodeURIComponent(key).replace(/^%24\./, '$.');
}

/** Cloud-to-device messages for `deviceId` (Azure 2.3). */
export function messageFilter(deviceId: string): string {
  return `devices/${deviceId}/messages/devicebound/#`;
}

/** Topic of the answer to a command; `rid` exactly as it was received. */
export function methodResponseTopic(status: number, rid: string): string {
  return `$iothub/methods/res/${status}/?$rid=${rid}`;
}

export type HubTopic =
  | { kind: 'method'; name: string; rid: string }
  | { kind: 'twin-result'; status: number; rid: string; version: number | null }
  | { kind: 'desired'; version: number | null }
  /** A cloud-to-device message; `properties` by decoded name, system properties as `$.mid`. */
  | { kind: 'message'; properties: ReadonlyMap<string, string> };

/**
 * Reads the topic of a message from the hub. Names and request ids are opaque and stay as they are.
 * @returns null for any other topic, also for a command without request id, which nobody could answer
 */
export function parseHubTopic(topic: string): HubTopic | null {
  const bag = /^devices\/[^/]+\/messages\/devicebound\/(.*)$/s.exec(topic)?.[1];
  if (bag !== undefined) return { kind: 'message', properties: parseBag(bag) };
  const match = /^\$iothub\/(methods\/POST|twin\/res|twin\/PATCH\/properties\/desired)\/(?:([^/?]+)\/)?\?(.*)$/s.exec(
    topic,
  );
  if (!match) return null;
  const [, path, segment] = match;
  const parameters = parseParameters(match[3]);
  const rid = parameters.get('$rid');
  const version = parseVersion(parameters.get('$version'));
  switch (path) {
    case 'methods/POST':
      return segment === undefined || rid === undefined ? null : { kind: 'method', name: segment, rid };
    case 'twin/res':
      if (segment === undefined || !/^\d{3}$/.test(segment)) return null;
      return { kind: 'twin-result', status: Number(segment), rid: rid ?? '', version };
    default:
      return segment === undefined ? { kind: 'desired', version } : null;
  }
}

/** The `key=value` pairs after a topic's question mark: keys in lower case, since Azure varies them; the first counts. */
function parseParameters(query = ''): Map<string, string> {
  const parameters = new Map<string, string>();
  for (const pair of query.split('&')) {
    const [key = '', ...value] = pair.split('=');
    const name = key.toLowerCase();
    if (!parameters.has(name)) parameters.set(name, value.join('='));
  }
  return parameters;
}

/** A property bag: pairs without `=` have the empty value, and what cannot be decoded stays as it is. */
function parseBag(bag: string): Map<string, string> {
  const decode = (text: string) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };
  const pairs = bag.split('&').filter((pair) => pair !== '');
  return new Map(
    pairs.map((pair) => {
      const [key = '', ...value] = pair.split('=');
      return [decode(key), decode(value.join('='))];
    }),
  );
}

function parseVersion(text = ''): number | null {
  const version = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(version) ? version : null;
}
