import type { Json } from '../json.ts';
import { isJsonObject, own } from '../json.ts';
import { HttpError } from '../web/http-error.ts';
import type { Route } from '../web/router.ts';

/**
 * The control lines of virtual modules over HTTP, for the page.
 * @param module that of a device, where one is named; undefined until it is there
 */
export function moduleRoutes(
  module: (deviceId: string | undefined) => { control(line: string): string } | undefined,
): Route[] {
  const control = (line: string, deviceId: string | undefined) => {
    const answer = module(deviceId)?.control(line);
    if (answer === undefined) throw new HttpError(503, 'There is no such virtual module, or it has not started yet.');
    if (answer.startsWith('error: ')) throw new HttpError(400, answer.slice('error: '.length));
    return { status: 200, body: { answer } };
  };
  return [
    {
      method: 'GET',
      path: '/api/module',
      handle: ({ query }) => control('status', query.get('deviceId') ?? undefined),
    },
    { method: 'POST', path: '/api/module', handle: ({ body }) => control(lineIn(body), deviceIn(body)) },
  ];
}

/** @throws HttpError 400 */
function lineIn(body: Json): string {
  const line = isJsonObject(body) ? own(body, 'line') : undefined;
  if (typeof line === 'string' && line.length <= 1000 && !/[\r\n]/.test(line)) return line;
  throw new HttpError(400, "Give 'line', a control line such as wifi-drop; help lists them.");
}

function deviceIn(body: Json): string | undefined {
  const deviceId = isJsonObject(body) ? own(body, 'deviceId') : undefined;
  return typeof deviceId === 'string' ? deviceId : undefined;
}
