type Schema = {
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  examples?: unknown[];
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  items?: Schema;
  minItems?: number;
  minLength?: number;
  minimum?: number;
};

/**
 * A value that a JSON schema accepts: its example if it has one, else the least of its type. `known` may give the value of a field by
 * its name; other fields that are optional are left out. Undefined without a schema.
 */
export function sampleOf(given: unknown, known: (name: string) => unknown): unknown {
  if (given === undefined) return undefined;
  const schema = given as Schema;
  const { examples, enum: words, anyOf, oneOf, properties, required = [], items } = schema;
  if (properties) {
    const names = Object.keys(properties).filter((name) => required.includes(name) || known(name) !== undefined);
    return Object.fromEntries(names.map((name) => [name, known(name) ?? sampleOf(properties[name], known)]));
  }
  if (examples?.length) return examples[0];
  if (schema.default !== undefined) return schema.default;
  if (schema.const !== undefined) return schema.const;
  if (words) return words[0];
  const [first] = anyOf ?? oneOf ?? [];
  if (first) return sampleOf(first, known);
  switch ([schema.type].flat()[0]) {
    case 'string':
      return 'x'.repeat(schema.minLength ?? 1);
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return false;
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => sampleOf(items, known));
    default:
      return {};
  }
}
