/** The hub and the identity that DPS has assigned. */
export interface Assignment {
  readonly host: string;
  readonly deviceId: string;
}
