import { HttpError } from '../../../web/http-error.ts';
import type { Route } from '../../../web/router.ts';
import type { BackEnd } from '../back-end.ts';

/** The models that the cloud knows, as device templates. */
export function templateRoutes(cloud: BackEnd): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/deviceTemplates',
      handle: async () => ({ status: 200, body: { value: await cloud.templates() } }),
    },
    {
      method: 'GET',
      path: '/api/deviceTemplates/:',
      handle({ parameters: [id = ''] }) {
        const template = cloud.template(id);
        if (!template) throw new HttpError(404, `There is no device template '${id}'.`);
        return { status: 200, body: template };
      },
    },
  ];
}
