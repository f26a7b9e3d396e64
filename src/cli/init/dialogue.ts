import { SETTINGS, type Setting, type SettingName } from '../../config/settings.ts';
import { AppError } from '../../errors.ts';
import { commonName } from '../../modem/certificate.ts';
import type { Modem, SeenNetwork } from '../../modem/modem.ts';
import { onlyLikely, type RankedPort } from '../../serial/likely.ts';
import { MODULE_LIMITS } from '../module-limits.ts';
import { networkLine } from '../scan.ts';
import type { Asker } from './asker.ts';
import { withValue } from './env-text.ts';

/** Answers as texts, by the setting. */
export type Answers = Map<SettingName, string>;

export interface DialogueOptions {
  asker: Asker;
  print(line: string): void;
  /** What was given by flags, and so is not asked for. */
  given: Answers;
  /** What holds now: from the file, or the default; empty where there is neither. */
  current(name: SettingName): string;
  simulate: boolean;
  /** Now, in milliseconds since 1970. */
  time: number;
  listPorts(): Promise<RankedPort[]>;
  /** Calls `use` with the module at `port`. @throws AppError when there is none */
  withModule<T>(port: string, use: (module: Modem) => Promise<T>): Promise<T>;
  signal: AbortSignal;
  /** What a person can do about `error`. */
  hintOf(error: AppError): string;
}

/** What the module can tell. */
interface ModuleFacts {
  networks: SeenNetwork[];
  deviceId: string;
  /** Its firmware, where that makes no TLS connection any more (T4). */
  withoutTls: string | null;
  /** The networks that it can join, by their security. */
  joins: readonly SeenNetwork['security'][];
}

/** Asks for everything that a session needs, and asks the module for what that can tell. */
export class Dialogue {
  readonly #options: DialogueOptions;
  readonly #answers: Answers;

  constructor(options: DialogueOptions) {
    this.#options = options;
    this.#answers = new Map(options.given);
  }

  async run(): Promise<Answers> {
    if (!this.#options.simulate) await this.#askPort();
    const told = await this.#askModule();
    await this.#askNetwork(told);
    await this.#ask('idScope', 'ID scope (Enter: it comes later)', { optional: true });
    await this.#askDeviceId(told.deviceId);
    await this.#ask('modelId', 'Model');
    await this.#askGateway(told.withoutTls);
    return this.#answers;
  }

  async #askPort(): Promise<void> {
    if (this.#answers.has('port')) return;
    const { listPorts, print, current } = this.#options;
    const ports = await listPorts();
    print(ports.length === 0 ? 'No serial port was found.' : 'Serial ports:');
    for (const [index, { path, why, likely }] of ports.entries()) {
      print(`${String(index + 1).padStart(3)}  ${path}  ${why}${likely ? ', likely the board' : ''}`);
    }
    await this.#ask('port', 'Serial port', {
      fallback: current('port') || likelyPath(ports),
      choices: ports.map(({ path }) => path),
    });
  }

  async #askModule(): Promise<ModuleFacts> {
    const { print, signal, withModule, asker, hintOf, time } = this.#options;
    print('Asking the module for its certificate and for the networks that it sees ...');
    try {
      return await withModule(this.#answers.get('port') ?? '', async (module) => {
        const certificate = await module.certificates.device(signal);
        const deviceId = (certificate && commonName(certificate)) ?? '';
        const firmware = await module.firmware(signal);
        const withoutTls = firmware !== null && module.traits.hasNoTls(firmware, time) ? firmware : null;
        const { joins } = module.traits;
        return { deviceId, withoutTls, joins, networks: await module.wifi.scan(signal) };
      });
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      for (const line of [...error.message.split('\n'), `Hint: ${hintOf(error)}`]) print(line);
      if (!this.#options.simulate && isYes(await asker.ask('Try another port? [y/N] '))) {
        this.#answers.delete('port');
        await this.#askPort();
        return this.#askModule();
      }
      if (!isYes(await asker.ask('Go on without the module? [y/N] '))) throw error;
      return { networks: [], deviceId: '', withoutTls: null, joins: [] };
    }
  }

  async #askNetwork({ networks, joins }: ModuleFacts): Promise<void> {
    const { print } = this.#options;
    if (!this.#answers.has('ssid')) {
      // The strongest come first, so of several access points of a network the best one stands for it.
      const named = networks.filter(
        ({ ssid, security }, index) =>
          ssid !== '' && joins.includes(security) && networks.findIndex((each) => each.ssid === ssid) === index,
      );
      if (named.length > 0) print('Wi-Fi networks:');
      for (const [index, network] of named.entries())
        print(`${String(index + 1).padStart(3)}  ${networkLine(network)}`);
      await this.#ask('ssid', 'Network', { choices: named.map(({ ssid }) => ssid) });
    }
    const seen = networks.find(({ ssid }) => ssid === this.#answers.get('ssid'))?.security;
    if (seen && joins.includes(seen) && !this.#answers.has('security')) this.#answers.set('security', seen);
    await this.#ask('security', 'Security (open, wpa, wpa2, wpa3)');
    if (this.#answers.get('security') !== 'open') await this.#ask('passphrase', 'Passphrase (not shown)');
  }

  async #askDeviceId(fromModule: string): Promise<void> {
    const { current, print } = this.#options;
    const now = current('deviceId');
    if (fromModule !== '') print(`The certificate of the module is for ${fromModule}.`);
    if (fromModule !== '' && now !== '' && now !== fromModule)
      print(`DEVICE_ID is ${now} now, which DPS would refuse.`);
    await this.#ask('deviceId', 'Device id', { fallback: fromModule || now, optional: true });
  }

  async #askGateway(firmware: string | null): Promise<void> {
    const { simulate, print, asker, current } = this.#options;
    if (simulate || firmware === null || this.#answers.has('gateway')) return;
    if (current('gateway') !== '' || current('gatewayAt') !== '') return;
    print(`Firmware ${firmware} makes no TLS connection any more: its built-in root has expired on 2025-05-12.`);
    const answer = await asker.ask('Let this computer make them for the board (a gateway)? [Y/n] ');
    if (answer === '' || isYes(answer)) this.#answers.set('gateway', 'auto');
  }

  /** Asks until the answer is one that the setting takes, and that a settings file can hold. */
  async #ask(
    name: SettingName,
    question: string,
    { fallback = this.#options.current(name), choices = [], optional = false }: Asking = {},
  ): Promise<void> {
    if (this.#answers.has(name)) return;
    const { asker, print } = this.#options;
    const setting: Setting<unknown> = SETTINGS[name];
    const shown = fallback === '' ? '' : ` [${setting.secret ? 'the one that is there' : fallback}]`;
    for (;;) {
      const typed = await (setting.secret
        ? asker.askHidden(`${question}${shown}: `)
        : asker.ask(`${question}${shown}: `));
      const answer = typed === '' ? fallback : (choices[Number(typed) - 1] ?? typed);
      if (answer === '' && optional) return;
      if (answer === '') {
        print(`This is needed: ${setting.help}.`);
        continue;
      }
      if (choices.length > 0 && /^\d+$/.test(answer) && !choices.includes(answer)) {
        print(`There is no ${answer} in the list: type a number from 1 to ${choices.length}, or a name.`);
        continue;
      }
      const problem = problemOf(name, answer);
      if (problem === null) {
        this.#answers.set(name, answer);
        return;
      }
      print(`It must ${problem}.`);
    }
  }
}

interface Asking {
  /** What Enter takes. */
  fallback?: string;
  /** What a number stands for, from 1. */
  choices?: readonly string[];
  /** Nothing is an answer. */
  optional?: boolean;
}

/** What an answer must be and is not; null when it is right. */
function problemOf(name: SettingName, answer: string): string | null {
  const setting: Setting<unknown> = SETTINGS[name];
  if (/\p{Cc}/u.test(answer)) return 'hold no control characters';
  const checked = setting.check(answer, MODULE_LIMITS);
  if ('must' in checked) return checked.must;
  if (withValue('', name, answer) !== null) return null;
  return `be one that a settings file can hold; set ${setting.env} in the environment for this one`;
}

export function isYes(answer: string): boolean {
  return /^y(?:es)?$/i.test(answer.trim());
}

function likelyPath(ports: readonly RankedPort[]): string {
  try {
    return onlyLikely(ports).path;
  } catch {
    return '';
  }
}
