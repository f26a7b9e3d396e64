import type { Json, JsonObject } from '../../../json.ts';
import { HttpError } from '../../../web/http-error.ts';
import type { Route } from '../../../web/router.ts';
import type { BackEnd } from '../back-end.ts';
import { type Enrollment, enrollmentAsJson, enrollmentId, readEnrollment, warningsAbout } from '../enrollments.ts';
import { object } from '../shape.ts';
import { read } from './request.ts';

/** What is shown of an enrollment and may be sent back, but is not part of it. */
const SHOWN_ONLY = ['warnings', 'attestation'];

/** A symmetric key is taken, and never shown. */
function describe(enrollment: Enrollment, now: number): Json {
  const warnings = warningsAbout(enrollment, now);
  const { symmetricKey, ...shown } = enrollmentAsJson(enrollment);
  return {
    ...shown,
    ...(symmetricKey === undefined ? {} : { attestation: 'symmetricKey' }),
    id: enrollmentId(enrollment),
    enabled: enrollment.enabled ?? true,
    ...(warnings.length === 0 ? {} : { warnings }),
  };
}

/**
 * The enrollment of this id that a body describes. The path has the id; the body may repeat it.
 * @param known what is enrolled: its symmetric key stays when the body, as it was shown, has `attestation` in its place
 */
function enrollmentOf(id: string, body: Json, known: Enrollment | undefined): Enrollment {
  const { kind = 'individual', ...members } = read(object, body);
  const plain = Object.fromEntries(Object.entries(members).filter(([name]) => !SHOWN_ONLY.includes(name)));
  for (const name of ['id', 'registrationId']) {
    if (Object.hasOwn(plain, name) && plain[name] !== id) throw new HttpError(400, `'${name}' cannot be changed.`);
    delete plain[name];
  }
  const isShown = members['attestation'] === 'symmetricKey' && !Object.hasOwn(plain, 'symmetricKey');
  if (isShown && known?.symmetricKey) plain['symmetricKey'] = known.symmetricKey;
  const named: JsonObject = { ...plain, kind, ...(kind === 'group' ? { id } : { registrationId: id }) };
  return read(readEnrollment, named);
}

export function enrollmentRoutes({ enrollments }: BackEnd, now: () => number): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/enrollments',
      handle: () => ({
        status: 200,
        body: { value: enrollments.all().map((enrollment) => describe(enrollment, now())) },
      }),
    },
    {
      method: 'GET',
      path: '/api/enrollments/:',
      handle: ({ parameters: [id = ''] }) => ({ status: 200, body: describe(enrollments.get(id), now()) }),
    },
    {
      method: 'PUT',
      path: '/api/enrollments/:',
      async handle({ parameters: [id = ''], body }) {
        const enrollment = enrollmentOf(id, body, enrollments.find(id));
        await enrollments.put(enrollment);
        return { status: 200, body: describe(enrollment, now()) };
      },
    },
    {
      method: 'DELETE',
      path: '/api/enrollments/:',
      async handle({ parameters: [id = ''] }) {
        await enrollments.delete(id);
        return { status: 204 };
      },
    },
  ];
}
