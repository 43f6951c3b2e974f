import { z } from 'zod';

const tokensCount = z.int().positive();
const microDollars = z.int().nonnegative();
const name = z.string().regex(/^[A-Za-z0-9._:/-]{1,128}$/, 'must be a model name');

const priceSchema = z.strictObject({
  /** Micro-dollars per million tokens, here and below. */
  input: microDollars,
  /** For input read from the cache; null is the price of other input. */
  cached: microDollars.nullable(),
  /** For input written to the cache; null is the price of other input. */
  cacheWrite: microDollars.nullable(),
  output: microDollars,
  /** What the tier `priority` costs more. */
  priorityFactor: z.number().positive().default(2),
  /** What a prompt above so many tokens costs more, as a whole. */
  longContext: z
    .strictObject({ aboveTokens: tokensCount, inputFactor: z.number().positive(), outputFactor: z.number().positive() })
    .optional(),
});

const modelSchema = z
  .object({
    id: name,
    /** Epoch seconds, as in OpenAI's list; null is unknown. */
    created: z.int().nonnegative().nullable().default(null),
    owned_by: z.string().min(1).default('openai'),
    displayName: z.string().min(1).optional(),
    contextWindow: tokensCount.nullable().default(null),
    maxContextWindow: tokensCount.nullable().default(null),
    /** From lowest to highest; empty is unknown. */
    efforts: z.array(z.string().min(1)).default([]),
    defaultEffort: z.string().min(1).nullable().default(null),
    /** How a translated request is written for this model. */
    dialect: z.enum(['standard', 'lite']).default('standard'),
    /** Whether the public list shows it; it can be used all the same. */
    visible: z.boolean().default(true),
    /** What the public API charges; null where no price was published. */
    price: priceSchema.nullable().default(null),
    aliases: z.array(name).default([]),
  })
  .transform(({ owned_by, ...model }) => ({ ...model, ownedBy: owned_by, displayName: model.displayName ?? model.id }));

export type Price = z.output<typeof priceSchema>;
/** What is known of a model. */
export type ModelFacts = z.output<typeof modelSchema>;
export type Dialect = ModelFacts['dialect'];

export interface ModelTable {
  /** In the order of the file, which is the order of the public list. */
  readonly list: readonly ModelFacts[];
  /** By id or alias. */
  find(id: string): ModelFacts | undefined;
}

/**
 * Reads a model table: `{"models":[…]}` as in our own `models.json`, or the predecessor's plain array of
 * `{id, object, created, owned_by}`. Everything but `id` may be left out. Throws an Error that names the file (as
 * `sourceName`) and the first bad entry.
 */
export function loadModelTable(text: string, sourceName: string): ModelTable {
  const list = entriesOf(text, sourceName).map((entry, index) => {
    const result = modelSchema.safeParse(entry);
    if (result.success) return result.data;
    const issue = result.error.issues[0];
    const field = issue?.path.join('.');
    throw new Error(
      `${sourceName}: ${describe(entry, index)} is not valid: ${field ? `${field}: ` : ''}${issue?.message ?? 'unknown problem'}`,
    );
  });
  const byName = new Map<string, ModelFacts>();
  for (const [index, model] of list.entries()) {
    for (const own of [model.id, ...model.aliases]) {
      if (byName.has(own))
        throw new Error(
          `${sourceName}: ${describe(model, index)} uses the name '${own}', which another model has already.`,
        );
      byName.set(own, model);
    }
  }
  return { list, find: (id) => byName.get(id) };
}

function entriesOf(text: string, sourceName: string): unknown[] {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    throw new Error(`${sourceName} is not JSON: ${(error as Error).message}`, { cause: error });
  }
  const entries = Array.isArray(json) ? json : (json as { models?: unknown } | null)?.models;
  if (!Array.isArray(entries))
    throw new Error(`${sourceName} must be a list of models or an object with such a list as "models".`);
  return entries;
}

function describe(entry: unknown, index: number): string {
  const id = (entry as { id?: unknown } | null)?.id;
  return typeof id === 'string' ? `model ${index + 1} ('${id}')` : `model ${index + 1}`;
}
