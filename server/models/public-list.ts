import { createHash } from 'node:crypto';
import { type CatalogueModel, withCatalogue } from './catalogue-body.ts';
import type { ModelFacts } from './table.ts';

/** Model ids a client key may use; null allows all. */
export type AllowedModels = readonly string[] | null;

/** One entry of OpenAI's `/v1/models`, with two facts more where they are known. */
export interface PublicModel {
  id: string;
  object: 'model';
  /** Epoch seconds; 0 where unknown, as clients demand a number. */
  created: number;
  owned_by: string;
  display_name: string;
  context_window?: number;
}

/** Whether a key may use a model; the list may hold the name asked for (an alias, with a suffix) or the upstream's. */
export function allowsModel(allowed: AllowedModels, model: { asked: string; slug: string }): boolean {
  return allowed === null || allowed.includes(model.asked) || allowed.includes(model.slug);
}

/**
 * The models to show: the table's visible ones in its order, then what only the accounts' catalogues list. `allowed`
 * is the list of the asking key; a model it names is shown even if it is hidden otherwise.
 */
export function publicModels(
  table: readonly ModelFacts[],
  catalogued: readonly CatalogueModel[],
  allowed: AllowedModels,
): PublicModel[] {
  const bySlug = new Map(catalogued.map((model) => [model.slug, model]));
  const known = new Set(table.map(({ id }) => id));
  const facts = [
    ...table.map((base) => {
      const model = bySlug.get(base.id);
      return model ? withCatalogue(base, model) : base;
    }),
    ...catalogued.filter(({ slug }) => !known.has(slug)).map((model) => withCatalogue(undefined, model)),
  ];
  return facts.filter((model) => (allowed === null ? model.visible : allowed.includes(model.id))).map(publicModel);
}

function publicModel(model: ModelFacts): PublicModel {
  return {
    id: model.id,
    object: 'model',
    created: model.created ?? 0,
    owned_by: model.ownedBy,
    display_name: model.displayName,
    ...(model.contextWindow === null ? {} : { context_window: model.contextWindow }),
  };
}

/** The body of `GET /v1/models`. */
export function modelList(models: readonly PublicModel[]): { object: 'list'; data: readonly PublicModel[] } {
  return { object: 'list', data: models };
}

/**
 * The body and entity tag of `GET /v1/models?client_version=…`, for Codex clients: entries verbatim, hidden ones
 * included, as such clients read them strictly and hide them themselves. Without any catalogue the list is empty and
 * the client goes by the one it was built with.
 */
export function codexModelList(
  catalogued: readonly CatalogueModel[],
  allowed: AllowedModels,
): { body: string; etag: string } {
  const entries = catalogued.filter(({ slug }) => allowed === null || allowed.includes(slug)).map(({ entry }) => entry);
  const body = JSON.stringify({ models: entries });
  return { body, etag: `"${createHash('sha256').update(body).digest('hex')}"` };
}
