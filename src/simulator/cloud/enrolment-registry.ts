import { AzureError } from './azure-error.ts';
import { checkEnrolment, type Enrolment, enrolmentId } from './enrolments.ts';
import type { Json } from './json.ts';
import type { Store } from './store.ts';

const ENROLMENT = 'enrolment/';

/** Who may register: what the cloud was started with, and what was enrolled since (which is kept). */
export class EnrolmentRegistry {
  readonly #store: Store;
  readonly #enrolments = new Map<string, Enrolment>();

  constructor(store: Store, initial: Enrolment[]) {
    this.#store = store;
    for (const [key, value] of store.entries) {
      if (key.startsWith(ENROLMENT)) this.#enrolments.set(key.slice(ENROLMENT.length), value as unknown as Enrolment);
    }
    for (const enrolment of initial) {
      checkEnrolment(enrolment);
      this.#enrolments.set(enrolmentId(enrolment), enrolment);
    }
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
    this.#enrolments.set(id, enrolment);
    await this.#store.save(ENROLMENT + id, enrolment as unknown as Json);
  }

  /** @throws AzureError 404201 */
  async delete(id: string): Promise<void> {
    this.get(id);
    this.#enrolments.delete(id);
    await this.#store.save(ENROLMENT + id, undefined);
  }
}
