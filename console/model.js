/** Every element of a kind in a model, a component's named `component.name` (a command's `component*name`). */
export function elementsOf(model, kind) {
  if (!model) return [];
  const mark = kind === 'commands' ? '*' : '.';
  const inner = (model.components ?? []).flatMap((component) =>
    component[kind].map((element) => ({ path: `${component.name}${mark}${element.name}`, element, component })),
  );
  return [...model[kind].map((element) => ({ path: element.name, element, component: null })), ...inner];
}

/** A schema in a few words: `integer`, `enum of 3`, `object {x, y, z}`. */
export function schemaText(schema) {
  switch (schema.kind) {
    case 'enum':
      return `enum of ${schema.values.length}`;
    case 'object':
      return schema.standard ?? `object {${schema.fields.map(({ name }) => name).join(', ')}}`;
    case 'array':
      return `array of ${schemaText(schema.element)}`;
    case 'map':
      return `map of ${schemaText(schema.value.schema)}`;
    default:
      return schema.kind;
  }
}

/** The name of an enum's value, where the model has one. */
export function enumName(schema, value) {
  return schema?.kind === 'enum' ? schema.values.find((one) => one.value === value) : undefined;
}
