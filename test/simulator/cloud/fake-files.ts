import type { Files } from '../../../src/simulator/cloud/files.ts';

interface Inode {
  data: Buffer;
  synced: Buffer;
}

/**
 * What goes wrong: the step of this number fails, or writes only a part; with `lasting`, every write from then on. In an
 * `outage` the step writes only a part, and the next three fail, whatever they are.
 */
export interface Trouble {
  step: number;
  kind: 'error' | 'short' | 'outage';
  lasting: boolean;
}

const full = () => Object.assign(new Error('ENOSPC: no space left on device'), { code: 'ENOSPC' });

/** A disk in memory that knows what has been flushed, fails when told, and can lose its power. */
export class FakeFiles implements Files {
  #names = new Map<string, Inode>();
  #durableNames = new Map<string, Inode>();
  readonly #open = new Map<number, Inode>();
  #lastFile = 0;
  #steps = 0;
  #wasShort = false;
  trouble: Trouble | undefined;

  /** What is on the disk after a power cut; what was not flushed may be there or not. */
  static afterPowerCut(before: FakeFiles, chance: () => boolean): FakeFiles {
    const after = new FakeFiles();
    for (const [path, { data, synced }] of chance() ? before.#names : before.#durableNames) {
      const kept = chance() ? data : synced;
      after.#names.set(path, { data: kept, synced: kept });
    }
    after.#durableNames = new Map(after.#names);
    return after;
  }

  get names(): string[] {
    return [...this.#names.keys()];
  }

  get steps(): number {
    return this.#steps;
  }

  put(path: string, data: Buffer): void {
    this.#names.set(path, { data, synced: data });
    this.#durableNames = new Map(this.#names);
  }

  /** @param needsRoom whether a full disk stands in the way of it */
  #step(needsRoom: boolean): 'short' | 'whole' {
    this.#steps++;
    const { trouble } = this;
    if (!trouble || this.#steps < trouble.step) return 'whole';
    if (trouble.kind === 'outage' && this.#steps > trouble.step && this.#steps <= trouble.step + 3) throw full();
    if (this.#steps > trouble.step && !(trouble.lasting && needsRoom)) return 'whole';
    if (trouble.kind === 'error' || !needsRoom || (trouble.lasting && this.#wasShort)) throw full();
    this.#wasShort = true;
    return 'short';
  }

  #inode(file: number): Inode {
    const inode = this.#open.get(file);
    if (!inode) throw new Error(`EBADF: ${file} is not open`);
    return inode;
  }

  read(path: string): Buffer | undefined {
    return this.#names.get(path)?.data;
  }

  open(path: string, flags: 'w' | 'a'): number {
    this.#step(true);
    const inode = this.#names.get(path) ?? { data: Buffer.alloc(0), synced: Buffer.alloc(0) };
    if (flags === 'w') inode.data = Buffer.alloc(0);
    this.#names.set(path, inode);
    this.#open.set(++this.#lastFile, inode);
    return this.#lastFile;
  }

  write(file: number, bytes: Uint8Array): number {
    const inode = this.#inode(file);
    const count = this.#step(true) === 'short' ? Math.floor(bytes.length / 2) : bytes.length;
    inode.data = Buffer.concat([inode.data, bytes.subarray(0, count)]);
    return count;
  }

  async writeSoon(file: number, bytes: Uint8Array): Promise<number> {
    return this.write(file, bytes);
  }

  sync(file: number): void {
    this.#step(false);
    const inode = this.#inode(file);
    inode.synced = inode.data;
  }

  async syncSoon(file: number): Promise<void> {
    this.sync(file);
  }

  truncate(file: number, size: number): void {
    this.#step(false);
    const inode = this.#inode(file);
    inode.data = inode.data.subarray(0, size);
  }

  close(file: number): void {
    this.#inode(file);
    this.#open.delete(file);
    this.#step(false);
  }

  rename(from: string, to: string): void {
    this.#step(false);
    const inode = this.#names.get(from);
    if (!inode) throw new Error(`ENOENT: ${from}`);
    this.#names.delete(from);
    this.#names.set(to, inode);
  }

  duplicate(path: string, name: string): boolean {
    this.#step(true);
    const inode = this.#names.get(path);
    if (!inode) throw new Error(`ENOENT: ${path}`);
    if (this.#names.has(name)) return false;
    this.#names.set(name, inode);
    return true;
  }

  remove(path: string): void {
    this.#step(false);
    this.#names.delete(path);
  }

  syncFolder(): void {
    this.#step(false);
    this.#durableNames = new Map(this.#names);
  }
}
