import type { Duplex } from 'node:stream';
import { AtError } from '../at/error.ts';
import type { Status } from '../at/status.ts';
import { AppError } from '../errors.ts';

/** So many bytes tell what is at the other end. */
const SAMPLE = 2_048;
/** A wrong baud rate turns text into bytes of any value; a few of them are noise. */
const MOSTLY = 0.8;
const SHOWN = 60;

/** The beginning of what comes from a stream. */
export class Sample {
  readonly #stream: Duplex;
  #bytes = Buffer.alloc(0);

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on('data', this.#listen);
  }

  readonly #listen = (chunk: Buffer): void => {
    if (this.#bytes.length < SAMPLE) this.#bytes = Buffer.concat([this.#bytes, chunk.subarray(0, SAMPLE)]);
  };

  get bytes(): Buffer {
    return this.#bytes;
  }

  stop(): void {
    this.#stream.off('data', this.#listen);
  }
}

/** Whether a line of `heard` is the status of an answer. */
export function holdsStatus(heard: Buffer, parseStatus: (line: string) => Status | null): boolean {
  return heard
    .toString('latin1')
    .split(/[\r\n]+/)
    .some((line) => parseStatus(line.replace(/^[>#\0]+/, '')) !== null);
}

/**
 * What the bytes that came in place of an answer say about the other end.
 * @param sent the lines that were sent meanwhile
 * @returns ModemError `timed-out` for silence and a wrong baud rate, AppError E_MODULE_UNKNOWN for another device
 */
export function explainTimeout(heard: Buffer, sent: readonly string[], cause?: unknown): AppError {
  if (heard.length === 0) return new AtError('timed-out', 'Nothing answers at the serial port', null, cause);
  const printable = heard.filter((byte) => (byte >= 0x20 && byte <= 0x7e) || (byte >= 0x07 && byte <= 0x0d));
  if (printable.length < MOSTLY * heard.length) {
    return new AtError(
      'timed-out',
      'What comes from the serial port is not text, so the baud rate is likely wrong',
      null,
      cause,
    );
  }
  const text = heard.toString('latin1');
  if (/^[\s>]*$/.test(sent.reduce((rest, line) => rest.replaceAll(line, ''), text))) {
    return new AppError(
      'E_MODULE_UNKNOWN',
      'The serial port gives back what is sent to it, and nothing else answers',
      'Look for a bridge between TX and RX, or a plug that joins them; TX goes to RX of the board, and RX to TX.',
      cause,
    );
  }
  return new AppError(
    'E_MODULE_UNKNOWN',
    `The device at the serial port prints text, but does not answer AT commands: ${excerpt(text)}`,
    'Choose the port that leads to the UART of the module.',
    cause,
  );
}

/** What names a device of another kind; the name of a chip alone does not. */
const RELATED: readonly [RegExp, string][] = [
  [/^\+GMM:"(?:PIC32MZW1|RNWF11)/, ', as an RNWF11 does'],
  [/^\+GMM:"(?:PIC32MZW2|RNWF02)/, ', as an RNWF02 does'],
  [/^\+GMM="PIC32MZW1"/, ', as an AnyCloud module does'],
  [/^AT version:/, ', as ESP-AT does'],
  [/SIM(?:COM|\d{3})|QUECTEL|TELIT|\b(?:BG|EC|EG|BC|RC|M)\d{2}\b|\bSARA-/i, ', as a cellular modem does'],
];

/**
 * The device answers, in another way than a module of `family` does; null: than one of any family that is known.
 * @param lines its answer to the question for its model, the status last
 */
export function strangerError(family: string | null, lines: readonly string[], cause?: unknown): AppError {
  const [status = '', ...info] = [...lines].reverse();
  const named = info.findLast((line) => /^\+C?GMM\b/.test(line)) ?? info.at(-1);
  const model = named?.replace(/^\+C?GMM\s*[:=]\s*/, '').replace(/^"(.*)"$/, '$1');
  const related = RELATED.find(([form]) => named !== undefined && form.test(named))?.[1] ?? '';
  const what =
    model !== undefined
      ? `it calls itself ${excerpt(model)}${related}`
      : status === 'OK'
        ? 'it does not say its model'
        : `asked for its model, it says ${excerpt(status)}`;
  const expected = family === null ? 'is no module that this program knows' : `is not an ${family} module`;
  const hint =
    family === null
      ? 'Choose the port of the board; modules with AnyCloud firmware, RNWF02 and RNWF11 are known.'
      : `Choose the port of the board, or program the ${family} firmware onto it.`;
  return new AppError(
    'E_MODULE_UNKNOWN',
    `The device at the serial port answers, but ${expected}: ${what}`,
    hint,
    cause,
  );
}

function excerpt(text: string): string {
  return JSON.stringify(text.trim().slice(0, SHOWN));
}
