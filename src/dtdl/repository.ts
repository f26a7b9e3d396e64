import { type Dirent, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Json } from '../events.ts';
import { type InterfaceSource, readDocument } from './document.ts';
import { pathOf } from './dtmi.ts';
import { readText } from './localized-text.ts';
import type { LocalizedText } from './model.ts';
import { ModelError } from './model-error.ts';
import { readJsonFile } from './read-file.ts';

/** The folder of models that comes with the program. */
export const PACKAGED_MODELS = fileURLToPath(new URL('../../model/', import.meta.url));

/** What is known of a model without reading what it refers to. */
export interface ModelEntry {
  id: string;
  displayName: LocalizedText;
  file: string;
}

/**
 * Places where models are found: files, and folders in the layout of the public repository of models
 * (`dtmi/com/example/thermostat-1.json`). What was read once is kept; an earlier place comes before a later one.
 */
export class ModelRepository {
  readonly #folders: string[] = [];
  readonly #files: string[] = [];
  /** Interfaces of the files, and of what was found in the folders, by id. */
  readonly #known = new Map<string, InterfaceSource>();
  /** Interfaces that stand in no file. */
  readonly #added: InterfaceSource[] = [];

  /**
   * @param places paths of files and folders
   * @throws ModelError for a place that does not exist, and for a file that is no model
   */
  constructor(places: readonly string[]) {
    for (const place of places) {
      if (isFolder(place)) {
        this.#folders.push(place);
      } else {
        this.#files.push(place);
        this.#add(read(place) ?? missing(place));
      }
    }
  }

  /**
   * Adds the interfaces of a document that stands in no file of these places, and comes before them.
   * @param origin what it was read from, for errors
   * @returns the interface that the document is about
   * @throws ModelError when it is no model
   */
  add(document: Json, origin: string): InterfaceSource {
    const interfaces = readDocument(document, origin);
    this.#added.push(...interfaces.values());
    for (const [id, source] of interfaces) this.#known.set(id, source);
    const [first] = interfaces.values();
    if (!first) throw new Error('a document without an interface was read');
    return first;
  }

  /**
   * The interface of this id, a DTMI.
   * @throws ModelError when no place has it, or when the file that should have it cannot be read
   */
  find(id: string): InterfaceSource {
    const known = this.#known.get(id);
    if (known) return known;
    const tried = [...this.#files];
    for (const folder of this.#folders) {
      const file = join(folder, pathOf(id));
      tried.push(file);
      const interfaces = read(file);
      if (!interfaces) continue;
      const found = interfaces.get(id);
      // Ids that differ in case only share a path.
      if (!found) throw elsewhere(file, id, interfaces);
      this.#add(interfaces);
      return found;
    }
    throw new ModelError({ kind: 'not-found', id, tried });
  }

  /** What the places have, in no particular order; for a file that is no model, what is wrong with it. */
  *list(): Generator<ModelEntry | ModelError> {
    const seen = new Set<string>(this.#added.map(({ id }) => id));
    yield* this.#added.map(entryOf);
    const files = [...this.#files, ...this.#folders.flatMap((folder) => filesIn(join(folder, 'dtmi')))];
    for (const file of files) {
      const entries = entriesOf(file);
      if (entries instanceof ModelError) yield entries;
      else yield* entries.filter(({ id }) => !seen.has(id) && seen.add(id));
    }
  }

  #add(interfaces: Map<string, InterfaceSource>): void {
    for (const [id, source] of interfaces) if (!this.#known.has(id)) this.#known.set(id, source);
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}

function read(file: string): Map<string, InterfaceSource> | null {
  const document = readJsonFile(file);
  return document === null ? null : readDocument(document, file);
}

function elsewhere(file: string, id: string, interfaces: Map<string, InterfaceSource>): ModelError {
  const [other = ''] = interfaces.keys();
  return new ModelError({ kind: 'invalid', file, path: '$', reason: `${id} is not in this file, but ${other} is` });
}

function missing(file: string): never {
  throw new ModelError({ kind: 'unreadable', file, reason: 'does not exist' });
}

function entriesOf(file: string): ModelEntry[] | ModelError {
  try {
    const interfaces = read(file) ?? missing(file);
    return [...interfaces.values()].map(entryOf);
  } catch (thrown) {
    if (thrown instanceof ModelError) return thrown;
    throw thrown;
  }
}

function entryOf({ id, element }: InterfaceSource): ModelEntry {
  return { id, displayName: readText(element.member('displayName')), file: element.file };
}

function filesIn(folder: string): string[] {
  let entries: Dirent[];
  try {
    entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  } catch {
    return [];
  }
  const files = entries.filter((entry) => entry.isFile() && entry.name.endsWith('.json'));
  return files.map(({ parentPath, name }) => join(parentPath, name)).sort();
}
