import { expect, test } from 'bun:test';
import { startSimulator } from '../../../server/simulator/simulator.ts';
import { startGateway } from '../../support/start-gateway.ts';

type Json = Record<string, unknown>;

/** What a hostile client may hope to be obeyed; `elsewhere` is a server of its own. */
function hostileFields(elsewhere: string): Json {
  return {
    base_url: elsewhere,
    baseURL: elsewhere,
    api_base: elsewhere,
    url: elsewhere,
    endpoint: elsewhere,
    proxy: elsewhere,
    proxy_url: elsewhere,
    headers: { authorization: 'Bearer canary', 'chatgpt-account-id': 'canary', host: 'canary' },
    extra_headers: { authorization: 'Bearer canary' },
    extra_body: { chatgpt_account_id: 'canary' },
    authorization: 'Bearer canary',
    api_key: 'canary',
    access_token: 'canary',
    account: 'canary',
    account_id: 'canary',
    chatgpt_account_id: 'canary',
    originator: 'canary',
    session_id: 'canary',
    constructor: { prototype: { base_url: elsewhere } },
  };
}

const hostileHeaders = {
  'chatgpt-account-id': 'canary',
  'openai-organization': 'canary',
  'openai-beta': 'canary',
  'x-openai-fedramp': 'true',
  'x-openai-account-routing-override': 'canary',
  'x-openai-internal-codex-residency': 'canary',
  'x-forwarded-host': 'canary',
  cookie: 'canary=1',
  'proxy-authorization': 'Basic canary',
};

const tool = { name: 'look', description: 'Looks.', parameters: { type: 'object', properties: {} } };

/** A request of each endpoint with `fields` at every level where an object stands. */
const requests: Record<string, (fields: Json) => Json> = {
  '/v1/chat/completions': (fields) => ({
    ...fields,
    model: 'gpt-5.5',
    stream_options: { ...fields, include_usage: true },
    stream: true,
    messages: [
      { ...fields, role: 'system', content: 'Be brief.' },
      { ...fields, role: 'user', content: [{ ...fields, type: 'text', text: 'hi' }] },
    ],
    tools: [{ ...fields, type: 'function', function: { ...fields, ...tool } }],
    response_format: { ...fields, type: 'text' },
    metadata: fields,
  }),
  '/v1/responses': (fields) => ({
    ...fields,
    model: 'gpt-5.5',
    store: false,
    instructions: 'Be brief.',
    input: [{ ...fields, type: 'message', role: 'user', content: [{ ...fields, type: 'input_text', text: 'hi' }] }],
    tools: [{ ...fields, type: 'function', ...tool }],
    reasoning: { ...fields, effort: 'low' },
    text: { ...fields, verbosity: 'low' },
    metadata: fields,
    client_metadata: { ...fields, turn_id: '1' },
  }),
  '/v1/responses/compact': (fields) => ({
    ...fields,
    model: 'gpt-5.5',
    input: [{ ...fields, type: 'message', role: 'user', content: [{ ...fields, type: 'input_text', text: 'hi' }] }],
  }),
};

/** Where a call went and as whom: all its headers but those that follow from the body. */
function addressOf({ path, headers }: { path: string; headers: Readonly<Record<string, string>> }): Json {
  const { 'content-length': _length, 'session-id': _session, 'thread-id': _thread, ...rest } = headers;
  return { path, headers: rest };
}

const clients = {
  'an ordinary client': {},
  'a Codex client': { originator: 'codex_cli_rs', 'user-agent': 'codex_cli_rs/0.169.0' },
};

for (const [path, bodyWith] of Object.entries(requests)) {
  for (const [client, identity] of Object.entries(clients)) {
    test(`X5: unknown fields and headers of ${client} change neither destination nor credentials (${path})`, async () => {
      await using elsewhere = startSimulator();
      await using gateway = await startGateway();
      const calls = () =>
        gateway.simulator.requests.filter(({ endpoint }) => endpoint === 'responses' || endpoint === 'compact');

      const plain = await gateway.post(path, bodyWith({}), { headers: identity });
      expect(plain.status).toBe(200);
      await plain.text();
      // The key is kept: the hostile headers hold no `authorization` of their own.
      const hostile = await gateway.post(
        `${path}?base_url=${elsewhere.origin}&api_key=canary`,
        bodyWith(hostileFields(elsewhere.baseUrl)),
        {
          headers: { ...identity, ...hostileHeaders },
        },
      );
      await hostile.text();

      expect(calls()).toHaveLength(2);
      const [expected, found] = calls().map(addressOf);
      expect(found).toEqual(expected as Json);
      expect(elsewhere.requests).toEqual([]);

      const [before, after] = calls().map(({ body }) => body as Json);
      expect(Object.keys(after as Json).toSorted()).toEqual(Object.keys(before as Json).toSorted());
      expect(hostile.status).toBe(200);
      if (path === '/v1/chat/completions') {
        const { prompt_cache_key: _before, ...wanted } = before as Json;
        const { prompt_cache_key: _after, ...sent } = after as Json;
        expect(sent).toEqual(wanted);
      }
    });
  }
}
