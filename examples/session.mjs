// A session on a virtual module: no board, no network, no settings.
//
//     node examples/session.mjs

import { runSession } from 'anycloud-iotc';
import { createVirtualModule, startLocalCloud } from 'anycloud-iotc/simulator';

const cloud = await startLocalCloud();
const board = await createVirtualModule({ cloud });
await runSession({
  port: () => board.connect(),
  wifi: board.wifi,
  idScope: cloud.idScope,
  device: { interval: 1, telemetry: { temperature: () => 20 + Math.random() } },
  count: 3,
  onEvent: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
});
board.close();
await cloud.close();
