import { parseJson } from '../azure/json.ts';
import type { JsonObject } from '../events.ts';
import type { CommandHandler, DeviceContext } from './define.ts';
import type { CommandAnswer } from './device.ts';
import type { UserCode } from './user-code.ts';

const OK = 200;
const BAD_REQUEST = 400;
const NOT_FOUND = 404;
const FAILED = 500;
/** The module has little room for an answer, so what is quoted is short. */
const LONGEST_QUOTE = 40;

/** Answers a command of the cloud (Azure 2.5): every one is, or its caller would wait for the time-out. */
export async function invoke(
  commands: Readonly<Record<string, CommandHandler>>,
  { name, payload }: { name: string; payload: Uint8Array },
  { code, context }: { code: UserCode; context: (signal: AbortSignal) => DeviceContext },
): Promise<CommandAnswer> {
  const parsed = parseJson(payload);
  const request = parsed.ok ? (parsed.value ?? null) : new TextDecoder().decode(payload);
  const handler = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!handler) return { request, ...refused(NOT_FOUND, `This device has no command${quoted(name)}`) };
  if (!parsed.ok) return { request, ...refused(BAD_REQUEST, `The request cannot be read: ${parsed.reason}`) };

  const what = `The command "${name}"`;
  const outcome = await code.value(what, handler, (signal) =>
    handler.call(commands, structuredClone(request), context(signal)),
  );
  if (outcome.kind === 'done') return { request, status: OK, response: outcome.value ?? null };
  const status = outcome.kind === 'threw' ? statusOf(outcome.error) : null;
  if (status !== null) return { request, ...refused(status, outcome.sentence) };
  code.warn(outcome.message);
  const sentence = outcome.kind === 'threw' ? `The command has failed: ${outcome.sentence}` : outcome.sentence;
  return { request, ...refused(FAILED, sentence) };
}

/** What was received, after a space, when it is short and plain enough to be repeated; else nothing. */
export function quoted(text: string): string {
  return text.length <= LONGEST_QUOTE && /^[ !#-[\]-~]+$/.test(text) ? ` '${text}'` : '';
}

/** The status of a CommandError, known by its shape: it may come from another copy of this program. */
function statusOf(error: unknown): number | null {
  try {
    if (!(error instanceof Error) || error.name !== 'CommandError' || !('status' in error)) return null;
    const { status } = error;
    return typeof status === 'number' && Number.isInteger(status) && status >= 200 && status < 600 ? status : null;
  } catch {
    return null;
  }
}

function refused(status: number, sentence: string): { status: number; response: JsonObject } {
  return { status, response: { status: sentence } };
}
