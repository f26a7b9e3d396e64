import type { JsonObject } from '../../json.ts';
import { type Enrollment, enrollmentAsJson, readEnrollment } from './enrollments.ts';
import { number, object, objectOf, type Reader } from './shape.ts';

/** An enrollment, and what is known of it. */
export interface EnrollmentRecord {
  enrollment: Enrollment;
  /** Counts its changes: the etag. */
  revision: number;
  /** Milliseconds since 1970. */
  createdAt: number;
  updatedAt: number;
}

const readWhole = objectOf({ enrollment: readEnrollment, revision: number, createdAt: number, updatedAt: number });

/** One as it was kept; before there was more to keep, the enrollment alone was. */
export const readEnrollmentRecord: Reader<EnrollmentRecord> = (value, name) =>
  Object.hasOwn(object(value, name), 'enrollment')
    ? readWhole(value, name)
    : { enrollment: readEnrollment(value, name), revision: 1, createdAt: 0, updatedAt: 0 };

export const recordAsJson = ({ enrollment, ...record }: EnrollmentRecord): JsonObject => ({
  ...record,
  enrollment: enrollmentAsJson(enrollment),
});
