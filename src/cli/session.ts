import { remarksOn, resolveSettings, type Settings, type SettingsInput } from '../config/resolve.ts';
import { EXIT } from '../errors.ts';
import type { Report } from '../events.ts';
import { certificateFacts } from '../modem/certificate-facts.ts';
import { createModem, LARGEST } from '../modem/detect.ts';
import { certificateFrom } from '../pem.ts';
import { Session } from '../session/session.ts';
import { attachKeyboard } from '../terminal/keyboard.ts';
import { SESSION_TYPES, sessionFeed } from '../web/session-feed.ts';
import { type CommandAction, settingsInput } from './command.ts';
import { NO_BROWSER } from './open-browser.ts';
import { type Link, openLink } from './open-link.ts';
import type { Page } from './page.ts';
import type { ProcessEnvironment } from './process-environment.ts';
import { readRootCertificate } from './root-certificate.ts';
import { isTerminal, type RunContext, run } from './runner.ts';
import { type ChosenDevice, chooseDevice } from './session/choose-device.ts';
import { type OpenGateway, openGateway } from './session/open-gateway.ts';
import type { ExitStatus } from './shutdown.ts';
import { familyOf } from './with-module.ts';

/** Runs a session, which is what the program does when no command is named. */
export const session: CommandAction = (given, environment) =>
  run(given, environment, () => {
    const input = settingsInput(given, environment);
    const settings = resolveSettings(input);
    return {
      form: settings.boards > 1 ? 'class' : 'session',
      view: settings.output,
      secrets: [settings.wifi.passphrase, ...(settings.gateway?.key ? [settings.gateway.key] : [])],
      keyboard: !settings.stdin,
      duration: settings.duration,
      work: async (context) => {
        remark(input, settings.simulate, context);
        const rootCert = rootOf(settings, context, environment);
        if (settings.device !== null) await surviveStrays(context);
        if (settings.boards === 1) return runSession({ ...settings, rootCert }, context, environment);
        const { runClass } = await import('./session/run-class.ts');
        return runClass({ ...settings, rootCert }, context, environment);
      },
    };
  });

/** Says where settings come from that a person may not expect. */
function remark(input: SettingsInput, simulate: boolean, { report }: RunContext): void {
  const { warnings, fromFile } = remarksOn(input);
  for (const message of warnings) report({ type: 'event', level: 'warning', message });
  if (!simulate || fromFile.length === 0) return;
  const message = `The simulation takes from ${input.envFile?.path}: ${fromFile.join(', ')}`;
  report({ type: 'event', level: 'event', message });
}

/** The root certificate that the module is to trust, as PEM. @throws AppError E_CONFIG for a file that has none */
function rootOf(settings: Settings, { report }: RunContext, environment: ProcessEnvironment): string | null {
  if (settings.rootCert === null || settings.gateway) return null;
  const root = readRootCertificate(settings.rootCert, environment, familyOf(settings.modem));
  if (root.choice) report({ type: 'event', level: 'event', message: root.choice });
  return root.pem;
}

/** Lets the session go on after what a device file has thrown outside of its handlers. */
async function surviveStrays({ report, shutdown }: RunContext): Promise<void> {
  const { strayError } = await import('./session/device-file.ts');
  let told: string | null = null;
  shutdown.survives = (reason) => {
    const message = strayError(reason);
    // A timer may throw the same again and again.
    if (message !== null && message !== told) report({ type: 'event', level: 'warning', message });
    told = message;
    return message !== null;
  };
}

/** Sends what comes from standard input; its end is the end of the session. */
async function sendStandardInput(
  stdin: ProcessEnvironment['stdin'],
  running: Session,
  { report, shutdown }: Pick<RunContext, 'report' | 'shutdown'>,
): Promise<void> {
  const { sendInput } = await import('./session/input-telemetry.ts');
  const { signal } = shutdown;
  try {
    await sendInput(stdin, {
      send: (body) => running.send(body),
      warn: (message) => report({ type: 'event', level: 'warning', message }),
      signal,
    });
    shutdown.request(EXIT.done, 'the input has ended');
  } catch (error) {
    shutdown.request(EXIT.internal, `Standard input cannot be read: ${error instanceof Error ? error.message : error}`);
  }
}

/** Opens the page in the browser where that was asked for. */
function showPage(
  { open }: Settings,
  url: string,
  report: Report,
  { openBrowser }: Pick<ProcessEnvironment, 'openBrowser'>,
): void {
  if (open) openBrowser(url, () => report({ type: 'event', level: 'warning', message: NO_BROWSER }));
}

/**
 * The page of a session whose cloud is not ours; null when none was asked for, or the simulation has its own.
 * @throws AppError E_CONFIG when its port cannot be had
 */
async function openPage(
  settings: Settings,
  { model, models }: Pick<ChosenDevice, 'model' | 'models'>,
  { output, report }: Pick<RunContext, 'output' | 'report'>,
  environment: Pick<ProcessEnvironment, 'clock' | 'openBrowser'>,
): Promise<Page | null> {
  if (settings.simulate || (settings.console === null && !settings.open)) return null;
  const { modelAsJson, startPage } = await import('./page.ts');
  const { deviceId, idScope, dpsHost, rootCert } = settings;
  const root = rootCert === null ? null : certificateFacts(certificateFrom(rootCert));
  const page = await startPage({
    port: settings.console ?? 0,
    about: { mode: 'session', deviceId, model: model && modelAsJson(model), identity: { idScope, dpsHost, root } },
    deviceId: deviceId ?? undefined,
    models,
    clock: environment.clock,
    warn: (message) => report({ type: 'event', level: 'warning', message }),
  });
  output.follow(page.take);
  report({ type: 'console', url: page.url, link: page.url });
  showPage(settings, page.url, report, environment);
  return page;
}

/** @param settings with the root certificate itself, as PEM, in place of its path */
async function runSession(
  settings: Settings,
  { output, report, shutdown }: RunContext,
  { clock, random, stdin, signals, ...environment }: ProcessEnvironment,
): Promise<ExitStatus> {
  const family = familyOf(settings.modem);
  const chosen = await chooseDevice(settings, { ...environment, clock, random });
  const { device } = chosen;
  let running: Session | null = null;
  let link: Link | null = null;
  let page: Page | null = null;
  let gateway: OpenGateway | null = null;
  const stdio = { stdin, stdout: environment.stdout };
  const hasKeys = isTerminal(stdio) && !settings.stdin;
  if (!hasKeys && environment.stderr.isTTY) output.note('There are no keys here: Ctrl-C ends the session.');
  const keyboard = !hasKeys
    ? null
    : attachKeyboard({
        stdin,
        clock,
        signals,
        longestLine: LARGEST.command,
        onEscape: () => shutdown.request(EXIT.done, 'ESC'),
        onInterrupt: () => shutdown.request(EXIT.interrupted, 'Ctrl-C'),
        suspend: environment.suspend,
        onContinue: () => output.redraw(),
        onHelp: () => output.help(device.modelId),
        onButton: () => running?.press(),
        onTelemetry: () => running?.sendTelemetry(),
        onEnd: () => shutdown.request(EXIT.done, 'the terminal was closed'),
        onLine: (line) => void running?.type(line),
        onNote: (message) => report({ type: 'event', level: 'warning', message }),
        onEdit: (line, cursor) => output.setInputLine(line, cursor),
      });
  shutdown.onExit(() => keyboard?.close());
  try {
    page = await openPage(settings, chosen, { output, report }, { ...environment, clock });
    link = await openLink({ ...settings, family }, { clock, random, report, chosen });
    if (link.url !== undefined) showPage(settings, link.url, report, environment);
    const { open, events } = link;
    if (events) {
      output.follow(
        sessionFeed(
          events,
          () => clock.wall(),
          () => settings.deviceId ?? undefined,
          SESSION_TYPES,
        ),
      );
    }
    gateway = await openGateway(settings, link, { clock, random, report, cwd: environment.cwd });
    const openModem = async (signal: AbortSignal) => createModem(await open(signal), clock, family);
    const { qos } = settings;
    running = new Session({
      settings: { ...settings, qos: settings.stdin ? 1 : qos, sampling: !settings.stdin },
      device,
      clock,
      random,
      report,
      openModem,
      gateway,
    });
    if (settings.stdin) void sendStandardInput(stdin, running, { report, shutdown });
    await running.run(shutdown.signal);
    return shutdown.exitStatus ?? { code: EXIT.done, reason: 'the requested number of messages was sent' };
  } finally {
    await gateway?.close?.();
    await link?.close();
    await page?.close();
    keyboard?.close();
  }
}
