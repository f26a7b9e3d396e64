import type { Json, JsonObject } from '../events.ts';
import { isJsonObject } from './json.ts';

/** Codes of an acknowledgement, which are like HTTP's (Azure 3.1). */
export const ACK = {
  /** The desired value is in force. */
  applied: 200,
  /** The device's own value; nothing was desired. */
  initial: 203,
  /** The desired value is refused; another one is in force. */
  refused: 400,
} as const;

/** A device's answer to a desired property. */
export interface Ack {
  /** What is in force on the device now. */
  value: Json;
  /** One of the codes of ACK. */
  ac: number;
  /** The `$version` of the desired properties that is answered; 0 when nothing was desired. */
  av: number;
  /** A few words for people. */
  ad?: string;
}

/** The member of the reported properties that carries an acknowledgement. */
export function toReported(name: string, ack: Ack): JsonObject {
  return { [name]: reportedAck(ack) };
}

/** An acknowledgement as it is reported. */
export function reportedAck({ ac, av, ad, value }: Ack): JsonObject {
  return ad === undefined ? { ac, av, value } : { ac, av, ad, value };
}

/** Reads an acknowledgement back from a reported property. @returns null for a bare value or anything else */
export function parseAck(reported: Json | undefined): Ack | null {
  if (!isJsonObject(reported)) return null;
  const { value, ac, av, ad } = reported;
  if (value === undefined || !isCount(ac) || !isCount(av)) return null;
  return typeof ad === 'string' ? { value, ac, av, ad } : { value, ac, av };
}

function isCount(value: Json | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
