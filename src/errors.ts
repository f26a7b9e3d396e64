/** Exit codes of the program; the table of docs/output.md is tested against this one. */
export const EXIT = {
  done: 0,
  internal: 1,
  usage: 2,
  configuration: 3,
  serialPort: 4,
  module: 5,
  wifi: 6,
  dps: 7,
  hub: 8,
  gateway: 9,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** Every failure that a person can meet, and the exit code it ends with. */
const EXIT_OF_CODE = {
  E_INTERNAL: EXIT.internal,
  E_USAGE: EXIT.usage,
  E_RESOURCES: EXIT.configuration,
  E_CONFIG: EXIT.configuration,
  E_SETTINGS: EXIT.configuration,
  E_SETTINGS_FILE: EXIT.configuration,
  E_SETTINGS_QUOTING: EXIT.configuration,
  E_LOG_FILE: EXIT.configuration,
  E_IDENTITY_UNKNOWN: EXIT.configuration,
  E_IDENTITY_MISSING: EXIT.configuration,
  E_IDENTITY_MISMATCH: EXIT.configuration,
  E_IDENTITY_LIMIT: EXIT.configuration,
  E_PORT: EXIT.serialPort,
  E_PORT_NOT_FOUND: EXIT.serialPort,
  E_PORT_NOT_SERIAL: EXIT.serialPort,
  E_PORT_AMBIGUOUS: EXIT.serialPort,
  E_PORT_BUSY: EXIT.serialPort,
  E_PORT_DENIED: EXIT.serialPort,
  E_PORT_LOST: EXIT.serialPort,
  E_MODULE_TIMEOUT: EXIT.module,
  E_MODULE_REFUSED: EXIT.module,
  E_MODULE_RESET: EXIT.module,
  E_MODULE_LIMIT: EXIT.module,
  E_MODULE_STUCK: EXIT.module,
  E_MODULE_UNKNOWN: EXIT.module,
  E_WIFI_JOIN: EXIT.wifi,
  E_WIFI_CLOCK: EXIT.wifi,
  E_DPS_CONNECT: EXIT.dps,
  E_DPS_TLS: EXIT.dps,
  E_DPS_REFUSED: EXIT.dps,
  E_DPS_BUSY: EXIT.dps,
  E_DPS_FAILED: EXIT.dps,
  E_DPS_DISABLED: EXIT.dps,
  E_DPS_TIMEOUT: EXIT.dps,
  E_DPS_PROFILE: EXIT.dps,
  E_DPS_LIMIT: EXIT.dps,
  E_HUB_CONNECT: EXIT.hub,
  E_HUB_TLS: EXIT.hub,
  E_HUB_SUBSCRIBE: EXIT.hub,
  E_HUB_TWIN: EXIT.hub,
  E_GATEWAY_ADDRESS: EXIT.gateway,
  E_GATEWAY_PORT: EXIT.gateway,
  E_GATEWAY_IDENTITY: EXIT.gateway,
  E_GATEWAY_UNREACHED: EXIT.gateway,
  E_GATEWAY_UPSTREAM: EXIT.gateway,
  E_GATEWAY_TLS: EXIT.gateway,
  E_GATEWAY_REFUSED: EXIT.gateway,
  E_GATEWAY_HOST: EXIT.gateway,
} as const satisfies Record<string, ExitCode>;

export type ErrorCode = keyof typeof EXIT_OF_CODE;

export const ERROR_CODES = Object.keys(EXIT_OF_CODE) as readonly ErrorCode[];

/** The values that a failure was about, by name. */
export type Facts = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/**
 * The one error of this program: what failed in a plain sentence, what to do next, and how the process ends.
 * `hint` names no option and no command: those that have one are added where errors are shown (cli/hints.ts), from `code`
 * and `facts`. The raw cause, where there is one, is kept in `cause`.
 */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly hint: string;
  readonly exitCode: ExitCode;
  readonly facts: Facts;

  constructor(code: ErrorCode, message: string, hint: string, cause?: unknown, facts: Facts = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'AppError';
    this.code = code;
    this.hint = hint;
    this.exitCode = EXIT_OF_CODE[code];
    this.facts = facts;
  }

  /** Where a bug of ours was met; null for every failure that is none. */
  get stackOfBug(): string | null {
    if (this.code !== 'E_INTERNAL') return null;
    return (this.cause instanceof Error ? this.cause.stack : null) ?? this.stack ?? null;
  }
}

/** Anything that was thrown, as an AppError: what is not one already is a bug of ours, and says so. */
export function toAppError(thrown: unknown): AppError {
  if (thrown instanceof AppError) return thrown;
  if (isOutOfFiles(thrown)) {
    const hint = 'Raise the limit (ulimit -n 1024), or end what has so many open.';
    return new AppError('E_RESOURCES', 'This computer lets the program open no more files', hint, thrown);
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new AppError('E_INTERNAL', `Internal error: ${message}`, 'This is a bug. Please report it.', thrown);
}

/** Whether something failed because too many files are open: by this program, or by all of them together. */
export function isOutOfFiles(thrown: unknown): boolean {
  return thrown instanceof Error && 'code' in thrown && (thrown.code === 'EMFILE' || thrown.code === 'ENFILE');
}
