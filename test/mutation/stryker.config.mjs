// The room to mutate, and the tests that guard it: `npm run mutation -- session`.
const ROOMS = {
  session: {
    mutate: ['src/session/**/*.ts'],
    tests: ['test/session/{engine,hub,large-telemetry,parts,registration,states,telemetry,transitions}.test.js'],
  },
  modem: { mutate: ['src/modem/**/*.ts'], tests: ['test/modem/**/*.test.js'] },
  at: { mutate: ['src/at/**/*.ts'], tests: ['test/at/*.test.js', 'test/modem/anycloud/*.test.js'] },
  azure: { mutate: ['src/azure/**/*.ts'], tests: ['test/azure/*.test.js'] },
  device: { mutate: ['src/device/*.ts'], tests: ['test/device/*.test.js'] },
};

const name = process.env['ROOM'] ?? 'session';
const room = ROOMS[name];
if (!room) throw new Error(`there is no room ${name}; there are ${Object.keys(ROOMS).join(', ')}`);

/** @type {import('@stryker-mutator/api/core').PartialStrykerOptions} */
export default {
  mutate: process.env['FILES'] ? process.env['FILES'].split(',') : room.mutate,
  testRunner: 'tap',
  plugins: [new URL('./node_modules/@stryker-mutator/tap-runner/dist/src/index.js', import.meta.url).pathname],
  tap: {
    testFiles: room.tests,
    nodeArgs: ['--import', './test/helpers/test-hooks.mjs', '-r', '{{hookFile}}', '{{testFile}}'],
  },
  // Compiled once, with all its faults, in the copy that it works on: tsx would cost each of them a second.
  buildCommand: 'tsc -p test/mutation/tsconfig.build.json',
  coverageAnalysis: 'perTest',
  incremental: true,
  incrementalFile: `test/mutation/reports/${name}.json`,
  tempDirName: 'test/mutation/tmp',
  reporters: ['clear-text', 'progress'],
  clearTextReporter: { allowColor: false, reportTests: false },
  // Its reader of tsconfig.json wants an older compiler, and nothing here needs one: tsx strips types.
  tsconfigFile: 'test/mutation/none.json',
  timeoutMS: 20_000,
};
