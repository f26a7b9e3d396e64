import type { Json } from '../events.ts';
import { isDtmi } from './dtmi.ts';
import { Element, shown } from './element.ts';

const CONTEXT = /^dtmi:dtdl:context;(\d+)(?:#\w*)?$/;
/** A model nests some 30 levels at most; much deeper JSON was made to exhaust the stack. */
const DEEPEST = 64;

/** An interface as it is written, with the elements that references inside it may mean. */
export interface InterfaceSource {
  readonly id: string;
  readonly element: Element;
  readonly version: 2 | 3;
  /** Elements with an `@id`, by it: references do not leave the interface, except for other interfaces. */
  readonly elements: ReadonlyMap<string, Element>;
  /** Interfaces in the same file, by id. */
  readonly siblings: ReadonlyMap<string, InterfaceSource>;
}

/**
 * The interfaces in a document: one, or a list of them, and those that are written inside others, by id; the first is
 * the one that the document is about.
 * @param file what the document was read from, for errors
 * @throws ModelError when the document is none of DTDL 2 or 3
 */
export function readDocument(document: Json, file: string): Map<string, InterfaceSource> {
  const interfaces = new Map<string, InterfaceSource>();
  const root = new Element(document, file);
  for (const element of root.list()) {
    if (!element.types().includes('Interface')) element.fail('a DTDL interface must stand here');
    readInterface(element, undefined, interfaces, 0);
  }
  if (interfaces.size === 0) root.fail('there is no interface');
  return interfaces;
}

function readInterface(
  element: Element,
  outer: 2 | 3 | undefined,
  interfaces: Map<string, InterfaceSource>,
  depth: number,
): void {
  const id = element.id() ?? element.fail('the interface has no @id');
  if (interfaces.has(id)) element.fail(`the interface ${id} stands here a second time`);
  const version = versionOf(element) ?? outer ?? element.fail('@context names no version of DTDL');
  const elements = new Map<string, Element>();
  interfaces.set(id, { id, element, version, elements, siblings: interfaces });
  for (const child of element.children()) collect(child, depth + 1);

  function collect(part: Element, level: number): void {
    if (level > DEEPEST) part.fail(`this is nested more than ${DEEPEST} levels deep`);
    if (part.isObject() && part.types().includes('Interface')) {
      readInterface(part, version, interfaces, level);
      return;
    }
    const name = part.member('@id')?.value;
    if (typeof name === 'string' && isDtmi(name)) {
      if (elements.has(name)) part.fail(`the @id ${name} is used twice`);
      elements.set(name, part);
    }
    for (const child of part.children()) collect(child, level + 1);
  }
}

/** The version of DTDL that an element's own `@context` names; there may be other contexts beside it. */
function versionOf(element: Element): 2 | 3 | undefined {
  const contexts = element.member('@context')?.list() ?? [];
  const [version, ...others] = contexts.flatMap(({ value }) => {
    const found = typeof value === 'string' ? CONTEXT.exec(value) : null;
    return found ? [Number(found[1])] : [];
  });
  if (version === undefined) return undefined;
  const context = element.required('@context');
  if (others.length > 0) context.fail('two versions of DTDL are named');
  if (version === 2 || version === 3) return version;
  return context.fail(`DTDL ${shown(version)} is not known, only versions 2 and 3`);
}
