// A gateway in a process of its own, so that it can be killed: its options come as JSON, its port goes to standard output.
import { systemClock } from '../../src/clock.ts';
import type { Board } from '../../src/gateway/credentials.ts';
import { startGateway } from '../../src/gateway/gateway.ts';

const options: { port: number; board: Board; ca: string; cloudPort: number } = JSON.parse(process.argv[2] ?? '{}');
const gateway = await startGateway({
  clock: systemClock,
  random: Math.random,
  host: '127.0.0.1',
  port: options.port,
  boards: [options.board],
  dpsHost: 'localhost',
  cloudPort: options.cloudPort,
  allowedHosts: ['127.0.0.1'],
  ca: [options.ca],
  resolve: () => ({ host: '127.0.0.1', port: options.cloudPort }),
  // A hundred thousand acknowledgements at the pace of a module would take two hours.
  pace: 0,
  report: () => undefined,
});
process.stdout.write(`${gateway.port}\n`);
