/** The status that ends the answer to a command. */
export interface Status {
  readonly ok: boolean;
  /** The error number, as it is printed; null where there is none. */
  readonly code: string | null;
  /** What it says, in words where it does. */
  readonly text: string;
  /** It has a form that this family does not use. */
  readonly foreign: boolean;
}
