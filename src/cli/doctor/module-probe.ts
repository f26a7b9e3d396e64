import type { Duplex } from 'node:stream';
import type { SettingsInput } from '../../config/resolve.ts';
import { BAUD_RATES } from '../../config/settings.ts';
import { AppError } from '../../errors.ts';
import { identifyModem } from '../../modem/detect.ts';
import type { Modem } from '../../modem/modem.ts';
import { reportDialogue } from '../../session/report.ts';
import type { CommandContext } from '../command.ts';
import type { Link, LinkSettings } from '../open-link.ts';
import type { ProcessEnvironment } from '../process-environment.ts';
import { linkSettings, openCommandLink } from '../with-module.ts';
import { type CheckResult, failed, failedBy, ok, skipped } from './check-result.ts';
import { findRate } from './rates.ts';

/** The way to the module, gone step by step, each with its verdict. */
export class ModuleProbe {
  readonly #input: SettingsInput;
  readonly #environment: ProcessEnvironment;
  readonly #context: CommandContext;
  #link: Link | null = null;
  #settings: LinkSettings | null = null;
  #stream: Duplex | null = null;
  /** The module, once it has answered. */
  module: Modem | null = null;

  constructor(input: SettingsInput, environment: ProcessEnvironment, context: CommandContext) {
    this.#input = input;
    this.#environment = environment;
    this.#context = context;
  }

  readonly #watch = (modem: Modem) => reportDialogue(this.#context.report, modem);

  get simulate(): boolean {
    return this.#settings?.simulate === true;
  }

  /** Whether the port is there, permitted and free. */
  async open(): Promise<CheckResult> {
    try {
      this.#settings = linkSettings(this.#input);
    } catch (error) {
      failedBy(error);
      return skipped('No port is set, or its settings are wrong');
    }
    try {
      this.#stream = await this.#openAt(this.#settings);
    } catch (error) {
      return failedBy(error);
    }
    return this.#settings.simulate
      ? skipped('The virtual module needs none')
      : ok(`${this.#settings.port} can be opened`);
  }

  /** Whether a module answers, and at which rate. */
  async identifyModule(): Promise<CheckResult> {
    const settings = this.#settings;
    if (!settings || !this.#stream) return skipped('There is no port to ask at');
    const { clock } = this.#environment;
    const { signal } = this.#context;
    try {
      this.module = await identifyModem(this.#stream, clock, signal, settings.family, this.#watch);
      return ok(settings.simulate ? 'The virtual module answers' : `The module answers at ${settings.baud} baud`);
    } catch (error) {
      const hasTimedOut = error instanceof AppError && error.code === 'E_MODULE_TIMEOUT';
      return hasTimedOut && !settings.simulate ? this.#tryOtherRates(settings, error) : failedBy(error);
    }
  }

  async close(): Promise<void> {
    this.module?.close();
    await this.#link?.close();
  }

  async #openAt(settings: LinkSettings): Promise<Duplex> {
    this.#link = await openCommandLink(settings, this.#environment, this.#context);
    return this.#link.open(this.#context.signal);
  }

  async #tryOtherRates(settings: LinkSettings & { simulate: false }, silence: AppError): Promise<CheckResult> {
    const { clock } = this.#environment;
    const { signal, note } = this.#context;
    note(`Nothing answers at ${settings.baud} baud; trying the other rates`);
    try {
      const others = BAUD_RATES.filter((rate) => rate !== settings.baud).reverse();
      const rate = await findRate(others, (baud) => this.#openAt({ ...settings, baud }), clock, signal);
      if (rate === null)
        return failedBy(new AppError(silence.code, `${silence.message}, at any baud rate`, silence.hint));
      this.module = await identifyModem(
        await this.#openAt({ ...settings, baud: rate }),
        clock,
        signal,
        settings.family,
        this.#watch,
      );
      return failed(
        `The module answers at ${rate} baud, not at ${settings.baud}`,
        `Write in .env: SERIAL_BAUD=${rate}, or press the reset button: a board that was just started speaks 230400.`,
      );
    } catch (error) {
      return failedBy(error);
    }
  }
}
