import { isRecord } from './json-values.ts';

type Schema = Readonly<Record<string, unknown>>;

/** Keys of clients and of JSON Schema itself that the upstream refuses in a schema. */
const dropped = new Set(['$schema', 'cache_control', 'defer_loading']);
/** Keywords that hold schemas by name: the keys inside are names and not keywords. */
const byName = new Set(['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas']);
/** Keywords that hold plain values, in which nothing is a keyword. */
const values = new Set(['enum', 'const', 'default', 'examples', 'example', 'required']);

/** `schema` without the keys the upstream refuses, at every depth; properties that happen to have such a name stay. */
export function cleanSchema(schema: Schema): Record<string, unknown> {
  return mapSchema(schema, (node) => node);
}

/**
 * The parameters of a function as the upstream takes them: an object schema with properties, cleaned. With `strict`
 * every object that says nothing about additional properties forbids them, as strict mode demands; `required` is
 * left alone, because whether an argument is optional is the client's to say.
 */
export function parametersSchema(schema: Schema | null | undefined, strict: boolean): Record<string, unknown> {
  const complete = { type: 'object', properties: {}, ...schema };
  return strict ? mapSchema(complete, closeObject) : cleanSchema(complete);
}

function closeObject(node: Record<string, unknown>): Record<string, unknown> {
  const { type } = node;
  const isObject = type === 'object' || (Array.isArray(type) && type.includes('object')) || 'properties' in node;
  return isObject && !('additionalProperties' in node) ? { ...node, additionalProperties: false } : node;
}

function mapSchema(
  schema: Schema,
  change: (node: Record<string, unknown>) => Record<string, unknown>,
): Record<string, unknown> {
  const mapValue = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(mapValue);
    return isRecord(value) ? mapSchema(value, change) : value;
  };
  const entries = Object.entries(schema)
    .filter(([key]) => !dropped.has(key))
    .map(([key, value]): [string, unknown] => {
      if (values.has(key)) return [key, value];
      if (byName.has(key) && isRecord(value)) {
        return [key, Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, mapValue(inner)]))];
      }
      return [key, mapValue(value)];
    });
  return change(Object.fromEntries(entries));
}
