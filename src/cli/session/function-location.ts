import { randomUUID } from 'node:crypto';
import { Session } from 'node:inspector';
import { fileURLToPath } from 'node:url';

/**
 * Where a function stands, as `file:line`; null for what is none, or was not read from a file. The engine knows it, and
 * tells its inspector only.
 */
export function functionLocation(value: unknown): string | null {
  if (typeof value !== 'function') return null;
  const name = `anycloud-iotc ${randomUUID()}`;
  const files = new Map<string, string>();
  const session = new Session();
  let location: string | null = null;
  session.connect();
  session.on('Debugger.scriptParsed', ({ params }) => files.set(params.scriptId, params.url));
  Object.defineProperty(globalThis, name, { value, configurable: true });
  try {
    // Within one thread the answers come before `post` returns.
    session.post('Debugger.enable');
    session.post('Runtime.evaluate', { expression: `globalThis[${JSON.stringify(name)}]` }, (_, evaluated) => {
      const objectId = evaluated?.result.objectId;
      if (objectId === undefined) return;
      session.post('Runtime.getProperties', { objectId, ownProperties: true }, (_error, properties) => {
        const found = properties?.internalProperties?.find((property) => property.name === '[[FunctionLocation]]');
        location = readLocation(found?.value?.value, files);
      });
    });
  } finally {
    Reflect.deleteProperty(globalThis, name);
    session.disconnect();
  }
  return location;
}

function readLocation(value: unknown, files: ReadonlyMap<string, string>): string | null {
  if (typeof value !== 'object' || value === null || !('scriptId' in value) || !('lineNumber' in value)) return null;
  const url = files.get(String(value.scriptId));
  if (url === undefined || url === '') return null;
  return `${url.startsWith('file:') ? fileURLToPath(url) : url}:${Number(value.lineNumber) + 1}`;
}
