import { AppError } from '../core/errors.ts';
import type { Dialect, ModelFacts } from './table.ts';

/** A model name of a client, understood. */
export interface ResolvedModel {
  /** As the client wrote it. */
  asked: string;
  /** The upstream's name. */
  slug: string;
  /** What the model can do, lowest first; empty is unknown. */
  efforts: readonly string[];
  defaultEffort?: string;
  /** From a suffix of the name; not yet fitted to `efforts`. */
  effort?: string;
  /** From the suffix `-fast`. */
  serviceTier?: 'priority';
  dialect: Dialect;
  contextWindow?: number;
  /** Absent for a model that nobody has told us of. */
  facts?: ModelFacts;
}

const wellFormed = /^[A-Za-z0-9._:/-]{1,128}$/;
const effortNames = 'none|minimal|low|medium|high|xhigh|max|ultra';
const effortInParentheses = new RegExp(`^(.+?)\\s*\\((${effortNames})\\)$`);
const effortSuffix = new RegExp(`^(.+)-(${effortNames})$`);
const fastSuffix = /^(.+)-fast$/;

/**
 * Understands a model name: a known id or alias first, then a known one with suffixes (`-fast` is the priority tier;
 * `-high` or `(high)` and so on is the effort; one of each, in any order). Any other well-formed name goes upstream as
 * it is, so that a new model works before this program knows it. `known` finds a model by id or alias. Throws
 * `model_not_found` for a name no model can have.
 */
export function resolveModel(asked: string, known: (id: string) => ModelFacts | undefined): ResolvedModel {
  const exact = known(asked);
  if (exact) return resolved(asked, exact, {});
  let name = asked.trim();
  const choices: Choices = {};
  for (;;) {
    const effort = choices.effort === undefined ? (effortInParentheses.exec(name) ?? effortSuffix.exec(name)) : null;
    const fast = choices.serviceTier === undefined ? fastSuffix.exec(name) : null;
    if (effort?.[1] && effort[2]) {
      name = effort[1];
      choices.effort = effort[2];
    } else if (fast?.[1]) {
      name = fast[1];
      choices.serviceTier = 'priority';
    } else break;
    const facts = known(name);
    if (facts) return resolved(asked, facts, choices);
  }
  if (wellFormed.test(asked)) return { asked, slug: asked, efforts: [], dialect: 'standard' };
  throw new AppError('model_not_found', `The model ${JSON.stringify(asked.slice(0, 128))} does not exist.`, {
    param: 'model',
  });
}

type Choices = Pick<ResolvedModel, 'effort' | 'serviceTier'>;

function resolved(asked: string, facts: ModelFacts, choices: Choices): ResolvedModel {
  return {
    asked,
    slug: facts.id,
    efforts: facts.efforts,
    ...(facts.defaultEffort === null ? {} : { defaultEffort: facts.defaultEffort }),
    ...choices,
    dialect: facts.dialect,
    ...(facts.contextWindow === null ? {} : { contextWindow: facts.contextWindow }),
    facts,
  };
}
