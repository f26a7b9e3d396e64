import type { Duplex } from 'node:stream';
import type { AnyCloudModule } from '../../anycloud/module.ts';
import type { SettingsInput } from '../../config/resolve.ts';
import { BAUD_RATES } from '../../config/settings.ts';
import { AppError } from '../../errors.ts';
import { greet } from '../greet.ts';
import type { Link, LinkSettings } from '../open-link.ts';
import type { Desk } from '../verb.ts';
import { linkSettings, openVerbLink } from '../with-module.ts';
import type { World } from '../world.ts';
import { failed, failedBy, ok, skipped, type Verdict } from './finding.ts';
import { findRate } from './rates.ts';

/** The way to the module, gone step by step, each with its verdict. */
export class Way {
  readonly #input: SettingsInput;
  readonly #world: World;
  readonly #desk: Desk;
  #link: Link | null = null;
  #settings: LinkSettings | null = null;
  #stream: Duplex | null = null;
  /** The module, once it has answered. */
  module: AnyCloudModule | null = null;

  constructor(input: SettingsInput, world: World, desk: Desk) {
    this.#input = input;
    this.#world = world;
    this.#desk = desk;
  }

  get simulate(): boolean {
    return this.#settings?.simulate === true;
  }

  /** Whether the port is there, permitted and free. */
  async open(): Promise<Verdict> {
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

  /** Whether an AnyCloud module answers, and at which rate. */
  async greet(): Promise<Verdict> {
    const settings = this.#settings;
    if (!settings || !this.#stream) return skipped('There is no port to ask at');
    const { clock } = this.#world;
    const { signal } = this.#desk;
    try {
      this.module = await greet(this.#stream, clock, signal);
      return ok(settings.simulate ? 'The virtual module answers' : `The module answers at ${settings.baud} baud`);
    } catch (error) {
      const isSilent = error instanceof AppError && error.code === 'E_MODULE_SILENT';
      return isSilent && !settings.simulate ? this.#tryOtherRates(settings, error) : failedBy(error);
    }
  }

  async close(): Promise<void> {
    this.module?.close();
    await this.#link?.close();
  }

  async #openAt(settings: LinkSettings): Promise<Duplex> {
    this.#link = await openVerbLink(settings, this.#world, this.#desk);
    return this.#link.open(this.#desk.signal);
  }

  async #tryOtherRates(settings: LinkSettings & { simulate: false }, silence: AppError): Promise<Verdict> {
    const { clock } = this.#world;
    const { signal, note } = this.#desk;
    note(`Nothing answers at ${settings.baud} baud; trying the other rates`);
    try {
      const others = BAUD_RATES.filter((rate) => rate !== settings.baud).reverse();
      const rate = await findRate(others, (baud) => this.#openAt({ ...settings, baud }), clock, signal);
      if (rate === null) return failed(`${silence.message}, at any baud rate`, silence.hint);
      this.module = await greet(await this.#openAt({ ...settings, baud: rate }), clock, signal);
      return failed(
        `The module answers at ${rate} baud, not at ${settings.baud}`,
        `Write in .env: SERIAL_BAUD=${rate}, or press the reset button: a board that was just started speaks 230400.`,
      );
    } catch (error) {
      return failedBy(error);
    }
  }
}
