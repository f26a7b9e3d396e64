import type { Json } from '../events.ts';
import { type InterfaceSource, readDocument } from './document.ts';
import { isDtmi } from './dtmi.ts';
import { type Element, shown } from './element.ts';
import type { Command, Component, Contents, Model, Property, Telemetry } from './model.ts';
import { ModelError } from './model-error.ts';
import { described, ElementBudget, SchemaReader } from './read-schema.ts';
import { findViolation } from './validate.ts';

const KINDS = ['Telemetry', 'Property', 'Command', 'Component', 'Relationship'] as const;
type Kind = (typeof KINDS)[number];
/** Of interfaces that extend each other (DTDL 2 and 3, "Limits and exclusions"). */
const LONGEST_CHAIN = 10;

/** Where interfaces are found that a model refers to. */
export interface Interfaces {
  /** @throws ModelError when there is none of this id, or when it cannot be read */
  find(id: string): InterfaceSource;
}

/** A content of an interface, with the reader of the interface that it stands in. */
interface Content {
  kind: Kind;
  name: string;
  element: Element;
  reader: SchemaReader;
}

/**
 * The model of this id, with all that it refers to.
 * @throws ModelError when it or something that it needs is missing, cannot be read, or is wrong
 */
export function loadModel(id: string, interfaces: Interfaces): Model {
  return new Resolver(interfaces).model(interfaces.find(id));
}

/**
 * The model that a DTDL document is about: an interface, or the first of a list.
 * @param file what the document was read from, for errors
 * @param interfaces where to find interfaces that the document refers to and does not have
 * @throws ModelError when the document, or something that it needs, is missing or wrong
 */
export function readModel(document: Json, file: string, interfaces: Interfaces): Model {
  const [first] = readDocument(document, file).values();
  if (!first) throw new Error('a document without an interface was read');
  return new Resolver(interfaces).model(first);
}

class Resolver {
  readonly #interfaces: Interfaces;
  readonly #budget = new ElementBudget();

  constructor(interfaces: Interfaces) {
    this.#interfaces = interfaces;
  }

  model(source: InterfaceSource): Model {
    const contents = this.#contents(source);
    const components = contents.filter(({ kind }) => kind === 'Component').map((content) => this.#component(content));
    const { id, version, element } = source;
    return deepFreeze({ id, version, ...described(element), ...elementsOf(contents), components });
  }

  #component({ name, element, reader }: Content): Component {
    this.#budget.spend(element);
    const source = this.#interface(element.required('schema'), reader.source);
    const contents = this.#contents(source);
    const inner = contents.find(({ kind }) => kind === 'Component');
    inner?.element.fail(`the component ${name} has components of its own; DTDL knows one level of them`);
    return { name, ...described(element), interface: source.id, ...elementsOf(contents) };
  }

  /** What an interface has, that of the interfaces it extends first. Each name stands for one element. */
  #contents(source: InterfaceSource): Content[] {
    const byName = new Map<string, Content>();
    for (const content of this.#collect(source, [], new Set())) {
      const other = byName.get(content.name);
      if (other) {
        content.element.fail(`the name ${content.name} occurs twice, here and in ${other.reader.source.id}`);
      }
      byName.set(content.name, content);
    }
    return [...byName.values()];
  }

  /** @param chain the interfaces on the way here; @param done those whose contents are collected already */
  #collect(source: InterfaceSource, chain: readonly string[], done: Set<string>): Content[] {
    const { id, element } = source;
    if (done.has(id)) return [];
    const way = [...chain, id];
    const bases = (element.member('extends')?.list() ?? []).flatMap((place) => {
      this.#budget.spend(place);
      const base = this.#interface(place, source);
      if (way.includes(base.id)) place.fail(`the interface extends itself: ${[...way, base.id].join(' → ')}`);
      if (way.length > LONGEST_CHAIN) place.fail(`more than ${LONGEST_CHAIN} interfaces extend each other in a row`);
      return this.#collect(base, way, done);
    });
    done.add(id);
    const reader = new SchemaReader(source, this.#budget);
    const own = (element.member('contents')?.list() ?? []).map((place) => contentOf(reader.resolve(place), reader));
    return [...bases, ...own];
  }

  /** The interface at a place: written there, in the same file, or to be found. */
  #interface(place: Element, from: InterfaceSource): InterfaceSource {
    const item = place.single();
    const id = typeof item.value === 'string' ? item.value : item.id();
    if (id === undefined || !isDtmi(id)) return item.fail('must be an interface, or the DTMI of one');
    const sibling = from.siblings.get(id);
    if (sibling) return sibling;
    try {
      return this.#interfaces.find(id);
    } catch (thrown) {
      if (!(thrown instanceof ModelError) || thrown.problem.kind !== 'not-found') throw thrown;
      throw new ModelError({ ...thrown.problem, neededBy: { file: item.file, path: item.path } }, thrown);
    }
  }
}

function contentOf(element: Element, reader: SchemaReader): Content {
  const types = element.types();
  const [kind, ...others] = KINDS.filter((one) => types.includes(one));
  if (kind === undefined || others.length > 0) {
    return element.fail('@type must be one of Telemetry, Property, Command, Component and Relationship');
  }
  return { kind, name: reader.name(element), element, reader };
}

function elementsOf(contents: Content[]): Contents {
  const of = (kind: Kind) => contents.filter((content) => content.kind === kind);
  return {
    telemetry: of('Telemetry').map(readTelemetry),
    properties: of('Property').map(readProperty),
    commands: of('Command').map(readCommand),
  };
}

function readTelemetry({ element, reader }: Content): Telemetry {
  return reader.field(element);
}

function readProperty({ element, reader }: Content): Property {
  const property = reader.field(element);
  const writable = element.member('writable')?.literal() ?? false;
  if (typeof writable !== 'boolean') element.required('writable').fail(`${shown(writable)} is not true or false`);
  const initial = element.member('initialValue')?.value;
  const usable = initial !== undefined && findViolation(property.schema, initial) === null;
  return { ...property, writable: writable === true, ...(usable && { initial }) };
}

function readCommand({ element, reader }: Content): Command {
  const payload = (name: 'request' | 'response') => {
    const place = element.member(name);
    if (place === undefined || place.list().length === 0) return undefined;
    return reader.field(reader.resolve(place));
  };
  const request = payload('request');
  const response = payload('response');
  return {
    name: reader.name(element),
    ...described(element),
    ...(request && { request }),
    ...(response && { response }),
  };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const member of Object.values(value)) deepFreeze(member);
  }
  return value;
}
