import { expect, test } from 'bun:test';
import { z } from 'zod';
import { valueForSchema } from '../../../server/simulator/schema-value.ts';

const tree = z.object({
  value: z.number(),
  get children() {
    return z.array(tree);
  },
  get parent() {
    return tree.nullable();
  },
});

test.each<[name: string, schema: z.ZodType]>([
  ['members of every type', z.object({ a: z.string(), b: z.number(), c: z.int(), d: z.boolean(), e: z.null() })],
  ['enum and const', z.object({ kind: z.literal('x'), color: z.enum(['red', 'blue']) })],
  [
    'bounds',
    z.object({
      a: z.number().min(5),
      b: z.int().gt(5),
      c: z.number().max(-3),
      d: z.string().min(9),
      e: z.string().max(2),
      f: z.int().multipleOf(7),
    }),
  ],
  ['formats', z.object({ a: z.iso.datetime(), b: z.email(), c: z.uuid(), d: z.url(), e: z.iso.date() })],
  [
    'unions',
    z.object({
      a: z.union([z.string(), z.number()]),
      b: z.string().nullable(),
      c: z.discriminatedUnion('t', [z.object({ t: z.literal(1) }), z.object({ t: z.literal(2) })]),
    }),
  ],
  ['intersections', z.intersection(z.object({ a: z.string() }), z.object({ b: z.number() }))],
  ['arrays', z.object({ a: z.array(z.object({ b: z.string() })), c: z.array(z.number()).min(3) })],
  ['recursion through a reference', tree],
])('%s: the value satisfies its schema', (_name, schema) => {
  const value = valueForSchema(z.toJSONSchema(schema));
  expect(schema.safeParse(value)).toEqual({ success: true, data: value });
});

test('a definition is followed', () => {
  const schema = {
    $defs: { name: { type: 'string', const: 'Ada' } },
    type: 'object',
    properties: { who: { $ref: '#/$defs/name' } },
  };
  expect(valueForSchema(schema)).toEqual({ who: 'Ada' });
});
