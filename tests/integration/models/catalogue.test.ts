import { describe, expect, test } from 'bun:test';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../../db/client.ts';
import { migrate } from '../../../db/migrate.ts';
import { createCatalogues } from '../../../server/models/catalogue.ts';
import { loadModelTable } from '../../../server/models/table.ts';

const plus = JSON.stringify({
  models: [
    {
      slug: 'shared',
      context_window: 10,
      default_reasoning_level: 'low',
      supported_reasoning_levels: [{ effort: 'low', description: '' }],
      use_responses_lite: true,
    },
    { slug: 'plus-only' },
  ],
});
const free = JSON.stringify({ models: [{ slug: 'shared', visibility: 'hide' }] });

/** Two connections to one database file, as two processes have them, and one clock driven by hand. */
function setUp() {
  const folder = mkdtempSync(join(tmpdir(), 'catalogues-'));
  const clock = { nowMs: 1_000_000_000, now: () => clock.nowMs };
  const [db, otherDb] = [openDatabase(join(folder, 'app.db')), openDatabase(join(folder, 'app.db'))];
  migrate(db);
  return {
    db,
    clock,
    catalogues: createCatalogues({ db, clock }),
    others: createCatalogues({ db: otherDb, clock }),
    [Symbol.dispose]() {
      db.close();
      otherDb.close();
      rmSync(folder, { recursive: true });
    },
  };
}
function idOf(stored: { id: string } | { problem: string }): string {
  if ('problem' in stored) throw new Error(stored.problem);
  return stored.id;
}

describe('S11: catalogues', () => {
  test('say which account may serve which model', () => {
    using setup = setUp();
    const { catalogues } = setup;
    const [plusId, freeId] = [idOf(catalogues.store(plus, 'W/"1"')), idOf(catalogues.store(free, null))];
    expect({
      plus: catalogues.serves(plusId, 'plus-only'),
      free: catalogues.serves(freeId, 'plus-only'),
      unknownAccount: catalogues.serves(null, 'shared'),
      unknownId: catalogues.serves('0'.repeat(64), 'shared'),
      shared: [...catalogues.idsServing('shared')].toSorted(),
      plusOnly: [...catalogues.idsServing('plus-only')],
      nobody: [...catalogues.idsServing('unheard-of')],
      slugs: catalogues.models(plusId).map(({ slug }) => slug),
      etags: [catalogues.etag(plusId), catalogues.etag(freeId), catalogues.etag(null)],
    }).toEqual({
      plus: true,
      free: false,
      unknownAccount: undefined,
      unknownId: undefined,
      shared: [plusId, freeId].toSorted(),
      plusOnly: [plusId],
      nobody: [],
      slugs: ['shared', 'plus-only'],
      etags: ['W/"1"', null, null],
    });
  });

  test('are the same catalogue when the body is the same', () => {
    using setup = setUp();
    expect(idOf(setup.catalogues.store(plus, 'a'))).toBe(idOf(setup.others.store(plus, 'b')));
  });

  test.each([['<html>'], ['{}'], ['{"models":[]}'], ['{"models":[{"id":"x"}]}'], ['[]']])(
    'a fetch that brought %s leaves the last good list in force',
    (body) => {
      using setup = setUp();
      const id = idOf(setup.catalogues.store(plus, null));
      expect(setup.catalogues.store(body, null)).toEqual({ problem: 'The answer is not a list of models.' });
      expect(setup.catalogues.models(id).length).toBe(2);
    },
  );

  test('are seen by another process within a second, also when the clock was set back', () => {
    using setup = setUp();
    const { catalogues, others, clock } = setup;
    expect(others.union()).toEqual([]);
    const id = idOf(catalogues.store(plus, null));
    expect(others.serves(id, 'shared')).toBeUndefined();
    clock.nowMs += 1_000;
    expect(others.serves(id, 'shared')).toBe(true);
    clock.nowMs -= 3_600_000;
    const freeId = idOf(catalogues.store(free, null));
    expect(others.serves(freeId, 'shared')).toBe(true);
  });

  test('are one union: the freshest entry of a model, visible if any catalogue shows it', () => {
    using setup = setUp();
    setup.catalogues.store(plus, null);
    setup.clock.nowMs += 5;
    setup.catalogues.store(free, null);
    expect(setup.catalogues.union().map(({ slug, visible, entry }) => [slug, visible, entry['visibility']])).toEqual([
      ['shared', true, 'hide'],
      ['plus-only', true, undefined],
    ]);
  });

  test('bring the table’s facts up to date, dialect and price excepted', () => {
    using setup = setUp();
    setup.catalogues.store(plus, null);
    const price = { input: 1, cached: null, cacheWrite: null, output: 2 };
    const base = loadModelTable(
      JSON.stringify([{ id: 'shared', contextWindow: 3, efforts: ['max'], price }]),
      'test',
    ).find('shared');
    expect(setup.catalogues.facts('shared', base)).toEqual({
      id: 'shared',
      created: null,
      ownedBy: 'openai',
      displayName: 'shared',
      contextWindow: 10,
      maxContextWindow: null,
      efforts: ['low'],
      defaultEffort: 'low',
      dialect: 'standard',
      visible: true,
      price: { ...price, priorityFactor: 2 },
      aliases: [],
    });
    expect([setup.catalogues.facts('unheard-of', base), setup.catalogues.facts('unheard-of', undefined)]).toEqual([
      base,
      undefined,
    ]);
    expect(setup.catalogues.facts('plus-only', undefined)?.displayName).toBe('plus-only');
  });

  test('are forgotten when no account has referred to them for an hour', () => {
    using setup = setUp();
    const { catalogues, clock, db } = setup;
    const [plusId, freeId] = [idOf(catalogues.store(plus, null)), idOf(catalogues.store(free, null))];
    db.sqlite.run(
      `insert into tokens (id, name, user_id, access_token, state_changed_at, created_at, updated_at, catalogue_id) values ('t', 'n', 'u', x'00', 0, 0, 0, ?)`,
      [freeId],
    );
    expect(catalogues.removeUnused()).toBe(0);
    clock.nowMs += 3_600_001;
    expect(catalogues.removeUnused()).toBe(1);
    expect([catalogues.serves(plusId, 'shared'), catalogues.serves(freeId, 'shared')]).toEqual([undefined, true]);
  });
});
