/** What the gateway proves to Azure that it speaks for a board: the board's own key never leaves its secure element. */
export type Credentials =
  | {
      readonly kind: 'certificate';
      /** PEM, followed by its issuers where there are any. */
      readonly certificate: string;
      /** PEM. A secret. */
      readonly key: string;
    }
  | {
      readonly kind: 'key';
      /** Of the device itself, base 64. A secret. */
      readonly key: string;
    };

/** A board that may connect, and who it is to Azure. */
export interface Board {
  /** Its registration id at DPS, and its device id unless DPS chooses another. */
  readonly deviceId: string;
  readonly credentials: Credentials;
  /** The only address that it may connect from; null where that is not known. */
  readonly address: string | null;
}
