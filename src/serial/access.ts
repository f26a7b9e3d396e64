import { readFileSync, statSync } from 'node:fs';
import { userInfo } from 'node:os';

/** Who may use a device file, and who asks; names as /etc/group and the login have them. */
export interface Access {
  /** The group of the file; null when it has no name. */
  group: string | null;
  /** The group may read and write. */
  groupMay: boolean;
  user: string;
  /** The user is listed in that group. */
  listed: boolean;
}

const GROUP_READ_WRITE = 0o060;

/** What to do about a port that this user may not use (POSIX). */
export function accessHint({ group, groupMay, user, listed }: Access): string {
  if (!groupMay || group === null || group === 'root') {
    return 'Only root may use it: give it a group by a udev rule, or take the adapter out and plug it in again.';
  }
  if (listed) return `You are in the group ${group} already, but not in this login: log out and in again.`;
  return `Join the group ${group}, then log out and in again: sudo usermod -aG ${group} ${user}`;
}

/** @throws when the file system cannot tell */
export function readAccess(path: string): Access {
  const { gid, mode } = statSync(path);
  const user = userInfo().username;
  const entry = findGroup(readFileSync('/etc/group', 'utf8'), gid);
  return {
    group: entry?.name ?? null,
    groupMay: (mode & GROUP_READ_WRITE) === GROUP_READ_WRITE,
    user,
    listed: entry?.members.includes(user) === true,
  };
}

/** Finds a group by its number in the text of /etc/group. */
export function findGroup(text: string, gid: number): { name: string; members: string[] } | null {
  for (const line of text.split('\n')) {
    const [name, , number, members = ''] = line.split(':');
    if (name && number === String(gid)) return { name, members: members.split(',').filter(Boolean) };
  }
  return null;
}
