import { isObject, type JsonObject } from './json.ts';

/**
 * A small value that satisfies a JSON schema of the kind strict structured output allows: object, array, string,
 * number, integer, boolean, null, enum, const, anyOf/oneOf/allOf and local `$ref`. Deterministic. Recursion ends by
 * leaving optional members out, by empty arrays and by preferring the non-recursive branch of a union.
 */
export function valueForSchema(schema: unknown): unknown {
  return valueOf(schema, schema, 0);
}

const maximalDepth = 12;

function valueOf(schema: unknown, root: unknown, depth: number): unknown {
  if (!isObject(schema)) return null;
  if (typeof schema['$ref'] === 'string') {
    return depth > maximalDepth ? null : valueOf(resolve(schema['$ref'], root), root, depth + 1);
  }
  if ('const' in schema) return schema['const'];
  if (Array.isArray(schema['enum'])) return schema['enum'][0] ?? null;
  const branches = schema['anyOf'] ?? schema['oneOf'];
  if (Array.isArray(branches)) return valueOf(simplest(branches, depth), root, depth + 1);
  if (Array.isArray(schema['allOf'])) return valueOf(merged(schema, root), root, depth + 1);
  return valueOfType(schema, root, depth);
}

function valueOfType(schema: JsonObject, root: unknown, depth: number): unknown {
  const declared = schema['type'];
  const type = Array.isArray(declared) ? (declared.find((name) => name !== 'null') ?? 'null') : declared;
  switch (type ?? (isObject(schema['properties']) ? 'object' : 'string')) {
    case 'object':
      return objectValue(schema, root, depth);
    case 'array':
      return arrayValue(schema, root, depth);
    case 'integer':
    case 'number':
      return numberValue(schema);
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return stringValue(schema);
  }
}

/** Shallow down, all members; deep down, only the required ones. */
function objectValue(schema: JsonObject, root: unknown, depth: number): JsonObject {
  const properties = isObject(schema['properties']) ? schema['properties'] : {};
  const required = Array.isArray(schema['required']) ? schema['required'] : [];
  const names = Object.keys(properties).filter((name) => depth < 4 || required.includes(name));
  return Object.fromEntries(names.map((name) => [name, valueOf(properties[name], root, depth + 1)]));
}

function arrayValue(schema: JsonObject, root: unknown, depth: number): unknown[] {
  const minimum = typeof schema['minItems'] === 'number' ? schema['minItems'] : 0;
  const length = Math.max(minimum, depth < 4 ? 1 : 0);
  return Array.from({ length }, () => valueOf(schema['items'] ?? {}, root, depth + 1));
}

function numberValue(schema: JsonObject): number {
  const step = typeof schema['multipleOf'] === 'number' ? schema['multipleOf'] : 1;
  if (typeof schema['minimum'] === 'number') return Math.ceil(schema['minimum'] / step) * step;
  if (typeof schema['exclusiveMinimum'] === 'number') return (Math.floor(schema['exclusiveMinimum'] / step) + 1) * step;
  if (typeof schema['maximum'] === 'number') return Math.min(step, Math.floor(schema['maximum'] / step) * step);
  return step;
}

const formatted: Readonly<Record<string, string>> = {
  'date-time': '2026-01-01T00:00:00Z',
  date: '2026-01-01',
  time: '00:00:00Z',
  duration: 'P1D',
  email: 'someone@example.com',
  hostname: 'example.com',
  ipv4: '127.0.0.1',
  ipv6: '::1',
  uri: 'https://example.com/',
  uuid: '00000000-0000-4000-8000-000000000000',
};

function stringValue(schema: JsonObject): string {
  const text = formatted[String(schema['format'])] ?? 'text';
  const minimum = typeof schema['minLength'] === 'number' ? schema['minLength'] : 0;
  const maximum = typeof schema['maxLength'] === 'number' ? schema['maxLength'] : Number.POSITIVE_INFINITY;
  return text.padEnd(minimum, 'x').slice(0, maximum);
}

/** The first branch that is not null near the top; deep down null or a branch without a reference, if there is one. */
function simplest(branches: readonly unknown[], depth: number): unknown {
  const isNull = (branch: unknown) => isObject(branch) && branch['type'] === 'null';
  if (depth < 4) return branches.find((branch) => !isNull(branch)) ?? branches[0];
  return branches.find(isNull) ?? branches.find((branch) => isObject(branch) && !('$ref' in branch)) ?? branches[0];
}

/** `allOf` as one schema: members and requirements joined, later keywords win. */
function merged(schema: JsonObject, root: unknown): JsonObject {
  const { allOf, ...own } = schema;
  const parts = [own, ...(allOf as unknown[])]
    .map((part) => (isObject(part) && typeof part['$ref'] === 'string' ? resolve(part['$ref'], root) : part))
    .filter(isObject);
  const properties = Object.assign({}, ...parts.map((part) => part['properties']));
  const required = parts.flatMap((part) => (Array.isArray(part['required']) ? part['required'] : []));
  return { ...Object.assign({}, ...parts), properties, required };
}

/** The schema a local reference (`#`, `#/$defs/x`) points to. */
function resolve(reference: string, root: unknown): unknown {
  const steps = reference.replace(/^#\/?/, '').split('/').filter(Boolean);
  return steps.reduce<unknown>((place, step) => {
    const name = decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~');
    return isObject(place) ? place[name] : undefined;
  }, root);
}
