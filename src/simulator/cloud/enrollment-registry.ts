import { AzureError } from './azure-error.ts';
import type { CloudContext } from './context.ts';
import { type EnrollmentRecord, readEnrollmentRecord, recordAsJson } from './enrollment-record.ts';
import { checkEnrollment, type Enrollment, enrollmentId, sameId } from './enrollments.ts';
import { KEPT, keep, keptBy } from './kept.ts';

/** Throws where an enrollment must not be changed, or deleted; it is given what there is. */
export type EnrollmentCondition = (record: EnrollmentRecord | undefined) => void;

/** Who may register: what the cloud was started with, and what was enrolled since (which is kept). */
export class EnrollmentRegistry {
  readonly #context: CloudContext;
  readonly #records: Map<string, EnrollmentRecord>;

  /** @throws Error for one that is not usable */
  constructor(context: CloudContext, initial: Enrollment[]) {
    this.#context = context;
    this.#records = keptBy(context.store.entries, KEPT.enrollment, readEnrollmentRecord);
    const now = context.clock.wall();
    for (const enrollment of initial) {
      checkEnrollment(enrollment);
      this.#records.set(enrollmentId(enrollment), { enrollment, revision: 1, createdAt: now, updatedAt: now });
    }
  }

  all(): Enrollment[] {
    return this.records().map(({ enrollment }) => enrollment);
  }

  records(): EnrollmentRecord[] {
    return [...this.#records.values()];
  }

  find(id: string): Enrollment | undefined {
    return this.findRecord(id)?.enrollment;
  }

  findRecord(id: string): EnrollmentRecord | undefined {
    return this.#records.get(this.#keyOf(id));
  }

  /** @throws AzureError 404201 */
  get(id: string): Enrollment {
    const enrollment = this.find(id);
    if (!enrollment) throw new AzureError(404201, `There is no enrollment '${id}'.`);
    return enrollment;
  }

  /**
   * Enrolls, or replaces the enrollment of the same id.
   * @throws AzureError 400004 when it is not a usable one, 500001 when it could not be written down
   */
  async put(enrollment: Enrollment, isAllowed: EnrollmentCondition = () => {}): Promise<void> {
    checkEnrollment(enrollment);
    const key = this.#keyOf(enrollmentId(enrollment));
    const before = this.#records.get(key);
    isAllowed(before);
    const now = this.#context.clock.wall();
    const record = {
      enrollment,
      revision: (before?.revision ?? 0) + 1,
      createdAt: before?.createdAt ?? now,
      updatedAt: now,
    };
    await keep(this.#context, KEPT.enrollment + key, recordAsJson(record));
    this.#records.set(key, record);
  }

  /** @throws AzureError 404201, 500001 */
  async delete(id: string, isAllowed: EnrollmentCondition = () => {}): Promise<void> {
    this.get(id);
    const key = this.#keyOf(id);
    isAllowed(this.#records.get(key));
    await keep(this.#context, KEPT.enrollment + key, undefined);
    this.#records.delete(key);
  }

  /** Ids are compared without regard to case; the first spelling stays the key. */
  #keyOf(id: string): string {
    if (this.#records.has(id)) return id;
    return [...this.#records.keys()].find((key) => sameId(key, id)) ?? id;
  }
}
