import { execFileSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';

const BOOT_ID = '/proc/sys/kernel/random/boot_id';
const PID_NAMESPACE = '/proc/self/ns/pid';
/** After the name in parentheses: state is field 3 of proc(5)'s stat, start time since boot is field 22. */
const [STATE, START_TIME] = [0, 19];
const HELPER_TIME = 10_000;

function linuxStat(pid: number): string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  return stat
    .slice(stat.lastIndexOf(')') + 1)
    .trim()
    .split(' ');
}

function run(file: string, parameters: string[]): string {
  const env = { ...process.env, LC_ALL: 'C', TZ: 'UTC' };
  return execFileSync(file, parameters, {
    encoding: 'utf8',
    env,
    timeout: HELPER_TIME,
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

/**
 * Tells a running process from an earlier or later one with the same number, also across a restart of the system.
 * @returns null when there is no such process, or when the system does not say
 */
export function processIdentity(pid: number, platform: NodeJS.Platform = process.platform): string | null {
  try {
    switch (platform) {
      case 'linux':
        return `${readFileSync(BOOT_ID, 'latin1').trim()} ${linuxStat(pid)[START_TIME]}`;
      case 'win32': {
        const command = `(Get-Process -Id ${pid}).StartTime.ToUniversalTime().ToString('o')`;
        return run('powershell.exe', ['-NoProfile', '-NonInteractive', '-Command', command]) || null;
      }
      default:
        return run('ps', ['-o', 'lstart=', '-p', String(pid)]) || null;
    }
  } catch {
    return null;
  }
}

/** False when no process of this number runs; one that has ended, and that its parent has not noticed, does not count. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it runs, and belongs to another user.
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
  if (process.platform !== 'linux') return true;
  try {
    return !['Z', 'X'].includes(linuxStat(pid)[STATE] ?? '');
  } catch {
    return true;
  }
}

/** What process numbers are counted in: containers have their own. Null where there is nothing of the kind. */
export function processNamespace(): string | null {
  try {
    return readlinkSync(PID_NAMESPACE);
  } catch {
    return null;
  }
}
