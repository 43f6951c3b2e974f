import { describe, expect, test } from 'bun:test';
import { inputOutline, lastModelCall, modelCalls } from '../../support/model-calls.ts';
import { startGateway, type TestGateway } from '../../support/start-gateway.ts';

type Json = Record<string, unknown>;

const model = 'gpt-5.5';
const hour = 3_600_000;

/** A request to /v1/responses; its answer, whatever the status. */
async function respond(
  gateway: TestGateway,
  body: Json,
  key = gateway.key,
): Promise<{ status: number; body: Json; id: string }> {
  const response = await gateway.post('/v1/responses', { model, ...body }, { key });
  const answer = (await response.json()) as Json;
  return { status: response.status, body: answer, id: String(answer['id']) };
}

/** What a client is told of an id that it cannot use in `param`. */
const refusal = (param: string, id: string) => ({
  status: 400,
  body: { error: { type: 'invalid_request_error', param, message: expect.stringContaining(`'${id}'`) } },
});

/** The texts of all messages of a model call. */
function textsOf(body: Json): string[] {
  const items = body['input'] as { content?: { text: string }[] }[];
  return items.flatMap(({ content = [] }) => content.map(({ text }) => text));
}

describe('what the upstream gets', () => {
  test('a third turn carries both earlier ones in full, in order, once', async () => {
    await using gateway = await startGateway();
    const first = await respond(gateway, { input: 'One' });
    const second = await respond(gateway, { input: 'Two', previous_response_id: first.id });
    // This client sends again what it already said; it must not come twice.
    const repeated = (second.body['output'] as Json[])[0] as Json;
    await respond(gateway, { input: [repeated, { role: 'user', content: 'Three' }], previous_response_id: second.id });
    const greeting = 'Hello from the simulated backend, speaking as gpt-5.5.';
    expect(textsOf(lastModelCall(gateway.simulator))).toEqual(['One', greeting, 'Two', greeting, 'Three']);
    expect(lastModelCall(gateway.simulator)).not.toHaveProperty('previous_response_id');
  });

  test('an answer can be continued as soon as its last event is seen', async () => {
    await using gateway = await startGateway();
    for (let round = 0; round < 5; round += 1) {
      const streamed = await gateway.post('/v1/responses', { model, input: 'One', stream: true });
      const decoder = new TextDecoder();
      let text = '';
      let followUp: Promise<{ status: number }> | undefined;
      for await (const chunk of streamed.body ?? []) {
        text += decoder.decode(chunk, { stream: true });
        if (!text.includes('event: response.completed')) continue;
        const [, id = ''] = /"id":"(resp_\w+)"/.exec(text) ?? [];
        followUp ??= respond(gateway, { input: 'Two', previous_response_id: id });
      }
      expect(await followUp).toMatchObject({ status: 200 });
    }
  });

  test('a call named by its item id alone is put in full before its output', async () => {
    await using gateway = await startGateway();
    const tools = [{ type: 'function', name: 'get_weather', parameters: { type: 'object', properties: {} } }];
    const question = { role: 'user', content: '[[sim:tool get_weather {}]]' };
    const { body } = await respond(gateway, { input: [question], tools });
    const [call] = body['output'] as Json[];
    const reference = { type: 'item_reference', id: call?.['id'] };
    const output = { type: 'function_call_output', call_id: call?.['call_id'], output: 'Rain' };
    expect(await respond(gateway, { input: [question, reference, output], tools })).toMatchObject({ status: 200 });
    expect(inputOutline(lastModelCall(gateway.simulator))).toEqual(['user', 'function_call', 'function_call_output']);
  });

  test('even with affinity off a continued answer goes to the account that gave the first, which can read its reasoning', async () => {
    await using gateway = await startGateway({ accounts: 4, env: { AFFINITY: 'false' } });
    const first = await respond(gateway, { input: '[[sim:reasoning]] One' });
    const second = await respond(gateway, { input: 'Two', previous_response_id: first.id });
    await respond(gateway, { input: 'Three', previous_response_id: second.id });
    const calls = gateway.simulator.requests.filter(({ endpoint }) => endpoint === 'responses');
    expect(calls).toHaveLength(3);
    expect(new Set(calls.map(({ account }) => account)).size).toBe(1);
    expect(inputOutline(lastModelCall(gateway.simulator))).toContain('reasoning');
  });
});

describe('ids that lead nowhere', () => {
  test('an unknown id is a 400 that names it, and costs no upstream call', async () => {
    await using gateway = await startGateway();
    expect(await respond(gateway, { input: 'Hi', previous_response_id: 'resp_unknown' })).toMatchObject(
      refusal('previous_response_id', 'resp_unknown'),
    );
    expect(await respond(gateway, { input: [{ type: 'item_reference', id: 'msg_unknown' }] })).toMatchObject(
      refusal('input[0].id', 'msg_unknown'),
    );
    expect(modelCalls(gateway.simulator)).toEqual([]);
  });

  test('an expired id is a 400 that names it; a conversation that goes on stays alive', async () => {
    let now = Date.now();
    await using gateway = await startGateway({ clock: { now: () => now }, env: { RESPONSES_TTL: '2h' } });
    const forgotten = await respond(gateway, { input: 'Once' });
    const first = await respond(gateway, { input: 'One' });
    now += 1.5 * hour;
    const second = await respond(gateway, { input: 'Two', previous_response_id: first.id });
    now += 1.5 * hour;
    expect(await respond(gateway, { input: 'Again', previous_response_id: forgotten.id })).toMatchObject(
      refusal('previous_response_id', forgotten.id),
    );
    expect((await gateway.get(`/v1/responses/${forgotten.id}`)).status).toBe(404);
    expect(await respond(gateway, { input: 'Three', previous_response_id: second.id })).toMatchObject({ status: 200 });
    expect(textsOf(lastModelCall(gateway.simulator))[0]).toBe('One');
  });

  test('after a link was deleted, what followed it is a 400 that names the missing one', async () => {
    await using gateway = await startGateway();
    const first = await respond(gateway, { input: 'One' });
    const second = await respond(gateway, { input: 'Two', previous_response_id: first.id });
    const deleted = await fetch(`${gateway.baseUrl}/responses/${first.id}`, {
      method: 'DELETE',
      headers: { 'x-api-key': gateway.key },
    });
    expect(await deleted.json()).toEqual({ id: first.id, object: 'response', deleted: true });
    expect(await respond(gateway, { input: 'Three', previous_response_id: second.id })).toMatchObject(
      refusal('previous_response_id', first.id),
    );
  });

  test('an answer that failed is not kept', async () => {
    await using gateway = await startGateway();
    const streamed = await gateway.post('/v1/responses', {
      model,
      input: '[[sim:fault late-overloaded]]',
      stream: true,
    });
    const [, id = ''] = /"id":"(resp_\w+)"/.exec(await streamed.text()) ?? [];
    expect(id).not.toBe('');
    expect((await gateway.get(`/v1/responses/${id}`)).status).toBe(404);
  });
});

describe('whose answers they are', () => {
  test('another key can neither continue, refer to, read, list nor delete them', async () => {
    await using gateway = await startGateway();
    const { id, body } = await respond(gateway, { input: 'A secret' });
    const itemId = String((body['output'] as Json[])[0]?.['id']);
    const stranger = gateway.createKey();

    expect(await respond(gateway, { input: 'Hi', previous_response_id: id }, stranger)).toMatchObject(
      refusal('previous_response_id', id),
    );
    expect(await respond(gateway, { input: [{ type: 'item_reference', id: itemId }] }, stranger)).toMatchObject(
      refusal('input[0].id', itemId),
    );
    for (const path of [id, `${id}/input_items`]) {
      expect((await gateway.get(`/v1/responses/${path}`, { key: stranger })).status).toBe(404);
    }
    const deletion = { method: 'DELETE', headers: { authorization: `Bearer ${stranger}` } };
    expect((await fetch(`${gateway.baseUrl}/responses/${id}`, deletion)).status).toBe(404);
    expect((await gateway.get(`/v1/responses/${id}`)).status).toBe(200);
    expect(modelCalls(gateway.simulator)).toHaveLength(1);
  });

  test('they outlive a restart', async () => {
    await using gateway = await startGateway();
    const { id } = await respond(gateway, { input: 'One' });
    await gateway.restart();
    expect(await respond(gateway, { input: 'Two', previous_response_id: id })).toMatchObject({ status: 200 });
    expect(textsOf(lastModelCall(gateway.simulator))[0]).toBe('One');
  });
});

test('with RESPONSES_TTL=0 nothing is kept, and who asks for it is told why', async () => {
  await using gateway = await startGateway({ env: { RESPONSES_TTL: '0' } });
  const { id, body } = await respond(gateway, { input: 'One' });
  expect(body).toMatchObject({ status: 'completed', store: false });
  expect((await gateway.get(`/v1/responses/${id}`)).status).toBe(404);
  for (const tied of [
    { input: 'Two', previous_response_id: id },
    { input: [{ type: 'item_reference', id: 'msg_1' }] },
  ]) {
    const refused = await respond(gateway, tied);
    expect(refused.status).toBe(400);
    expect(refused.body).toMatchObject({ error: { message: expect.stringContaining('switched off') } });
  }
  expect(gateway.db.sqlite.query('select count(*) as rows from stored_responses').get()).toEqual({ rows: 0 });
});
