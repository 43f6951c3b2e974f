import { createHash } from 'node:crypto';
import type { Db } from '../../db/client.ts';
import { createCatalogueRepository } from '../../db/repositories/catalogues.ts';
import type { Clock } from '../core/clock.ts';
import { type CatalogueModel, parseCatalogue, withCatalogue } from './catalogue-body.ts';
import type { ModelFacts } from './table.ts';

/** What other processes store is seen after this time at the latest. */
const staleAfterMs = 1_000;

/** What a fetch brought: the catalogue's id, or why it was not taken (what was known before stays in force). */
export type StoredCatalogue = { id: string } | { problem: string };

/** The model catalogues that accounts reported. Accounts refer to one by id; those of one plan share it. */
export interface Catalogues {
  /**
   * Takes in the body of a successful fetch. A body that is not a catalogue, or one without models, changes nothing:
   * an account keeps the last good catalogue it has.
   */
  store(body: string, etag: string | null): StoredCatalogue;
  /** For a conditional fetch; null when the catalogue is unknown or has none. */
  etag(catalogueId: string | null): string | null;
  /** The models of one catalogue; empty when it is unknown. */
  models(catalogueId: string | null): readonly CatalogueModel[];
  /** Whether an account with that catalogue has the model; undefined when its catalogue is not known. */
  serves(catalogueId: string | null, slug: string): boolean | undefined;
  /** The catalogues that have the model. Empty also when no catalogue knows it: then only a try can tell. */
  idsServing(slug: string): ReadonlySet<string>;
  /** Every model that any catalogue has, once: the freshest catalogue's entry counts, visible if any says so. */
  union(): readonly CatalogueModel[];
  /** Table facts brought up to date by the freshest catalogue that has the model; `base` itself when none has. */
  facts(slug: string, base: ModelFacts | undefined): ModelFacts | undefined;
  /** Forgets catalogues no account refers to, unless given within the last hour. Returns how many. */
  removeUnused(): number;
}

interface Snapshot {
  /** Freshest first. */
  order: readonly string[];
  models: ReadonlyMap<string, readonly CatalogueModel[]>;
  bySlug: ReadonlyMap<string, { model: CatalogueModel; ids: ReadonlySet<string> }>;
}

/** Catalogues are kept parsed in memory; an id is the hash of its body, so a parsed one never goes out of date. */
export function createCatalogues({ db, clock }: { db: Db; clock: Clock }): Catalogues {
  const repository = createCatalogueRepository(db);
  let snapshot: Snapshot = { order: [], models: new Map(), bySlug: new Map() };
  let readAt: number | undefined;

  function current(): Snapshot {
    const now = clock.now();
    // The distance, not the order: a clock that was set back must not stop the reading.
    if (readAt !== undefined && Math.abs(now - readAt) < staleAfterMs) return snapshot;
    readAt = now;
    const order = repository.index().map(({ id }) => id);
    if (order.join() !== snapshot.order.join()) snapshot = read(order);
    return snapshot;
  }

  function read(order: readonly string[]): Snapshot {
    const models = new Map<string, readonly CatalogueModel[]>();
    const bySlug = new Map<string, { model: CatalogueModel; ids: Set<string> }>();
    for (const id of order) {
      const list = snapshot.models.get(id) ?? parseCatalogue(repository.get(id)?.body ?? '');
      if (!list) continue;
      models.set(id, list);
      for (const model of list) {
        const known = bySlug.get(model.slug);
        if (!known) bySlug.set(model.slug, { model, ids: new Set([id]) });
        else {
          known.ids.add(id);
          if (model.visible && !known.model.visible) known.model = { ...known.model, visible: true };
        }
      }
    }
    return { order, models, bySlug };
  }

  const none: ReadonlySet<string> = new Set();
  return {
    store(body, etag) {
      if (!parseCatalogue(body)) return { problem: 'The answer is not a list of models.' };
      const id = createHash('sha256').update(body).digest('hex');
      repository.put({ id, body, etag, fetchedAt: clock.now() });
      readAt = undefined;
      return { id };
    },
    etag: (catalogueId) => (catalogueId === null ? null : (repository.get(catalogueId)?.etag ?? null)),
    models: (catalogueId) => (catalogueId === null ? [] : (current().models.get(catalogueId) ?? [])),
    serves(catalogueId, slug) {
      const { models, bySlug } = current();
      if (catalogueId === null || !models.has(catalogueId)) return undefined;
      return bySlug.get(slug)?.ids.has(catalogueId) ?? false;
    },
    idsServing: (slug) => current().bySlug.get(slug)?.ids ?? none,
    union: () => [...current().bySlug.values()].map(({ model }) => model),
    facts(slug, base) {
      const known = current().bySlug.get(slug);
      return known ? withCatalogue(base, known.model) : base;
    },
    removeUnused() {
      const removed = repository.removeUnused(clock.now() - 3_600_000);
      if (removed > 0) readAt = undefined;
      return removed;
    },
  };
}
