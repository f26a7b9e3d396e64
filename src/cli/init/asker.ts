import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';

/** Asks a person; what is typed comes back as it was typed. Both reject when the asking is over. */
export interface Asker {
  ask(question: string): Promise<string>;
  /** The answer is not shown. */
  askHidden(question: string): Promise<string>;
}

export interface TerminalAsker extends Asker {
  /** Leaves the terminal as it was found. */
  close(): void;
}

export interface AskerOptions {
  stdin: NodeJS.ReadStream;
  stdout: NodeJS.WriteStream;
  signal: AbortSignal;
  /** Ctrl-C, or the end of what is typed. */
  onInterrupt(): void;
}

/** Asks at a terminal. */
export function terminalAsker({ stdin, stdout, signal, onInterrupt }: AskerOptions): TerminalAsker {
  let hidden = false;
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!hidden) stdout.write(chunk);
      done();
    },
  });
  // Without a history: the arrow keys would bring the passphrase back.
  const terminal = createInterface({ input: stdin, output, terminal: true, historySize: 0 });
  terminal.on('SIGINT', onInterrupt);
  terminal.on('close', onInterrupt);
  return {
    ask: (question) => terminal.question(question, { signal }),
    async askHidden(question) {
      stdout.write(question);
      hidden = true;
      try {
        return await terminal.question('', { signal });
      } finally {
        hidden = false;
        stdout.write('\n');
      }
    },
    close() {
      terminal.off('close', onInterrupt);
      try {
        terminal.close();
      } catch {
        // The terminal is gone, and with it what could be restored.
      }
    },
  };
}
