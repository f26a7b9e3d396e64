/** Runs samples one after the other, and writes the name of each that has come to its end. */
export async function run(samples) {
  for (const [name, sample] of Object.entries(samples)) {
    await sample();
    process.stdout.write(`${name}\n`);
  }
  process.exit(0);
}

/** What a program expects. */
export function check(is, what) {
  if (!is) throw new Error(`it does not hold that ${what}`);
}

/** Resolves with the first argument of the next event. */
export const next = (emitter, event) => new Promise((resolve) => emitter.once(event, resolve));
