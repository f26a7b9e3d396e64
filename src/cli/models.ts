import { resolveValues } from '../config/resolve.ts';
import { isDtmi } from '../dtdl/dtmi.ts';
import { localized } from '../dtdl/model.ts';
import { loadModel } from '../dtdl/resolve.ts';
import { AppError, EXIT } from '../errors.ts';
import { type CommandAction, settingsInput } from './command.ts';
import { describeModel } from './models/describe.ts';
import { openModels, withModels } from './models/places.ts';
import { runCommand } from './runner.ts';

/** Lists the models that there are, or shows the one that is named. */
export const models: CommandAction = (given, environment) =>
  runCommand(given, environment, async ({ print, printJson, note }) => {
    const { models: place, json } = resolveValues(settingsInput(given, environment), ['models', 'json']);
    const repository = openModels(place, environment.cwd);
    const [id] = given.args;
    if (id !== undefined) {
      if (!isDtmi(id)) {
        const example =
          'A model is named by its id, such as dtmi:com:Microchip:WFI32_IoT_WM;3 (in quotes, in most shells).';
        throw new AppError('E_USAGE', `${JSON.stringify(id)} is not the id of a model`, example);
      }
      const model = withModels(() => loadModel(id, repository));
      if (json) printJson({ ...model });
      else for (const line of describeModel(model)) print(line);
      return EXIT.done;
    }
    for (const entry of repository.list()) {
      if (entry instanceof Error) note(entry.message);
      else if (json) printJson({ ...entry });
      else print(`${entry.id}  ${localized(entry.displayName)}`.trimEnd());
    }
    return EXIT.done;
  });
