import { z } from 'zod';
import type { ModelFacts } from './table.ts';

/** One model of a catalogue: what we read from its entry, and the entry itself for clients that want it verbatim. */
export interface CatalogueModel {
  slug: string;
  /** Undefined where the entry says nothing of use. */
  displayName: string | undefined;
  contextWindow: number | undefined;
  maxContextWindow: number | undefined;
  efforts: readonly string[] | undefined;
  defaultEffort: string | undefined;
  visible: boolean;
  entry: Readonly<Record<string, unknown>>;
}

/** A field that is missing or of another shape is unknown; only a model's name is indispensable. */
const entrySchema = z.looseObject({
  slug: z.string().min(1),
  display_name: z.string().min(1).optional().catch(undefined),
  context_window: z.int().positive().optional().catch(undefined),
  max_context_window: z.int().positive().optional().catch(undefined),
  supported_reasoning_levels: z
    .array(z.looseObject({ effort: z.string().min(1) }))
    .optional()
    .catch(undefined),
  default_reasoning_level: z.string().min(1).optional().catch(undefined),
  visibility: z.string().optional().catch(undefined),
});
const bodySchema = z.looseObject({ models: z.array(entrySchema).min(1) });

/** Reads `{"models":[{slug,…},…]}`; undefined when it is anything else, or when it lists no model at all. */
export function parseCatalogue(body: string): CatalogueModel[] | undefined {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return undefined;
  }
  const parsed = bodySchema.safeParse(json);
  if (!parsed.success) return undefined;
  const entries = (json as { models: Record<string, unknown>[] }).models;
  return parsed.data.models.map((model, index) => ({
    slug: model.slug,
    displayName: model.display_name,
    contextWindow: model.context_window,
    maxContextWindow: model.max_context_window,
    efforts: model.supported_reasoning_levels?.map(({ effort }) => effort),
    defaultEffort: model.default_reasoning_level,
    visible: (model.visibility ?? 'list') === 'list',
    entry: entries[index] ?? {},
  }));
}

/**
 * What is known of a model when a catalogue speaks of it too: the catalogue is fresher about names, sizes and efforts.
 * Dialect and price stay the table's: models marked for the Lite dialect take the standard one as well, and only that
 * one offers everything a translated request may need.
 */
export function withCatalogue(base: ModelFacts | undefined, model: CatalogueModel): ModelFacts {
  return {
    id: model.slug,
    created: base?.created ?? null,
    ownedBy: base?.ownedBy ?? 'openai',
    displayName: model.displayName ?? base?.displayName ?? model.slug,
    contextWindow: model.contextWindow ?? base?.contextWindow ?? null,
    maxContextWindow: model.maxContextWindow ?? base?.maxContextWindow ?? null,
    efforts: model.efforts?.slice() ?? base?.efforts ?? [],
    defaultEffort: model.defaultEffort ?? base?.defaultEffort ?? null,
    dialect: base?.dialect ?? 'standard',
    visible: model.visible || (base?.visible ?? false),
    price: base?.price ?? null,
    aliases: base?.aliases ?? [],
  };
}
