import { type Contents, type Field, localized, type Model, type Property, type Schema } from '../../dtdl/model.ts';

/** A model as lines for a person: what it has, with schemas, units and names. */
export function describeModel(model: Model): string[] {
  const { id, version, components } = model;
  return [
    beside(id, localized(model.displayName)),
    beside(`DTDL ${version}`, localized(model.description)),
    ...describeContents(model),
    ...components.flatMap((component) => {
      const { name, interface: followed, displayName } = component;
      const title = beside(`Component ${name}, a ${followed}`, localized(displayName));
      return ['', title, ...describeContents(component).map((line) => (line === '' ? '' : `  ${line}`))];
    }),
  ];
}

function describeContents({ telemetry, properties, commands }: Contents): string[] {
  const field = (one: Field): Row => [one.name, typeOf(one), localized(one.displayName)];
  const property = (one: Property): Row => {
    const initial = one.initial === undefined ? '' : `, initially ${JSON.stringify(one.initial)}`;
    return [one.name, `${typeOf(one)}${initial}`, localized(one.displayName)];
  };
  const payload = (one: Field | undefined) => (one ? typeOf(one) : 'nothing');
  return [
    ...section('Telemetry', telemetry.map(field)),
    ...section('Properties', properties.filter(({ writable }) => !writable).map(property)),
    ...section('Writable properties', properties.filter(({ writable }) => writable).map(property)),
    ...section(
      'Commands',
      commands.map(({ name, request, response, displayName }): Row => {
        return [name, `${payload(request)} → ${payload(response)}`, localized(displayName)];
      }),
    ),
  ];
}

type Row = [name: string, type: string, displayName: string];

/** Longer columns would push the names for people out of sight. */
const WIDEST = 60;

function section(title: string, rows: readonly Row[]): string[] {
  if (rows.length === 0) return [];
  const width = (column: 0 | 1) => Math.min(WIDEST, Math.max(...rows.map((row) => row[column].length)));
  const [names, types] = [width(0), width(1)];
  return [
    '',
    title,
    ...rows.map(([name, type, text]) => `  ${name.padEnd(names)}  ${type.padEnd(types)}  ${text}`.trimEnd()),
  ];
}

function typeOf({ schema, unit }: Field): string {
  return unit === undefined ? schemaText(schema) : `${schemaText(schema)} ${unit}`;
}

/** A schema in a line: `On=1 | Off=2`, `{ status: string, delay: integer }`, `double[]`, `{ [room]: double }`. */
function schemaText(schema: Schema): string {
  switch (schema.kind) {
    case 'enum':
      return schema.values.map(({ name, value }) => (name === value ? name : `${name}=${value}`)).join(' | ');
    case 'object':
      return schema.standard ?? `{ ${schema.fields.map((one) => `${one.name}: ${typeOf(one)}`).join(', ')} }`;
    case 'array': {
      const element = schemaText(schema.element);
      return schema.element.kind === 'enum' ? `(${element})[]` : `${element}[]`;
    }
    case 'map':
      return `{ [${schema.keyName}]: ${typeOf(schema.value)} }`;
    default:
      return schema.kind;
  }
}

function beside(first: string, second: string): string {
  return second === '' ? first : `${first}  ${second}`;
}
