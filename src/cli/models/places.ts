import { resolve } from 'node:path';
import { ModelError } from '../../dtdl/model-error.ts';
import { ModelRepository, PACKAGED_MODELS } from '../../dtdl/repository.ts';
import { AppError } from '../../errors.ts';

/**
 * Where models are looked for: in the package, then at the place that a person has named.
 * @param models a file or a folder, from `cwd`; null for none
 * @throws AppError E_CONFIG when the place does not exist, or is a file that is no model
 */
export function openModels(models: string | null, cwd: string): ModelRepository {
  const places = models === null ? [] : [resolve(cwd, models)];
  return withModels(() => new ModelRepository([PACKAGED_MODELS, ...places]));
}

/** Does something with models. @throws AppError E_CONFIG instead of a ModelError, with what to do next */
export function withModels<T>(action: () => T): T {
  try {
    return action();
  } catch (thrown) {
    throw thrown instanceof ModelError ? toConfigurationError(thrown) : thrown;
  }
}

function toConfigurationError(error: ModelError): AppError {
  const hints = {
    'not-found':
      'The command models lists those that there are. --models (MODELS) names a file, or a folder with a dtmi folder in it.',
    unreadable: '--models (MODELS) takes a DTDL file, or a folder in the layout dtmi/com/example/thermostat-1.json.',
    invalid: 'The path starts at $, the whole file. Correct the model there, or use another one.',
  };
  return new AppError('E_CONFIG', error.message, hints[error.problem.kind], error);
}
