import type { AppError } from '../../src/errors.ts';
import { Boards, type BoardsOptions } from '../../src/gateway/boards.ts';
import type { GatewayEvent } from '../../src/gateway/events.ts';
import { socketPair } from '../helpers/socket-pair.ts';
import { settle, VirtualClock } from '../helpers/virtual-clock.ts';
import { DeviceClient } from '../simulator/cloud/device-client.ts';
import { DEVICE, hubUser } from './bytes.ts';

export const BOARD_ADDRESS = '192.168.1.50';
const GATEWAY_ADDRESS = '192.168.1.10';

/** The cloud's end of a connection that the gateway has made. */
export interface CloudEnd {
  host: string;
  client: DeviceClient;
}

/** The gateway's inside in virtual time: boards and cloud are written by hand. */
export interface MemoryRig {
  clock: VirtualClock;
  boards: Boards;
  events: GatewayEvent[];
  /** Connections to the cloud, in their order. */
  clouds: CloudEnd[];
  /** How the next attempts end, instead of with a connection; undefined: with one. */
  failures: (Error | undefined)[];
  /** When each attempt was made, in milliseconds since the first. */
  attempts: number[];
  /** A board connects. */
  board(address?: string): DeviceClient;
  /** A board connects and sends CONNECT; nothing is awaited. */
  connect(address?: string, userName?: string): DeviceClient;
  /** A board and its cloud, joined. */
  joined(keepalive?: number): Promise<{ board: DeviceClient; cloud: DeviceClient }>;
  failure(): AppError | null;
}

export function memoryRig(options: Partial<BoardsOptions> = {}): MemoryRig {
  const clock = new VirtualClock();
  const since = clock.monotonic();
  const rig: MemoryRig = {
    clock,
    events: [],
    clouds: [],
    failures: [],
    attempts: [],
    boards: new Boards({
      clock,
      random: () => 0.5,
      boards: [
        { deviceId: DEVICE, credentials: { kind: 'certificate', certificate: '', key: '' }, address: BOARD_ADDRESS },
      ],
      dpsHost: 'global.azure-devices-provisioning.net',
      allowedHosts: [],
      report: (event) => rig.events.push(event),
      dial: async (host) => {
        rig.attempts.push(clock.monotonic() - since);
        const failure = rig.failures.shift();
        if (failure) throw failure;
        const [ours, theirs] = socketPair();
        rig.clouds.push({ host, client: new DeviceClient(theirs) });
        return { socket: ours, via: 'mqtt' };
      },
      ...options,
    }),
    board(address = BOARD_ADDRESS) {
      const [ours, theirs] = socketPair();
      const client = new DeviceClient(ours);
      rig.boards.receive(theirs, address, GATEWAY_ADDRESS);
      return client;
    },
    connect(address = BOARD_ADDRESS, username = hubUser()) {
      const board = rig.board(address);
      const clientId = username.split('/').at(username.includes('/registrations/') ? 2 : 1) ?? '';
      board.send({
        cmd: 'connect',
        protocolId: 'MQTT',
        protocolVersion: 4,
        clean: true,
        keepalive: 60,
        clientId,
        username,
      });
      return board;
    },
    async joined(keepalive = 60) {
      const board = rig.board();
      const connack = board.connect({ clientId: DEVICE, username: hubUser(), keepalive });
      await clock.advance(0);
      const cloud = rig.clouds.at(-1)?.client;
      if (!cloud) throw new Error('the cloud was not asked');
      await cloud.next('connect');
      cloud.send({ cmd: 'connack', returnCode: 0, sessionPresent: false });
      await settle();
      await clock.until(connack);
      return { board, cloud };
    },
    failure: () => rig.boards.failure(DEVICE),
  };
  return rig;
}
