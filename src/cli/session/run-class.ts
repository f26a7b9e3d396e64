import { setMaxListeners } from 'node:events';
import { sleep } from '../../clock.ts';
import { boardName, type Settings } from '../../config/resolve.ts';
import { SETTINGS } from '../../config/settings.ts';
import { EXIT, toAppError } from '../../errors.ts';
import type { Report } from '../../events.ts';
import { createModem, LARGEST } from '../../modem/detect.ts';
import { Session } from '../../session/session.ts';
import { type ClassModule, type ClassSimulation, startClass } from '../../simulator/class-simulation.ts';
import { attachKeyboard, type Keyboard } from '../../terminal/keyboard.ts';
import { LOOPBACK } from '../../web/loopback.ts';
import { SESSION_TYPES, sessionFeed } from '../../web/session-feed.ts';
import { portError } from '../listening.ts';
import { NO_BROWSER } from '../open-browser.ts';
import { beginningOf, requestsFor } from '../open-link.ts';
import type { ProcessEnvironment } from '../process-environment.ts';
import { isTerminal, type RunContext, reportEnd } from '../runner.ts';
import { seeded } from '../seeded.ts';
import type { ExitStatus } from '../shutdown.ts';
import { familyOf } from '../with-module.ts';
import { Attendance } from './attendance.ts';
import { type ChosenDevice, chooseDevice } from './choose-device.ts';

/** Milliseconds between the starts of two boards: about what one costs a slow computer. */
const STAGGER = 100;

/** What a board of a class is called where no name is given, before its number. */
const STEM = 'board';
const MESSAGES_SENT = 'the requested number of messages was sent';

/** A board of a class. */
interface Board extends ChosenDevice {
  readonly deviceId: string;
  readonly random: () => number;
}

/**
 * Runs a session for each of many virtual boards on one local cloud, until all have ended. What fails of one ends no other.
 * @param settings with the root certificate itself, as PEM, in place of its path
 * @returns the worst that has become of one
 * @throws AppError when not even the cloud can be started
 */
export async function runClass(
  settings: Settings,
  { output, report, shutdown }: RunContext,
  environment: ProcessEnvironment,
): Promise<ExitStatus> {
  const { clock } = environment;
  const { signal } = shutdown;
  // Every board listens to it.
  setMaxListeners(0, signal);
  const boards = await chooseBoards(settings, environment);
  const attendance = new Attendance(boards.map(({ deviceId }) => deviceId));
  const sessions = new Set<Session>();

  function tell(event: Parameters<Report>[0]): void {
    report(event);
    if (!attendance.take(event)) return;
    output.setStatusLine(attendance.line());
    if (attendance.becomesComplete()) report({ type: 'event', level: 'event', message: attendance.summary() });
  }

  async function runBoard({ deviceId, device, random }: Board, simulation: ClassSimulation): Promise<void> {
    const tellOfIt: Report = (event) => tell({ deviceId, ...event });
    const family = familyOf(settings.modem);
    let module: ClassModule | null = null;
    try {
      const on = await simulation.switchOn(deviceId, random);
      module = on;
      const session = new Session({
        settings: { ...settings, deviceId, sampling: true },
        device,
        clock,
        random,
        report: tellOfIt,
        openModem: async () => createModem(on.connect(), clock, family),
      });
      sessions.add(session);
      await session.run(signal);
      tellOfIt({ type: 'exit', ...(shutdown.exitStatus ?? { code: EXIT.done, reason: MESSAGES_SENT }) });
    } catch (error) {
      const situation = { invocation: environment.invocation, simulate: true };
      reportEnd({ report: tellOfIt }, toAppError(error), situation);
    } finally {
      module?.close();
    }
  }

  const keyboard = attachKeys(boards, sessions, { output, report, shutdown }, environment);
  shutdown.onExit(() => keyboard?.close());
  let simulation: ClassSimulation | null = null;
  try {
    simulation = await openSimulation(settings, boards, environment);
    const { events, url } = simulation;
    output.follow(
      sessionFeed(
        events,
        () => clock.wall(),
        () => undefined,
        SESSION_TYPES,
      ),
    );
    for (const board of boards) {
      const { interval } = beginningOf(settings, board);
      const requests = requestsFor(board.deviceId, { ...board, interval });
      tell({ type: 'local-cloud', url, deviceId: board.deviceId, interval, requests });
    }
    if (settings.open) {
      environment.openBrowser(url, () => report({ type: 'event', level: 'warning', message: NO_BROWSER }));
    }
    const running: Promise<void>[] = [];
    for (const board of boards) {
      if (signal.aborted) break;
      running.push(runBoard(board, simulation));
      await sleep(clock, STAGGER, signal).catch(() => undefined);
    }
    await Promise.all(running);
    const asked = shutdown.exitStatus;
    if (asked !== null && asked.code !== EXIT.done) return asked;
    return attendance.failure() ?? asked ?? { code: EXIT.done, reason: `${MESSAGES_SENT} by every board` };
  } finally {
    await simulation?.close();
    keyboard?.close();
  }
}

/** Who plays: each board has an id and a source of random numbers of its own. @throws AppError E_CONFIG */
async function chooseBoards(settings: Settings, environment: ProcessEnvironment): Promise<Board[]> {
  const stem =
    settings.deviceId === null || settings.deviceId === SETTINGS.deviceId.simulated ? STEM : settings.deviceId;
  const seed = Math.floor(environment.random() * 2 ** 32);
  const boards: Board[] = [];
  for (let number = 1; number <= settings.boards; number++) {
    const random = seeded(seed + number);
    const chosen = await chooseDevice(settings, { ...environment, random }, number);
    boards.push({ ...chosen, random, deviceId: boardName(stem, number, settings.boards) });
  }
  return boards;
}

/** @throws AppError E_CONFIG when the port of the cloud cannot be had */
function openSimulation(
  settings: Settings,
  boards: readonly Board[],
  { clock, random }: ProcessEnvironment,
): Promise<ClassSimulation> {
  return startClass({
    ...settings,
    family: familyOf(settings.modem) ?? 'anycloud',
    clock,
    random,
    tls: settings.mqttTls === 1,
    models: boards[0]?.models,
    desired: beginningOf(settings, boards[0]).desired,
    deviceIds: boards.map(({ deviceId }) => deviceId),
  }).catch((error: unknown) => {
    throw portError(error, LOOPBACK);
  });
}

/** The keys of a terminal, which are for all boards; null where there is none. */
function attachKeys(
  boards: readonly Board[],
  sessions: ReadonlySet<Session>,
  { output, report, shutdown }: Pick<RunContext, 'output' | 'report' | 'shutdown'>,
  { stdin, stdout, stderr, clock, signals, suspend }: ProcessEnvironment,
): Keyboard | null {
  if (!isTerminal({ stdin, stdout })) {
    if (stderr.isTTY) output.note('There are no keys here: Ctrl-C ends the session.');
    return null;
  }
  const warn = (message: string) => report({ type: 'event', level: 'warning', message });
  return attachKeyboard({
    stdin,
    clock,
    signals,
    suspend,
    longestLine: LARGEST.command,
    onEscape: () => shutdown.request(EXIT.done, 'ESC'),
    onInterrupt: () => shutdown.request(EXIT.interrupted, 'Ctrl-C'),
    onContinue: () => output.redraw(),
    onHelp: () => output.help(boards[0]?.device.modelId ?? null),
    onButton: () => {
      for (const session of sessions) session.press();
    },
    onTelemetry: () => {
      for (const session of sessions) session.sendTelemetry();
    },
    onEnd: () => shutdown.request(EXIT.done, 'the terminal was closed'),
    onLine: () => warn('A line goes to one module: type it in a session with one board'),
    onNote: warn,
    onEdit: (line, cursor) => output.setInputLine(line, cursor),
  });
}
