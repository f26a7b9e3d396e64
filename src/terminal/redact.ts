import type { ExampleRequest, Json, JsonObject, SessionEvent } from '../events.ts';

const MASK = '***';
/** A shorter value is no passphrase: hiding it would garble every line and hide nothing. */
const SHORTEST = 4;
/** The shortest passphrase of WPA; what is shorter in a typed command is refused by the module. */
const SHORTEST_PASSPHRASE = 8;
/** Typed secrets that are remembered. */
const MAX_TYPED = 16;

const MASKED = /^(?:"\*\*\*"|\[\*\*\*\])/;

/** Hides secrets in everything that is shown or kept: by value in every written form, and by the shape of AT lines. */
export class Redactor {
  /** Each form of each secret, as a pattern, by the form itself. */
  readonly #patterns = new Map<string, string>();
  /** What the module may echo of the secrets, whole or in pieces. */
  readonly #echoes = new Set<string>();
  readonly #typed: string[] = [];
  readonly #parameter: RegExp;
  #pattern: RegExp | null = null;

  /** @param heads what comes before a secret in a command for the module, or in its answer, whoever set it */
  constructor(heads: readonly RegExp[]) {
    // A printed value may hold quotes as they are, so it reaches to the end of the line.
    const head = heads.length === 0 ? '(?!)' : heads.map(({ source }) => source).join('|');
    this.#parameter = new RegExp(`((?:${head}))([^\\n]*)`, 'gi');
  }

  /** Hides `secret` from now on. Values of fewer than 4 characters are ignored. */
  add(secret: string): void {
    if (secret.length < SHORTEST) return;
    const hex = Buffer.from(secret, 'utf8').toString('hex');
    const json = JSON.stringify(secret).slice(1, -1);
    for (const form of [secret, quoted(secret), json, quoted(json), encodeUrl(secret)]) {
      this.#patterns.set(form, form.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&'));
    }
    this.#patterns.set(
      hex,
      hex.replace(/[a-f]/g, (digit) => `[${digit}${digit.toUpperCase()}]`),
    );
    for (const form of [secret, quoted(secret)]) this.#echoes.add(form);
    // The longest first, or a short secret would leave the rest of a longer one.
    const longestFirst = [...this.#patterns].sort(([a], [b]) => b.length - a.length);
    this.#pattern = new RegExp(longestFirst.map(([, pattern]) => pattern).join('|'), 'g');
  }

  /** `text` without secrets. */
  mask(text: string): string {
    return this.#maskValues(text).replace(this.#parameter, (_, head: string, value: string) =>
      MASKED.test(value) ? head + value : head + MASK,
    );
  }

  /** A copy of `event` without secrets; a secret that is typed in it is hidden from then on, too. */
  maskEvent(event: SessionEvent): SessionEvent {
    const masked = this.#maskMembers(event);
    return masked.deviceId === undefined ? masked : { ...masked, deviceId: this.mask(masked.deviceId) };
  }

  #maskMembers(event: SessionEvent): SessionEvent {
    switch (event.type) {
      case 'state':
        return event;
      case 'at':
        if (event.dir === 'tx') this.#learn(event.line);
        return { ...event, line: this.#maskAtLine(event) };
      case 'event':
        return { ...event, message: this.mask(event.message) };
      case 'waiting':
        return { ...event, message: this.mask(event.message) };
      case 'message':
        return { ...event, topic: this.mask(event.topic), payload: this.mask(event.payload) };
      // The rest of a certificate is reckoned from it: nothing that was typed can stand there.
      case 'certificate':
        return { ...event, subject: this.mask(event.subject), issuer: this.mask(event.issuer) };
      case 'assigned':
        return { ...event, hub: this.mask(event.hub) };
      case 'twin':
        return { ...event, desired: this.#maskObject(event.desired), reported: this.#maskObject(event.reported) };
      case 'telemetry':
        return { ...event, body: this.#maskJson(event.body) };
      case 'property':
        return {
          ...event,
          name: this.mask(event.name),
          value: this.#maskJson(event.value),
          requested: this.#maskJson(event.requested),
          ...(event.ad !== undefined && { ad: this.mask(event.ad) }),
        };
      case 'reported':
        return { ...event, body: this.#maskObject(event.body) };
      case 'command':
        return {
          ...event,
          name: this.mask(event.name),
          request: this.#maskJson(event.request),
          response: this.#maskJson(event.response),
        };
      case 'gateway':
        return {
          ...event,
          message: this.mask(event.message),
          ...(event.host !== undefined && { host: this.mask(event.host) }),
          ...(event.topic !== undefined && { topic: this.mask(event.topic) }),
        };
      case 'local-cloud':
        return { ...event, url: this.mask(event.url), requests: event.requests.map((each) => this.#maskRequest(each)) };
      case 'console':
        return { ...event, url: this.mask(event.url), link: this.mask(event.link) };
      case 'error':
        return {
          ...event,
          message: this.mask(event.message),
          hint: this.mask(event.hint),
          ...(event.stack !== undefined && { stack: this.mask(event.stack) }),
        };
      case 'exit':
        return { ...event, reason: this.mask(event.reason) };
    }
  }

  #maskAtLine(event: SessionEvent & { type: 'at' }): string {
    const line = this.mask(event.line);
    const isUnderstood = event.dir === 'tx' || event.kind === 'status' || event.kind === 'urc';
    return isUnderstood ? line : this.#maskPieces(line);
  }

  /** Again until nothing is found: what is left on both sides of a mask could be a secret that holds stars. */
  #maskValues(text: string): string {
    if (!this.#pattern) return text;
    let masked = text;
    for (;;) {
      const next = masked.replace(this.#pattern, MASK);
      if (next === masked) return masked;
      masked = next;
    }
  }

  #maskRequest({ title, method, path, body }: ExampleRequest): ExampleRequest {
    return { title: this.mask(title), method, path: this.mask(path), body: this.#maskObject(body) };
  }

  #maskJson(value: Json): Json {
    if (typeof value === 'string') return this.mask(value);
    if (typeof value === 'number') return this.#maskValues(String(value)) === String(value) ? value : MASK;
    if (Array.isArray(value)) return value.map((item) => this.#maskJson(item));
    return value !== null && typeof value === 'object' ? this.#maskObject(value) : value;
  }

  #maskObject(object: JsonObject): JsonObject {
    return Object.fromEntries(Object.entries(object).map(([name, value]) => [this.mask(name), this.#maskJson(value)]));
  }

  /**
   * An event that breaks into the echo of a command with a passphrase tears the passphrase in two (AT protocol 3.4):
   * hides the beginning of a secret behind a quote at the end of a line, and a line that is a piece of one.
   */
  #maskPieces(line: string): string {
    const piece = line.endsWith('"') ? line.slice(0, -1) : line;
    for (const echo of this.#echoes) {
      const isPiece = piece.length >= SHORTEST ? echo.includes(piece) : piece !== line && echo.endsWith(piece);
      if (piece !== '' && isPiece) return MASK;
      for (let quote = line.indexOf(',"'); quote >= 0; quote = line.indexOf(',"', quote + 1)) {
        const start = quote + 2;
        if (start < line.length && echo.startsWith(line.slice(start))) return line.slice(0, start) + MASK;
      }
    }
    return line;
  }

  #learn(line: string): void {
    for (const [, , value = ''] of line.matchAll(this.#parameter)) {
      const body = value.replace(/^"|"\s*$/g, '').replace(/\\(["\\])/g, '$1');
      if (body.length < SHORTEST_PASSPHRASE || this.#typed.includes(body) || this.#typed.length >= MAX_TYPED) continue;
      this.#typed.push(body);
      this.add(body);
    }
  }
}

/** As it stands in a quoted parameter (AT protocol 4.2). */
function quoted(text: string): string {
  return text.replace(/["\\]/g, '\\$&');
}

function encodeUrl(text: string): string {
  // A lone surrogate has no URL form; as bytes it becomes U+FFFD.
  return encodeURIComponent(Buffer.from(text, 'utf8').toString('utf8'));
}
