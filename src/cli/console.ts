import { basename } from 'node:path';
import { resolveValues } from '../config/resolve.ts';
import { type CommandAction, settingsInput } from './command.ts';
import { openModels } from './models/places.ts';
import { NO_BROWSER } from './open-browser.ts';
import { startPage } from './page.ts';
import { readRecording, recordingRoute } from './recording.ts';
import { runService } from './runner.ts';

/** Shows a session that `--json` has recorded, as the page showed it while it ran. */
export const consoleCommand: CommandAction = (given, environment) =>
  runService(given, environment, () => {
    const names = ['console', 'open', 'models', 'json'] as const;
    const { console: port, open, models, json } = resolveValues(settingsInput(given, environment), names);
    const [file = ''] = given.args;
    return {
      output: { json, logFile: null },
      secrets: [],
      async work({ report, signal }) {
        const { clock } = environment;
        const recording = await readRecording(file, environment);
        const { skipped } = recording;
        const warn = (message: string) => report({ type: 'event', level: 'warning', message });
        if (skipped > 0) warn(`${file}: ${skipped} ${skipped === 1 ? 'line is' : 'lines are'} no event, and left out`);
        const page = await startPage({
          port: port ?? 0,
          about: { mode: 'recording', name: basename(file), skipped },
          models: openModels(models, environment.cwd),
          routes: [recordingRoute(recording)],
          clock,
          warn,
        });
        report({ type: 'console', url: page.url, link: page.url });
        if (open) environment.openBrowser(page.url, () => warn(NO_BROWSER));
        await new Promise<void>((done) => {
          if (signal.aborted) done();
          signal.addEventListener('abort', () => done(), { once: true });
        });
        await page.close();
      },
    };
  });
