import { AzureError } from './azure-error.ts';
import type { CloudContext } from './context.ts';
import { type EnrollmentRecord, readEnrollmentRecord, recordAsJson } from './enrollment-record.ts';
import { checkEnrollment, type Enrollment, enrollmentId, sameId } from './enrollments.ts';
import { KEPT, keep, keptBy } from './kept.ts';

/** Throws where an enrollment must not be changed, or deleted; it is given what there is. */
export type EnrollmentCondition = (record: EnrollmentRecord | undefined) => void;

/** Individual enrollments and groups have names of their own; no id has a slash in it. */
const keyOf = (kind: Enrollment['kind'], id: string): string => (kind === 'group' ? `group/${id}` : id);

/** Who may register: what the cloud was started with, and what was enrolled since (which is kept). */
export class EnrollmentRegistry {
  readonly #context: CloudContext;
  readonly #records = new Map<string, EnrollmentRecord>();

  /** @throws Error for one that is not usable */
  constructor(context: CloudContext, initial: Enrollment[]) {
    this.#context = context;
    for (const record of keptBy(context.store.entries, KEPT.enrollment, readEnrollmentRecord).values()) {
      const { enrollment } = record;
      this.#records.set(keyOf(enrollment.kind, enrollmentId(enrollment)), record);
    }
    const now = context.clock.wall();
    for (const enrollment of initial) {
      checkEnrollment(enrollment);
      const key = keyOf(enrollment.kind, enrollmentId(enrollment));
      this.#records.set(key, { enrollment, revision: 1, createdAt: now, updatedAt: now });
    }
  }

  all(): Enrollment[] {
    return this.records().map(({ enrollment }) => enrollment);
  }

  records(): EnrollmentRecord[] {
    return [...this.#records.values()];
  }

  /** @param kind an individual one goes before a group, unless told */
  find(id: string, kind?: Enrollment['kind']): Enrollment | undefined {
    return this.findRecord(id, kind)?.enrollment;
  }

  findRecord(id: string, kind?: Enrollment['kind']): EnrollmentRecord | undefined {
    return this.#records.get(this.#keyOf(id, kind));
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
    const key = this.#keyOf(enrollmentId(enrollment), enrollment.kind);
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
  async delete(id: string, isAllowed: EnrollmentCondition = () => {}, kind?: Enrollment['kind']): Promise<void> {
    const key = this.#keyOf(id, kind);
    const record = this.#records.get(key);
    if (!record) throw new AzureError(404201, `There is no enrollment '${id}'.`);
    isAllowed(record);
    // A group was kept under its id alone before.
    for (const kept of this.#keptAs(key, record)) await keep(this.#context, kept, undefined);
    this.#records.delete(key);
  }

  #keptAs(key: string, { enrollment }: EnrollmentRecord): string[] {
    const { entries } = this.#context.store;
    const former = KEPT.enrollment + enrollmentId(enrollment);
    const value = entries.get(former);
    const isFormer =
      enrollment.kind === 'group' &&
      value !== undefined &&
      readEnrollmentRecord(value, former).enrollment.kind === 'group';
    return isFormer ? [former, KEPT.enrollment + key] : [KEPT.enrollment + key];
  }

  /** Ids are compared without regard to case; the first spelling stays the key. */
  #keyOf(id: string, kind?: Enrollment['kind']): string {
    const known = (kind === undefined ? (['individual', 'group'] as const) : [kind]).map((each) => keyOf(each, id));
    for (const key of known) if (this.#records.has(key)) return key;
    const keys = [...this.#records.keys()];
    return known.flatMap((key) => keys.find((other) => sameId(other, key)) ?? [])[0] ?? known[0] ?? id;
  }
}
