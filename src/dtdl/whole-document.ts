import type { Json, JsonObject } from '../events.ts';
import type { InterfaceSource } from './document.ts';
import { isDtmi, termOf } from './dtmi.ts';
import type { Element } from './element.ts';
import type { Interfaces } from './resolve.ts';

/**
 * A model as it is written, with the interfaces that it refers to written inside it, so that it can be read without any
 * other document. An interface that is referred to several times stands at the first place.
 * @param id of a model that can be loaded: nothing is checked here
 * @throws ModelError when an interface is missing
 */
export function wholeDocument(id: string, interfaces: Interfaces): JsonObject {
  const included = new Set<string>();

  function include(source: InterfaceSource): JsonObject {
    for (const inner of interfacesIn(source.element)) included.add(inner);
    // One that was written inside another has its context from there.
    const context = source.element.member('@context') ? {} : { '@context': `dtmi:dtdl:context;${source.version}` };
    return { ...context, ...copyObject(source.element, source) };
  }

  function copy(element: Element, source: InterfaceSource): Json {
    if (Array.isArray(element.value)) return element.children().map((item) => copy(item, source));
    return element.isObject() ? copyObject(element, source) : element.value;
  }

  function copyObject(element: Element, source: InterfaceSource): JsonObject {
    const types = element.member('@type') ? element.types() : [];
    const reference = types.includes('Component') ? 'schema' : types.includes('Interface') ? 'extends' : null;
    const members = Object.keys(element.object()).map((name): [string, Json] => {
      const member = element.member(name);
      if (!member) return [name, null];
      return [name, termOf(name) === reference ? resolved(member, source) : copy(member, source)];
    });
    return Object.fromEntries(members);
  }

  /** What stands where an interface is expected: itself, or its name. */
  function resolved(place: Element, source: InterfaceSource): Json {
    if (Array.isArray(place.value)) return place.children().map((item) => resolved(item, source));
    const name = place.value;
    if (typeof name !== 'string' || !isDtmi(name)) return copy(place, source);
    if (included.has(name)) return name;
    return include(source.siblings.get(name) ?? interfaces.find(name));
  }

  return include(interfaces.find(id));
}

/** The ids of an interface and of those that are written inside it. */
function interfacesIn(element: Element): string[] {
  const id =
    element.isObject() && element.member('@type') && element.types().includes('Interface') ? element.id() : null;
  return [...(id ? [id] : []), ...element.children().flatMap(interfacesIn)];
}
