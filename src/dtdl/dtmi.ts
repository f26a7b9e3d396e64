const SEGMENT = '[A-Za-z](?:[A-Za-z0-9_]*[A-Za-z0-9])?';
const LONGEST = 2048;
/** DTDL 3 also knows ids with a minor version, and without any. */
const DTMI = new RegExp(`^dtmi:${SEGMENT}(?::${SEGMENT})*(?:;[1-9]\\d{0,8}(?:\\.(?:0|[1-9]\\d{0,5}))?)?$`);

/** Whether a text is a digital twin model identifier, such as `dtmi:com:example:Thermostat;1`. */
export function isDtmi(text: string): boolean {
  return text.length <= LONGEST && DTMI.test(text);
}

/**
 * Where a repository of models keeps the interface: `dtmi/com/example/thermostat-1.json` (Azure 4).
 * @param id a DTMI; nothing else can be trusted in a path
 */
export function pathOf(id: string): string {
  return `${id.toLowerCase().replaceAll(':', '/').replace(';', '-')}.json`;
}

/** The last segment of a DTMI, `degreeCelsius` of `dtmi:standard:unit:degreeCelsius;2`; any other text as it is. */
export function termOf(text: string): string {
  return isDtmi(text) ? text.replace(/;.*$/, '').replace(/^.*:/, '') : text;
}
