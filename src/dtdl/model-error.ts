/** Where in which file a model is wrong. */
export interface Place {
  /** A path, or what else the model was read from. */
  readonly file: string;
  /** A JSON path such as `$.contents[3].schema`; `$` is the whole file. */
  readonly path: string;
}

export type ModelProblem =
  /** No place that was tried has a model of this id. */
  | { readonly kind: 'not-found'; readonly id: string; readonly tried: readonly string[]; readonly neededBy?: Place }
  /** The file cannot be read, or is not JSON. */
  | { readonly kind: 'unreadable'; readonly file: string; readonly reason: string }
  /** The file is JSON, and no model that this program can play. */
  | ({ readonly kind: 'invalid'; readonly reason: string } & Place);

/** A model cannot be had. The message is a sentence; `problem` has the facts that it is made of. */
export class ModelError extends Error {
  readonly problem: ModelProblem;

  constructor(problem: ModelProblem, cause?: unknown) {
    super(sentence(problem), cause === undefined ? undefined : { cause });
    this.name = 'ModelError';
    this.problem = problem;
  }
}

function sentence(problem: ModelProblem): string {
  switch (problem.kind) {
    case 'not-found': {
      const where = problem.tried.length > 0 ? `tried ${problem.tried.join(' and ')}` : 'there is nowhere to look';
      const by = problem.neededBy && `, which ${problem.neededBy.file} refers to at ${problem.neededBy.path},`;
      return `The model ${problem.id}${by ?? ''} is not found: ${where}`;
    }
    case 'unreadable':
      return `The model file ${problem.file} ${problem.reason}`;
    case 'invalid':
      return `The model in ${problem.file} is wrong at ${problem.path}: ${problem.reason}`;
  }
}

const LONGEST_QUOTE = 80;

/** Something that came from a file, in quotes and no longer than a line of an error bears. */
export function quote(text: string): string {
  return `'${text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text}'`;
}
