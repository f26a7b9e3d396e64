import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';

export interface Process {
  pid: number;
  name: string;
}

/**
 * The processes that have the file `path` open, as far as this user may see them: without privileges, one's own.
 * Empty where the system has no /proc to tell (Windows, macOS).
 */
export function holders(path: string): Process[] {
  return read(() => processes(realpathSync(path))) ?? [];
}

function processes(target: string): Process[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry) && hasOpen(entry, target))
    .map((entry) => ({
      pid: Number(entry),
      name: read(() => readFileSync(`/proc/${entry}/comm`, 'utf8').trim()) ?? '?',
    }));
}

function hasOpen(pid: string, target: string): boolean {
  const descriptors = read(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
  return descriptors.some((descriptor) => read(() => readlinkSync(`/proc/${pid}/fd/${descriptor}`)) === target);
}

/** Null for what may not be read, or is gone by now. */
function read<T>(action: () => T): T | null {
  try {
    return action();
  } catch {
    return null;
  }
}
