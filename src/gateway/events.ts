/** What a gateway tells, by `happening`; `message` says it in a sentence, the other members to a program. */
export interface GatewayEvent {
  readonly happening:
    | 'listening'
    /** A board has come, or gone. */
    | 'board-connected'
    | 'board-gone'
    /** The cloud has taken a board's CONNECT, or ended its connection. */
    | 'cloud-connected'
    | 'cloud-gone'
    /** The cloud cannot be reached, or refuses; it is tried again after a pause. */
    | 'cloud-unreached'
    | 'cloud-refused'
    /** A packet that the module cannot take was left out. */
    | 'too-large'
    /** Somebody was turned away. */
    | 'turned-away'
    /** A token is renewed, so the board connects again. */
    | 'renewal';
  readonly level: 'event' | 'note' | 'warning';
  readonly message: string;
  readonly deviceId?: string;
  /** Of the cloud. */
  readonly host?: string;
  /** Whoever has connected, or where boards are to connect. */
  readonly address?: string;
  readonly port?: number;
  /** How the cloud was reached. */
  readonly via?: 'mqtt' | 'websocket';
  /** A return code of CONNACK. */
  readonly code?: number;
  /** Of a packet that was left out. */
  readonly topic?: string;
  readonly bytes?: number;
}

export type GatewayReport = (event: GatewayEvent) => void;
