import { AzureError } from './azure-error.ts';
import type { CloudContext } from './context.ts';
import { checkEnrollment, type Enrollment, enrollmentAsJson, enrollmentId, readEnrollment } from './enrollments.ts';
import { KEPT, keep, keptBy } from './kept.ts';

/** Who may register: what the cloud was started with, and what was enrolled since (which is kept). */
export class EnrollmentRegistry {
  readonly #context: CloudContext;
  readonly #enrollments: Map<string, Enrollment>;

  /** @throws Error for one that is not usable */
  constructor(context: CloudContext, initial: Enrollment[]) {
    this.#context = context;
    this.#enrollments = keptBy(context.store.entries, KEPT.enrollment, readEnrollment);
    for (const enrollment of initial) {
      checkEnrollment(enrollment);
      this.#enrollments.set(enrollmentId(enrollment), enrollment);
    }
  }

  all(): Enrollment[] {
    return [...this.#enrollments.values()];
  }

  find(id: string): Enrollment | undefined {
    return this.#enrollments.get(id);
  }

  /** @throws AzureError 404201 */
  get(id: string): Enrollment {
    const enrollment = this.find(id);
    if (!enrollment) throw new AzureError(404201, `There is no enrollment '${id}'.`);
    return enrollment;
  }

  /** Enrolls, or replaces the enrollment of the same id. @throws AzureError 400004 when it is not a usable one. */
  async put(enrollment: Enrollment): Promise<void> {
    checkEnrollment(enrollment);
    const id = enrollmentId(enrollment);
    await keep(this.#context, KEPT.enrollment + id, enrollmentAsJson(enrollment));
    this.#enrollments.set(id, enrollment);
  }

  /** @throws AzureError 404201 */
  async delete(id: string): Promise<void> {
    this.get(id);
    await keep(this.#context, KEPT.enrollment + id, undefined);
    this.#enrollments.delete(id);
  }
}
