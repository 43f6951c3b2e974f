import { invisible } from './scan.ts';

const blankOrInvisible = new RegExp(`[\\s${invisible}]`, 'g');

export type JsonObject = Record<string, unknown>;

/** A part of a record that may hold fields: the record itself (`path` null) or an object inside it. */
export interface Container {
  path: string | null;
  fields: JsonObject;
}

export interface FieldReader {
  /** The first value of any of these names that `read` accepts; containers count in order, then names. */
  take<T>(names: readonly string[], read: (value: unknown) => T | null): T | null;
  /** Everything that was not taken, where it stood. A second, different value of a field counts as not taken. */
  rest(): JsonObject;
}

export function createFieldReader(containers: readonly Container[]): FieldReader {
  const taken = containers.map(() => new Set<string>());
  return {
    take<T>(names: readonly string[], read: (value: unknown) => T | null) {
      let first: { value: T } | undefined;
      containers.forEach(({ fields }, index) => {
        for (const name of names) {
          if (!Object.hasOwn(fields, name)) continue;
          const raw = fields[name];
          const value = read(raw);
          if (value !== null) first ??= { value };
          if (isEmpty(raw) || (value !== null && value === first?.value)) taken[index]?.add(name);
        }
      });
      return first?.value ?? null;
    },
    rest() {
      const rest: [string, unknown][] = [];
      containers.forEach(({ path, fields }, index) => {
        const left = Object.entries(fields).filter(([name]) => !taken[index]?.has(name));
        if (path === null) rest.push(...left);
        else if (left.length > 0) rest.push([path, Object.fromEntries(left)]);
      });
      // Not by assignment: a field called __proto__ must stay a field.
      return Object.fromEntries(rest);
    },
  };
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || value === '';
}

export function asObject(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

export function asText(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : null;
}

/** A text as it stands, for what this program wrote itself. */
export function asVerbatim(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** A token or id that can stand in a header: printable ASCII, once what copying left inside it is cut out. */
export function asHeaderText(value: unknown): string | null {
  if (typeof value !== 'string') return null;
  const text = value.replace(blankOrInvisible, '');
  return /^[\x21-\x7e]+$/.test(text) ? text : null;
}

/** A whole number, also as a string. */
export function asInteger(value: unknown): number | null {
  const number = typeof value === 'string' && /^-?\d{1,15}$/.test(value.trim()) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) ? number : null;
}

export function asCount(value: unknown): number | null {
  const number = asInteger(value);
  return number !== null && number >= 0 ? number : null;
}

export function asFlag(value: unknown): boolean | null {
  if (value === true || value === 1 || value === '1' || value === 'true') return true;
  if (value === false || value === 0 || value === '0' || value === 'false') return false;
  return null;
}
