import { AzureError } from './azure-error.ts';
import type { CloudContext } from './context.ts';
import { checkEnrolment, type Enrolment, enrolmentAsJson, enrolmentId, readEnrolment } from './enrolments.ts';
import { KEPT, keep, keptBy } from './kept.ts';

/** Who may register: what the cloud was started with, and what was enrolled since (which is kept). */
export class EnrolmentRegistry {
  readonly #context: CloudContext;
  readonly #enrolments: Map<string, Enrolment>;

  /** @param initial checked already: see checkEnrolment */
  constructor(context: CloudContext, initial: Enrolment[]) {
    this.#context = context;
    this.#enrolments = keptBy(context.store.entries, KEPT.enrolment, readEnrolment);
    for (const enrolment of initial) this.#enrolments.set(enrolmentId(enrolment), enrolment);
  }

  all(): Enrolment[] {
    return [...this.#enrolments.values()];
  }

  /** @throws AzureError 404201 */
  get(id: string): Enrolment {
    const enrolment = this.#enrolments.get(id);
    if (!enrolment) throw new AzureError(404201, `There is no enrolment '${id}'.`);
    return enrolment;
  }

  /** Enrols, or replaces the enrolment of the same id. @throws AzureError 400004 when it is not a usable one. */
  async put(enrolment: Enrolment): Promise<void> {
    try {
      checkEnrolment(enrolment);
    } catch (error) {
      throw new AzureError(
        400004,
        `This cannot be enrolled: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
    const id = enrolmentId(enrolment);
    await keep(this.#context, KEPT.enrolment + id, enrolmentAsJson(enrolment));
    this.#enrolments.set(id, enrolment);
  }

  /** @throws AzureError 404201 */
  async delete(id: string): Promise<void> {
    this.get(id);
    await keep(this.#context, KEPT.enrolment + id, undefined);
    this.#enrolments.delete(id);
  }
}
