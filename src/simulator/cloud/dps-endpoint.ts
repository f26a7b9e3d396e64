import type { JsonObject } from '../../json.ts';
import { AzureError, errorBody, ProtocolViolation } from './azure-error.ts';
import type { CloudContext } from './context.ts';
import { type DpsFault, errorOfFault } from './faults.ts';
import type { MqttConnection, Qos } from './mqtt-connection.ts';
import type { Endpoint, Incoming } from './mqtt-front.ts';
import type { Proof } from './proof.ts';
import { parseTopic } from './topics.ts';

const FILTER = '$dps/registrations/res/#';
const REGISTER = '$dps/registrations/PUT/iotdps-register/';
const POLL = '$dps/registrations/GET/iotdps-get-operationstatus/';

/** Who registers. */
export interface DpsClient {
  registrationId: string;
  idScope: string;
  proof: Proof;
}

export interface DpsAnswer {
  status: number;
  /** Seconds. */
  retryAfter?: number;
  body: JsonObject;
}

/** What the topics lead to. Both throw AzureError for what is refused. */
export interface ProvisioningService {
  register(client: DpsClient, request: Buffer, fault?: DpsFault): Promise<DpsAnswer>;
  poll(client: DpsClient, operationId: string | undefined, fault?: DpsFault): Promise<DpsAnswer>;
}

/** One device's connection to DPS: the topics of Azure 1.2. */
export class DpsEndpoint implements Endpoint {
  readonly service = 'dps';
  readonly deviceId: string;
  readonly #context: CloudContext;
  readonly #service: ProvisioningService;
  readonly #client: DpsClient;
  readonly #connection: MqttConnection;
  readonly #onBegun: (endpoint: DpsEndpoint) => void;
  readonly #onClosed: (endpoint: DpsEndpoint) => void;
  #granted: Qos | undefined;
  #lastMessageId = 0;

  constructor(
    context: CloudContext,
    service: ProvisioningService,
    client: DpsClient,
    connection: MqttConnection,
    onBegun: (endpoint: DpsEndpoint) => void,
    onClosed: (endpoint: DpsEndpoint) => void,
  ) {
    this.#context = context;
    this.#service = service;
    this.#client = client;
    this.#connection = connection;
    this.#onBegun = onBegun;
    this.#onClosed = onClosed;
    this.deviceId = client.registrationId;
  }

  begin(): void {
    this.#onBegun(this);
    this.#context.events.emit({ type: 'connect', service: 'dps', deviceId: this.deviceId });
  }

  allows(filter: string): boolean {
    return filter === FILTER;
  }

  async subscribe(_filter: string, qos: Qos): Promise<void> {
    this.#granted = qos;
  }

  subscribed(): void {}

  async unsubscribe(filter: string): Promise<void> {
    if (filter === FILTER) this.#granted = undefined;
  }

  async publish({ topic, payload }: Incoming, accept: () => void): Promise<void> {
    const { path, parameters } = parseTopic(topic);
    if (path !== REGISTER && path !== POLL) throw new ProtocolViolation(`the topic ${topic} does not exist`);
    // A request with `rid` instead of `$rid` is served, and answered with an empty `$rid` (Azure 1.2).
    const rid = parameters.get('$rid') ?? '';
    const { clock, faults, random } = this.#context;
    const on = path === REGISTER ? 'register' : 'poll';
    const fault = faults.takeDps(on, this.deviceId);
    if (fault?.answer === 'drop') throw new ProtocolViolation('a fault that was asked for');
    accept();
    let answer: DpsAnswer;
    try {
      if (fault?.answer === 'status') throw errorOfFault(fault);
      if (faults.throttled('dps', this.deviceId, clock.wall())) throw new AzureError(429001, 'Throttled.');
      answer =
        on === 'register'
          ? await this.#service.register(this.#client, payload, fault)
          : await this.#service.poll(this.#client, parameters.get('operationId'), fault);
    } catch (error) {
      if (!(error instanceof AzureError)) throw error;
      answer = { status: error.status, body: errorBody(error, clock.wall(), random) };
      const { code, reason } = error;
      this.#context.events.emit({
        type: 'refusal',
        stage: 'register',
        service: 'dps',
        deviceId: this.deviceId,
        code,
        reason,
      });
      if (fault?.retryAfter !== undefined) answer.retryAfter = fault.retryAfter;
    }
    if (fault?.answer === 'none') return;
    const send = () => this.#answer(rid, answer, fault);
    if (fault?.answer === 'delay') clock.after(fault.delay ?? 0, send);
    else send();
  }

  acknowledged(): void {}

  closed(cleanly: boolean, reason: string | null): void {
    this.#context.events.emit({ type: 'disconnect', service: 'dps', deviceId: this.deviceId, cleanly, reason });
    this.#onClosed(this);
  }

  close(reason: string): void {
    this.#connection.close(reason);
  }

  #answer(rid: string, { status, retryAfter, body }: DpsAnswer, fault: DpsFault | undefined): void {
    const qos = this.#granted;
    if (qos === undefined) return;
    const after = retryAfter === undefined ? '' : `&retry-after=${retryAfter}`;
    const topic = `$dps/registrations/res/${status}/?$rid=${rid}${after}`;
    const text = JSON.stringify(body);
    const payload = fault?.answer === 'empty' ? '' : fault?.answer === 'malformed' ? text.slice(0, -2) : text;
    const packet = { cmd: 'publish', topic, payload, qos, dup: false, retain: false } as const;
    this.#lastMessageId = (this.#lastMessageId % 65_535) + 1;
    this.#connection.send(qos === 0 ? packet : { ...packet, messageId: this.#lastMessageId });
  }
}
