import type { SessionEvent } from '../events.ts';

/** What a gateway tells. */
export type GatewayEvent = Omit<SessionEvent & { type: 'gateway' }, 'type'>;

export type GatewayReport = (event: GatewayEvent) => void;
