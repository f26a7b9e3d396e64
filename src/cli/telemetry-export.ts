import { closeSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import { AppError } from '../errors.ts';
import type { TimedEvent } from '../simulator/cloud/events.ts';
import { appendUserFile, FileProblem } from '../user-file.ts';

/** A file of telemetry, one message a line: `{"ts", "deviceId", "body", "properties"}`. */
export interface TelemetryExport {
  take(event: TimedEvent): void;
  close(): void;
}

/**
 * Opens a file to append telemetry to; a new one is for its owner only. Every line is written at once.
 * @param onFailure is told once when writing fails; the export ends there
 * @throws AppError E_CONFIG when it cannot be opened
 */
export function openTelemetryExport(path: string, cwd: string, onFailure: (message: string) => void): TelemetryExport {
  let file: number | null = open(path, cwd);
  const close = () => {
    if (file !== null) closeSync(file);
    file = null;
  };
  return {
    close,
    take(event) {
      if (file === null || event.type !== 'telemetry') return;
      const { ts, deviceId, body, properties } = event;
      const line = Buffer.from(`${JSON.stringify({ ts, deviceId, body, properties })}\n`);
      try {
        for (let written = 0; written < line.length; ) written += writeSync(file, line, written);
      } catch (error) {
        close();
        onFailure(`The export ends here: ${error instanceof Error ? error.message : String(error)}`);
      }
    },
  };
}

function open(path: string, cwd: string): number {
  try {
    return appendUserFile(resolve(cwd, path));
  } catch (error) {
    if (!(error instanceof FileProblem)) throw error;
    const problem = error.missing ? 'cannot be made: there is no such folder' : error.message;
    throw new AppError(
      'E_CONFIG',
      `The file ${path} ${problem}`,
      '--export takes a file, which is made or added to.',
      error,
    );
  }
}
