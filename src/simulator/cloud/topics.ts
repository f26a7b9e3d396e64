/** `name/?$rid=1&k=v` taken apart: everything before the question mark, and the parameters as they stand on the wire. */
export interface Topic {
  path: string;
  parameters: Map<string, string>;
}

export function parseTopic(topic: string): Topic {
  const mark = topic.indexOf('?');
  if (mark < 0) return { path: topic, parameters: new Map() };
  const parameters = topic
    .slice(mark + 1)
    .split('&')
    .map((pair): [string, string] => {
      const equals = pair.indexOf('=');
      return equals < 0 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    });
  return { path: topic.slice(0, mark), parameters: new Map(parameters) };
}

/** `text` with its percent escapes resolved, or undefined when they are malformed. */
export function percentDecode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
