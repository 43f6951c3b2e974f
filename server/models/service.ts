import { AppError } from '../core/errors.ts';
import type { Catalogues } from './catalogue.ts';
import { type AllowedModels, codexModelList, modelList, type PublicModel, publicModels } from './public-list.ts';
import { type ResolvedModel, resolveModel } from './resolve.ts';
import type { ModelFacts, ModelTable } from './table.ts';

/** The model table and what the accounts' catalogues add to it. */
export interface ModelService {
  /** Understands a client's model name; throws AppError `model_not_found` for a name no model can have. */
  resolve(asked: string): ResolvedModel;
  /**
   * Whether an account with this catalogue may be asked for a model. An account whose catalogue is unknown may; so
   * may any account when no catalogue lists the model: then only the upstream can tell.
   */
  serves(catalogueId: string | null, slug: string): boolean;
  /** The body of `GET /v1/models`. */
  list(allowed: AllowedModels): { object: 'list'; data: readonly PublicModel[] };
  /** One entry of it; throws AppError `model_not_found`. */
  one(id: string, allowed: AllowedModels): PublicModel;
  /** The list in the shape of the Codex backend. */
  codexList(allowed: AllowedModels): { body: string; etag: string };
}

export function createModelService(deps: { table: ModelTable; catalogues: Catalogues }): ModelService {
  const { table, catalogues } = deps;

  function known(id: string): ModelFacts | undefined {
    const base = table.find(id);
    return catalogues.facts(base?.id ?? id, base);
  }
  const visible = (allowed: AllowedModels) => publicModels(table.list, catalogues.union(), allowed);

  return {
    resolve: (asked) => resolveModel(asked, known),
    serves: (catalogueId, slug) =>
      (catalogues.serves(catalogueId, slug) ?? true) || catalogues.idsServing(slug).size === 0,
    list: (allowed) => modelList(visible(allowed)),
    one(id, allowed) {
      const slug = known(id)?.id ?? id;
      const model = visible(allowed).find((candidate) => candidate.id === slug);
      if (!model)
        throw new AppError('model_not_found', `The model '${id.slice(0, 128)}' does not exist.`, { param: 'model' });
      return model;
    },
    codexList: (allowed) => codexModelList(catalogues.union(), allowed),
  };
}
