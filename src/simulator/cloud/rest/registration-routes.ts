import { AzureError } from '../azure-error.ts';
import type { CloudContext } from '../context.ts';
import type { Device } from '../device.ts';
import type { DeviceRegistry } from '../devices.ts';
import type { Dps } from '../dps.ts';
import type { DpsAnswer, DpsClient } from '../dps-endpoint.ts';
import { sameId } from '../enrollments.ts';
import { errorOfFault } from '../faults.ts';
import { NOTHING_SHOWN } from '../proof.ts';
import { expiryOfToken, misdirection } from '../sas-token.ts';
import { registrationJson } from './enrollment-json.ts';
import { checkEverything } from './enrollment-routes.ts';
import { checkIfMatch } from './if-match.ts';
import { pageOf } from './paging.ts';
import type { RestCall, RestReply, RestRoute } from './route.ts';

export interface RegistrationOptions {
  devices: DeviceRegistry;
  dps: Dps;
  context: CloudContext;
  hubName: () => string;
}

const refused = (reason: string) => new AzureError(401002, 'Unauthorized', reason);

/** Who registers by HTTPS, as far as can be told before the enrollment is looked for. @throws AzureError 401002 */
function clientOf({ parameters: [idScope = '', registrationId = ''], token, peer }: RestCall, now: number): DpsClient {
  const proof = token ?? peer();
  if (proof === null) throw refused(NOTHING_SHOWN);
  if (token) {
    const doubt = misdirection(token, [idScope], ['registrations', registrationId]) ?? expiryOfToken(token, now);
    if (doubt !== null) throw refused(doubt);
  }
  return { idScope, registrationId, proof };
}

const replyOf = ({ status, retryAfter, body }: DpsAnswer): RestReply => ({
  status,
  body,
  headers: retryAfter === undefined ? {} : { 'Retry-After': String(retryAfter) },
});

/** Registrations: what a back end sees of them, and how a device registers by HTTPS. */
export function registrationRoutes({ devices, dps, context, hubName }: RegistrationOptions): RestRoute[] {
  const reading = { service: 'dps', needs: ['RegistrationStatusRead', 'RegistrationStatusWrite'] } as const;
  const own = { service: 'dps', needs: 'registrant' } as const;
  const get = (id: string): Device => {
    const device = devices
      .all()
      .find(({ record }) => record.registration && sameId(record.registration.registrationId, id));
    if (!device) throw new AzureError(404204, 'Registration not found.');
    return device;
  };
  return [
    {
      ...reading,
      method: 'GET',
      path: '/registrations/:',
      handle({ parameters: [id = ''] }) {
        const { record } = get(id);
        return {
          status: 200,
          body: registrationJson(record, hubName()),
          headers: { ETag: record.registration?.etag ?? '' },
        };
      },
    },
    {
      service: 'dps',
      needs: ['RegistrationStatusWrite'],
      method: 'DELETE',
      path: '/registrations/:',
      async handle({ parameters: [id = ''], headers }) {
        const { record } = get(id);
        checkIfMatch(headers['if-match'], record.registration?.etag ?? '');
        // The device stays at its hub: only what DPS knows of it goes.
        await devices.update(record.id, (before) => ({ ...before, registration: null }));
        return { status: 204 };
      },
    },
    {
      ...reading,
      method: 'POST',
      path: '/registrations/:/query',
      handle({ parameters: [group = ''], headers, json }) {
        checkEverything(json());
        const items = devices
          .all()
          .filter(
            ({ record: { registration } }) =>
              registration?.enrollmentGroup && sameId(registration.enrollmentGroup, group),
          )
          .map(({ record }) => [record.id, registrationJson(record, hubName())] as const);
        return pageOf(items, headers, 'deviceRegistration', group);
      },
    },
    {
      ...own,
      method: 'PUT',
      path: '/:/registrations/:/register',
      async handle(call) {
        const client = clientOf(call, context.clock.wall());
        const fault = context.faults.takeDps('register', client.registrationId);
        if (fault?.answer === 'status') throw errorOfFault(fault);
        return replyOf(await dps.register(client, call.body.length === 0 ? Buffer.from('{}') : call.body, fault));
      },
    },
    {
      ...own,
      method: 'GET',
      path: '/:/registrations/:/operations/:',
      async handle(call) {
        const client = clientOf(call, context.clock.wall());
        const fault = context.faults.takeDps('poll', client.registrationId);
        if (fault?.answer === 'status') throw errorOfFault(fault);
        return replyOf(await dps.poll(client, call.parameters[2], fault));
      },
    },
    {
      ...own,
      method: 'POST',
      path: '/:/registrations/:',
      handle(call) {
        const client = clientOf(call, context.clock.wall());
        dps.authenticate(client);
        return { status: 200, body: registrationJson(get(client.registrationId).record, hubName()) };
      },
    },
  ];
}
