import { afterEach, beforeEach, describe, expect, test } from 'bun:test';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Db, openDatabase } from '../../../db/client.ts';
import { migrate } from '../../../db/migrate.ts';
import type { ResponsesItem } from '../../../server/contract/responses-body.ts';
import { type ConversationStore, createConversationStore } from '../../../server/conversations/store.ts';
import { AppError } from '../../../server/core/errors.ts';
import { createSecretBox } from '../../../server/core/secret-box.ts';

const hour = 3_600_000;
const box = createSecretBox(new Uint8Array(32).fill(7));
let directory: string;
let db: Db;
let now: number;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gpt2api-conversations-'));
  db = openDatabase(join(directory, 'app.db'));
  migrate(db);
  now = 1_000 * hour;
});
afterEach(async () => {
  db.close();
  await rm(directory, { recursive: true });
});

function open(options: { ttlMs?: number; maxBytes?: number } = {}): ConversationStore {
  return createConversationStore({ db, box, clock: { now: () => now }, ttlMs: 10 * hour, maxBytes: 1e6, ...options });
}

const user = (text: string): ResponsesItem => ({ type: 'message', role: 'user', content: text });
const call = (n: number): ResponsesItem => ({
  type: 'function_call',
  id: `fc_${n}`,
  call_id: `call_${n}`,
  name: 'f',
  arguments: '{}',
});
const outputOf = (n: number): ResponsesItem => ({ type: 'function_call_output', call_id: `call_${n}`, output: 'ok' });

function answer(
  n: number,
  fields: { previousId?: string; input?: ResponsesItem[]; output?: ResponsesItem[]; tokenId?: string } = {},
) {
  const { previousId = null, input = [user(`question ${n}`)], output = [call(n)], tokenId = 'acc_1' } = fields;
  return {
    id: `resp_${n}`,
    previousId,
    tokenId,
    input,
    output,
    response: { id: `resp_${n}`, status: 'completed', output },
  };
}

/** What AppError `run` throws, as `[status, code, param]`, with whether the message names `id`. */
function problemOf(run: () => unknown, id: string): unknown {
  try {
    run();
  } catch (error) {
    if (error instanceof AppError)
      return [error.status, error.code, error.details.param, error.message.includes(`'${id}'`)];
    throw error;
  }
  return undefined;
}
const notFound = [400, 'previous_response_not_found', 'previous_response_id', true];

test('an answer comes back as it was kept', () => {
  const store = open();
  store.save('key_1', answer(1));
  const { response, ...rest } = answer(1);
  expect(store.get('key_1', 'resp_1')).toEqual({ ...rest, response: { id: 'resp_1', status: 'completed' } });
  expect(response.output).toEqual(rest.output);
});

test('a history is the input and output of the whole chain in order, with the account of the last answer', () => {
  const store = open();
  store.save('key_1', answer(1));
  store.save('key_1', answer(2, { previousId: 'resp_1', input: [outputOf(1)], tokenId: 'acc_2' }));
  store.save('key_1', answer(3, { previousId: 'resp_2', input: [outputOf(2)], output: [] }));
  const items = [user('question 1'), call(1), outputOf(1), call(2)];
  expect(store.history('key_1', 'resp_2')).toEqual({ items, tokenId: 'acc_2' });
  expect(store.history('key_1', 'resp_3')).toEqual({ items: [...items, outputOf(2)], tokenId: 'acc_1' });
});

test('a call that a client sent again in a later turn is in the history once', () => {
  const store = open();
  store.save('key_1', answer(1));
  store.save('key_1', answer(2, { previousId: 'resp_1', input: [call(1), outputOf(1)] }));
  expect(store.history('key_1', 'resp_2').items).toEqual([user('question 1'), call(1), outputOf(1), call(2)]);
});

describe('an answer that is not there is a 400 that names it', () => {
  test('an unknown id', () => {
    expect(problemOf(() => open().history('key_1', 'resp_9'), 'resp_9')).toEqual(notFound);
  });
  test("another key's id", () => {
    const store = open();
    store.save('key_1', answer(1));
    expect(problemOf(() => store.history('key_2', 'resp_1'), 'resp_1')).toEqual(notFound);
    expect([store.get('key_2', 'resp_1'), store.remove('key_2', 'resp_1')]).toEqual([undefined, false]);
  });
  test('an expired one', () => {
    const store = open();
    store.save('key_1', answer(1));
    now += 10 * hour;
    expect(problemOf(() => store.history('key_1', 'resp_1'), 'resp_1')).toEqual(notFound);
    expect(store.get('key_1', 'resp_1')).toBeUndefined();
  });
  test('one whose conversation has lost an earlier answer', () => {
    const store = open();
    store.save('key_1', answer(1));
    store.save('key_1', answer(2, { previousId: 'resp_1' }));
    store.remove('key_1', 'resp_1');
    expect(problemOf(() => store.history('key_1', 'resp_2'), 'resp_2')).toEqual(notFound);
  });
});

test('continuing a conversation keeps its earlier answers as long as the newest', () => {
  const store = open();
  store.save('key_1', answer(1));
  for (let turn = 2; turn <= 6; turn += 1) {
    now += 9 * hour;
    store.save('key_1', answer(turn, { previousId: `resp_${turn - 1}`, input: [outputOf(turn - 1)] }));
  }
  now += 10 * hour - 1;
  store.save('key_1', answer(100)); // clears out what is over
  expect(store.history('key_1', 'resp_6').items).toHaveLength(12);
});

test('expired answers leave the disk with their item ids', () => {
  const store = open();
  store.save('key_1', answer(1));
  now += 12 * hour;
  store.save('key_1', answer(2));
  const rows = ['select id from stored_responses', 'select item_id from stored_items'].map((sql) =>
    db.sqlite.query(sql).values(),
  );
  expect(rows).toEqual([[['resp_2']], [['fc_2']]]);
});

test('above the size limit the oldest go first', () => {
  const store = open({ maxBytes: 3_500 });
  const big = (n: number) => answer(n, { output: [{ ...call(n), arguments: 'x'.repeat(800) }] });
  for (const n of [1, 2, 3, 4]) {
    now += 1;
    store.save('key_1', big(n));
  }
  expect([1, 2, 3, 4].filter((n) => store.get('key_1', `resp_${n}`))).toEqual([2, 3, 4]);
});

test('an answer larger than all the space is not kept, and drives out nothing', () => {
  const store = open({ maxBytes: 3_000 });
  store.save('key_1', answer(1));
  store.save('key_1', answer(2, { output: [{ ...call(2), arguments: 'x'.repeat(4_000) }] }));
  expect([1, 2].filter((n) => store.get('key_1', `resp_${n}`))).toEqual([1]);
});

describe('references', () => {
  const reference = (id: string): ResponsesItem => ({ type: 'item_reference', id });

  test('are replaced by the items they name, in place', () => {
    const store = open();
    const reasoning = { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: 'gAAAAA' };
    const question = { ...user('first'), id: 'msg_1' };
    store.save('key_1', answer(1, { input: [question], output: [reasoning, call(1)] }));
    const items = [reference('msg_1'), reference('rs_1'), reference('fc_1'), outputOf(1), user('next')];
    expect(store.resolveReferences('key_1', items)).toEqual([question, reasoning, call(1), outputOf(1), user('next')]);
  });
  test.each([
    ['an unknown item', 'key_1', 'fc_9'],
    ["another key's item", 'key_2', 'fc_1'],
  ])('%s is a 400 that names it', (_, key, id) => {
    const store = open();
    store.save('key_1', answer(1));
    expect(problemOf(() => store.resolveReferences(key, [user('a'), reference(id)]), id)).toEqual([
      400,
      'item_not_found',
      'input[1].id',
      true,
    ]);
  });
  test('an expired item is unknown', () => {
    const store = open();
    store.save('key_1', answer(1));
    now += 10 * hour;
    expect(problemOf(() => store.resolveReferences('key_1', [reference('fc_1')]), 'fc_1')).toEqual([
      400,
      'item_not_found',
      'input[0].id',
      true,
    ]);
  });
});

test('with a time of 0 nothing is kept, and continuing is a 400 that says so', () => {
  open().save('key_1', answer(1));
  const store = open({ ttlMs: 0 });
  store.save('key_1', answer(2));
  expect(db.sqlite.query('select id from stored_responses').values()).toEqual([['resp_1']]);
  expect(store.get('key_1', 'resp_1')).toBeUndefined();
  expect(problemOf(() => store.history('key_1', 'resp_1'), 'resp_1')).toEqual(notFound);
  expect(() => store.history('key_1', 'resp_1')).toThrow('switched off');
  expect(() => store.resolveReferences('key_1', [{ type: 'item_reference', id: 'fc_1' }])).toThrow('switched off');
});

test('a removed answer is gone, once', () => {
  const store = open();
  store.save('key_1', answer(1));
  expect([store.remove('key_1', 'resp_1'), store.remove('key_1', 'resp_1'), store.get('key_1', 'resp_1')]).toEqual([
    true,
    false,
    undefined,
  ]);
});

test('X11: what was said is not readable in the database files', async () => {
  open().save('key_1', answer(1, { input: [user('a canary sings')] }));
  const files = await Promise.all(['app.db', 'app.db-wal'].map((name) => readFile(join(directory, name), 'latin1')));
  expect(files[1]).toContain('resp_1');
  expect(files.some((text) => text.includes('canary'))).toBe(false);
});
