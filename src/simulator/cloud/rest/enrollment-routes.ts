import type { IncomingHttpHeaders } from 'node:http';
import type { Json, JsonObject } from '../../../json.ts';
import { AzureError } from '../azure-error.ts';
import type { EnrollmentRecord } from '../enrollment-record.ts';
import type { EnrollmentRegistry } from '../enrollment-registry.ts';
import { type Enrollment, enrollmentId } from '../enrollments.ts';
import { listOf, object, objectOf, oneOf, ShapeError, text } from '../shape.ts';
import { etagOf } from '../twin.ts';
import { attestationJson, enrollmentIn, enrollmentJson } from './enrollment-json.ts';
import { checkIfMatch } from './if-match.ts';
import { pageOf } from './paging.ts';
import type { RestReply, RestRoute } from './route.ts';

const MOST_AT_ONCE = 10;
const readBulk = objectOf(
  { mode: oneOf('create', 'update', 'updateIfMatchETag', 'delete'), enrollments: listOf(object) },
  'ignored',
);
const readQuery = objectOf({ query: text }, 'ignored');
/** A query of DPS has no conditions that any of its SDKs would show. */
const EVERYTHING = /^\s*(?:\*|SELECT\s+\*\s+FROM\s+enrollments?|SELECT\s+\*)\s*$/i;

/** The words of a query of DPS. @throws AzureError 400004 for what is not understood */
export function checkEverything(json: Json): void {
  const { query } = readQuery(json, '');
  if (EVERYTHING.test(query)) return;
  throw new AzureError(
    400004,
    'The query is not understood: the local cloud knows "*" and "SELECT * FROM enrollments".',
  );
}

const withEtag = (record: EnrollmentRecord): RestReply => ({
  status: 200,
  body: enrollmentJson(record),
  headers: { ETag: `"${etagOf(record.revision)}"` },
});

/** The enrollments of one kind, of DPS's service API. */
export function enrollmentRoutes(enrollments: EnrollmentRegistry, kind: Enrollment['kind']): RestRoute[] {
  const root = kind === 'group' ? '/enrollmentgroups' : '/enrollments';
  const reading = { service: 'dps', needs: ['EnrollmentRead', 'EnrollmentWrite'] } as const;
  const writing = { service: 'dps', needs: ['EnrollmentWrite'] } as const;

  const get = (id: string): EnrollmentRecord => {
    const record = enrollments.findRecord(id, kind);
    if (record) return record;
    throw new AzureError(404201, 'Enrollment not found.');
  };
  const put = async (id: string, json: Json, ifMatch: string | undefined): Promise<EnrollmentRecord> => {
    const known = enrollments.find(id, kind);
    await enrollments.put(enrollmentIn(kind, id, json, known), (record) => {
      if (ifMatch === undefined) return;
      if (!record) throw new AzureError(404201, 'Enrollment not found.');
      checkIfMatch(ifMatch, etagOf(record.revision));
    });
    return get(id);
  };
  const remove = async (id: string, ifMatch: string | undefined): Promise<void> => {
    get(id);
    await enrollments.delete(id, (record) => checkIfMatch(ifMatch, etagOf(record?.revision ?? 0)), kind);
  };
  const all = () => enrollments.records().filter(({ enrollment }) => enrollment.kind === kind);
  const conditionOf = (headers: IncomingHttpHeaders) => headers['if-match'];

  const idIn = (body: JsonObject) => body[kind === 'group' ? 'enrollmentGroupId' : 'registrationId'] ?? '';

  /** One item of many. @throws AzureError, ShapeError */
  const performOne = async (mode: ReturnType<typeof readBulk>['mode'], body: JsonObject): Promise<void> => {
    const named = idIn(body);
    if (typeof named !== 'string' || named === '') throw new AzureError(400004, 'An enrollment has no id.');
    const etag = typeof body['etag'] === 'string' ? body['etag'] : '""';
    if (mode === 'delete') return remove(named, undefined);
    if (mode === 'create' && enrollments.find(named, kind))
      throw new AzureError(409201, 'The enrollment exists already.');
    await put(named, body, mode === 'create' ? undefined : mode === 'update' ? '*' : etag);
  };

  return [
    { ...reading, method: 'GET', path: `${root}/:`, handle: ({ parameters: [id = ''] }) => withEtag(get(id)) },
    {
      ...writing,
      method: 'PUT',
      path: `${root}/:`,
      handle: async ({ parameters: [id = ''], headers, json }) => withEtag(await put(id, json(), conditionOf(headers))),
    },
    {
      ...writing,
      method: 'DELETE',
      path: `${root}/:`,
      async handle({ parameters: [id = ''], headers }) {
        await remove(id, conditionOf(headers));
        return { status: 204 };
      },
    },
    {
      ...reading,
      method: 'POST',
      path: `${root}/query`,
      handle({ headers, json }) {
        checkEverything(json());
        const items = all().map((record) => [enrollmentId(record.enrollment), enrollmentJson(record)] as const);
        return pageOf(items, headers, kind === 'group' ? 'enrollmentGroup' : 'enrollment', '*');
      },
    },
    {
      service: 'dps',
      needs: ['EnrollmentWrite'],
      method: 'POST',
      path: `${root}/:/attestationmechanism`,
      handle: ({ parameters: [id = ''] }) => ({ status: 200, body: attestationJson(get(id).enrollment, true) }),
    },
    {
      ...writing,
      method: 'POST',
      path: root,
      async handle({ json }) {
        const { mode, enrollments: items } = readBulk(json(), '');
        if (items.length === 0 || items.length > MOST_AT_ONCE)
          throw new AzureError(400004, `There must be 1 to ${MOST_AT_ONCE} enrollments.`);
        const ids = items.map(idIn);
        if (new Set(ids).size < ids.length) throw new AzureError(400004, 'An enrollment is there twice.');
        const errors: JsonObject[] = [];
        for (const item of items) {
          try {
            await performOne(mode, item);
          } catch (thrown) {
            if (!(thrown instanceof AzureError) && !(thrown instanceof ShapeError)) throw thrown;
            const code = thrown instanceof AzureError ? thrown.code : 400004;
            errors.push({ registrationId: idIn(item), errorCode: code, errorStatus: thrown.message });
          }
        }
        return { status: 200, body: { isSuccessful: errors.length === 0, errors } };
      },
    },
  ];
}
