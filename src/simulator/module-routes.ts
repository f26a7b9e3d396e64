import type { Json } from '../json.ts';
import { isJsonObject, own } from '../json.ts';
import { HttpError } from '../web/http-error.ts';
import type { Route } from '../web/router.ts';

/**
 * The control lines of a virtual module over HTTP, for the page.
 * @param module undefined until it is there
 */
export function moduleRoutes(module: () => { control(line: string): string } | undefined): Route[] {
  const control = (line: string) => {
    const answer = module()?.control(line);
    if (answer === undefined) throw new HttpError(503, 'The virtual module has not started yet.');
    if (answer.startsWith('error: ')) throw new HttpError(400, answer.slice('error: '.length));
    return { status: 200, body: { answer } };
  };
  return [
    { method: 'GET', path: '/api/module', handle: () => control('status') },
    { method: 'POST', path: '/api/module', handle: ({ body }) => control(lineIn(body)) },
  ];
}

/** @throws HttpError 400 */
function lineIn(body: Json): string {
  const line = isJsonObject(body) ? own(body, 'line') : undefined;
  if (typeof line === 'string' && line.length <= 1000 && !/[\r\n]/.test(line)) return line;
  throw new HttpError(400, "Give 'line', a control line such as wifi-drop; help lists them.");
}
