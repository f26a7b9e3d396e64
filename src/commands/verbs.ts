import type { SettingName } from '../config/settings.ts';
import type { VerbAction } from './verb.ts';

/** A command beside the session. */
export interface Verb {
  /** Its name and its arguments, as commander spells them. */
  usage: string;
  description: string;
  /** The settings that it has as options. */
  settings: readonly SettingName[];
  /** Options of its own, with what they do. */
  options?: readonly [flags: string, description: string][];
  load(): Promise<VerbAction>;
}

/** What says where the module is; the last two are for the virtual one. */
const MODULE: readonly SettingName[] = ['port', 'baud', 'envFile', 'simulate', 'pace'];

export const VERBS: readonly Verb[] = [
  {
    usage: 'ports',
    description: 'list the serial ports, and which one is likely the board',
    settings: ['json'],
    load: async () => (await import('./ports.ts')).ports,
  },
  {
    usage: 'certs',
    description: "read the module's certificates into PEM files, and say how to enrol them",
    settings: [...MODULE, 'json'],
    options: [['--out <folder>', 'where the files go (default: the current folder)']],
    load: async () => (await import('./certs.ts')).certs,
  },
  {
    usage: 'load-cert <file>',
    description: 'load a root certificate (PEM) into the module, until its next reset',
    settings: MODULE,
    load: async () => (await import('./load-cert.ts')).loadCert,
  },
  {
    usage: 'scan',
    description: 'list the Wi-Fi networks that the module sees',
    settings: [...MODULE, 'json'],
    load: async () => (await import('./scan.ts')).scan,
  },
];
