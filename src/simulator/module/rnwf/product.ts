/** What the two products of the family do differently. */
export interface Product {
  readonly name: 'RNWF02' | 'RNWF11';
  /** What `AT+GMM` and `AT+GMR` tell (RNWF 4). */
  readonly model: string;
  readonly version: string;
  readonly banner: string;
  /** From firmware 3.x on the banner is an event (RNWF 2). */
  readonly boots: 'event' | 'text';
  /** Bytes of a command line; more is no command. */
  readonly line: number;
  /** Longest values, in bytes (RNWF 7, 8). */
  readonly limits: {
    readonly broker: number;
    readonly clientId: number;
    readonly serverName: number;
    readonly domain: number;
  };
  /** TLS configurations are numbered from 1 to this. */
  readonly tlsConfigurations: number;
  /** It has a secure element, and the commands for it. */
  readonly hasChip: boolean;
  /** It takes files in command lines. */
  readonly hasFileCommands: boolean;
  /** It can be told whether to verify a server. */
  readonly hasVerification: boolean;
  /** The answer to a read message has its id too. */
  readonly printsMessageId: boolean;
}

export const RNWF02: Product = {
  name: 'RNWF02',
  model: 'PIC32MZW2',
  version: '3.2.0 1 a1ac4a492 [10:20:30 Mar 12 2026]',
  banner: 'RNWF - AT Command Interface',
  boots: 'event',
  line: 1_100,
  limits: { broker: 256, clientId: 64, serverName: 256, domain: 256 },
  tlsConfigurations: 4,
  hasChip: false,
  hasFileCommands: true,
  hasVerification: true,
  printsMessageId: true,
};

/** The same with firmware of 2024, which takes files by XMODEM only. */
export const RNWF02_2: Product = {
  ...RNWF02,
  version: '2.0.0 0 e41f977cb [16:31:26 Apr 12 2024]',
  boots: 'text',
  limits: { broker: 64, clientId: 48, serverName: 64, domain: 64 },
  tlsConfigurations: 2,
  hasFileCommands: false,
};

export const RNWF11: Product = {
  name: 'RNWF11',
  model: 'PIC32MZW1',
  version: '78de24c4 [09:48:06 Nov  2 2023]',
  banner: 'RNWF - AT Command Interface',
  boots: 'text',
  line: 600,
  limits: { broker: 64, clientId: 64, serverName: 64, domain: 32 },
  tlsConfigurations: 2,
  hasChip: true,
  hasFileCommands: false,
  hasVerification: false,
  printsMessageId: false,
};
