import type { Route } from '../../../web/router.ts';
import type { BackEnd } from '../back-end.ts';
import { parseFault } from '../fault-request.ts';

export function faultRoutes({ faults }: BackEnd): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/faults',
      handle: () => ({ status: 200, body: { value: faults.waiting() } }),
    },
    {
      method: 'POST',
      path: '/api/faults',
      async handle({ body }) {
        // All are read before the first is carried out.
        for (const fault of Array.isArray(body) ? body.map(parseFault) : [parseFault(body)]) await faults.inject(fault);
        return { status: 202, body: { value: faults.waiting() } };
      },
    },
    {
      method: 'DELETE',
      path: '/api/faults',
      handle() {
        faults.clear();
        return { status: 204 };
      },
    },
  ];
}
