import { expect, test } from 'bun:test';
import { askedAccounts, expectAtRest, read } from '../../support/gateway-faults.ts';
import { lastModelCall } from '../../support/model-calls.ts';
import { exchange, requestText, statusesIn } from '../../support/raw-http.ts';
import { startGateway, type TestGateway } from '../../support/start-gateway.ts';

const endpoints = ['/v1/chat/completions', '/v1/responses', '/v1/responses/compact'] as const;

function send(
  gateway: TestGateway,
  path: string,
  body: string | Uint8Array,
  contentType: string | null = 'application/json',
): Promise<Response> {
  const headers = {
    authorization: `Bearer ${gateway.key}`,
    ...(contentType === null ? {} : { 'content-type': contentType }),
  };
  // A blob without a type: a text would get a content type of its own.
  return fetch(`${gateway.origin}${path}`, { method: 'POST', headers, body: new Blob([body as BlobPart]) });
}

const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
const nestedObjects = (levels: number) => '{"a":'.repeat(levels) + '1' + '}'.repeat(levels);

const wrongBodies: Record<string, string | Uint8Array> = {
  empty: '',
  'only blanks': ' \n\t ',
  'not JSON': '{"model":',
  'two documents': '{} {}',
  'a trailing comma': '{"model":"gpt-5.5",}',
  NaN: '{"model":NaN}',
  'not UTF-8': Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d]),
  'UTF-16': Buffer.from('{"model":"gpt-5.5"}', 'utf16le'),
  null: 'null',
  'an array': '[]',
  'a text': '"model"',
  'a number': '42',
  'an empty object': '{}',
  'a model that is no text': '{"model":{"a":1},"messages":[],"input":"x"}',
  'an empty model': '{"model":"","messages":[{"role":"user","content":"x"}],"input":"x"}',
  'arrays 20,000 deep': nested(20_000),
  'objects 20,000 deep': nestedObjects(20_000),
  'arrays 200,000 deep': nested(200_000),
  'messages 20,000 deep': `{"model":"gpt-5.5","messages":${nested(20_000)},"input":${nested(20_000)}}`,
  'a field nobody reads, 200,000 deep': `{"model":"gpt-5.5","messages":[{"role":"user","content":"x"}],"input":"x","metadata":${nested(200_000)}}`,
  'a tool 200,000 deep': `{"model":"gpt-5.5","messages":[{"role":"user","content":"x"}],"input":"x","tools":[{"type":"function","name":"f","parameters":${nestedObjects(200_000)},"function":{"name":"f","parameters":${nestedObjects(200_000)}}}]}`,
};

for (const path of endpoints) {
  test(`a body that is no request is a 400 in the shape of OpenAI and reaches no account (${path})`, async () => {
    await using gateway = await startGateway();
    for (const [name, body] of Object.entries(wrongBodies)) {
      const got = await read(await send(gateway, path, body));
      expect({ name, status: got.status }).toEqual({ name, status: 400 });
      expect(got.error).toEqual({
        message: expect.any(String),
        type: 'invalid_request_error',
        code: expect.any(String),
        param: got.error?.['param'] ?? null,
      });
      expect(got.headers.get('x-request-id')).toMatch(/^req_/);
      expect(got.headers.get('content-type')).toStartWith('application/json');
    }
    expect(askedAccounts(gateway)).toEqual([]);
    await expectAtRest(gateway);
  });

  test(`a content type that is not JSON is a 415 (${path})`, async () => {
    await using gateway = await startGateway();
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/jsonp',
      'json',
    ]) {
      const got = await read(await send(gateway, path, '{}', type));
      expect({ type, got }).toMatchObject({ type, got: { status: 415, error: { code: 'unsupported_media_type' } } });
    }
  });
}

test('unusual but legal requests are served: charset, +json, no content type, a byte order mark, blanks, escapes, a deep schema', async () => {
  await using gateway = await startGateway();
  const body = JSON.stringify({ model: 'gpt-5.5', messages: [{ role: 'user', content: 'Grüße' }] });
  const deep = `{"model":"gpt-5.5","messages":[{"role":"user","content":"Grüße"}],"metadata":{"a":${nested(400)}}}`;
  const ways: [body: string, contentType: string | null][] = [
    [body, 'application/json; charset=utf-8'],
    [body, 'Application/JSON;charset="UTF-8"'],
    [body, 'application/vnd.api+json'],
    [body, null],
    [`\uFEFF${body}`, 'application/json'],
    [`\r\n ${body}\n`, 'application/json'],
    [body.replace('ü', '\\u00fc'), 'application/json'],
    [deep, 'application/json'],
  ];
  for (const [text, type] of ways) {
    const got = await read(await send(gateway, '/v1/chat/completions', text, type));
    expect({ text: text.slice(0, 80), type, status: got.status }).toEqual({
      text: text.slice(0, 80),
      type,
      status: 200,
    });
    expect(JSON.stringify(lastModelCall(gateway.simulator)['input'])).toContain('Grüße');
  }
});

test('a wrong path is a 404 and a wrong method a 405 with Allow, in the shape of OpenAI', async () => {
  await using gateway = await startGateway();
  const headers = { authorization: `Bearer ${gateway.key}` };
  const call = async (method: string, path: string) => {
    const response = await fetch(`${gateway.origin}${path}`, { method, headers });
    expect(response.headers.get('x-request-id')).toMatch(/^req_/);
    return { response, got: await read(response) };
  };
  for (const path of [
    '/',
    '/v1',
    '/v1/',
    '/v1/chat',
    '/v1/chat/completions/',
    '/v1//models',
    '/v2/models',
    '/v1/embeddings',
    '/V1/models',
    '/admin',
  ]) {
    const { got } = await call('GET', path);
    expect({ path, got }).toMatchObject({
      path,
      got: { status: 404, error: { code: 'not_found', type: 'invalid_request_error' } },
    });
  }
  const wrong = [
    ['GET', '/v1/chat/completions', 'POST'],
    ['PUT', '/v1/chat/completions', 'POST'],
    ['GET', '/v1/responses', 'POST'],
    ['PATCH', '/v1/responses/resp_1', 'GET, DELETE'],
    ['POST', '/v1/models', 'GET'],
    ['DELETE', '/v1/models/gpt-5.5', 'GET'],
    ['POST', '/health', 'GET, HEAD'],
    ['DELETE', '/readyz', 'GET, HEAD'],
  ] as const;
  for (const [method, path, allow] of wrong) {
    const { got } = await call(method, path);
    expect({ path, got }).toMatchObject({ path, got: { status: 405, error: { code: 'method_not_allowed' } } });
    expect({ path, allow: got.headers.get('allow') }).toEqual({ path, allow });
  }
});

test('HEAD answers like GET, without a body', async () => {
  await using gateway = await startGateway();
  for (const path of ['/v1/models', '/v1/models/gpt-5.5', '/v1/models/nope', '/health', '/livez', '/nowhere']) {
    const [head, get] = [
      await fetch(`${gateway.origin}${path}`, { method: 'HEAD' }),
      await gateway.get(path, { key: null }),
    ];
    expect({ path, status: head.status, body: await head.text() }).toEqual({ path, status: get.status, body: '' });
    expect(head.headers.get('x-request-id')).toMatch(/^req_/);
  }
});

test('a WebSocket upgrade of /v1/responses is a 426, with a key only', async () => {
  await using gateway = await startGateway();
  const upgrade = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
  };
  const request = (headers: Record<string, string>) =>
    exchange(gateway.origin, requestText('GET', '/v1/responses', { ...upgrade, ...headers }), (text) =>
      text.includes('}}'),
    );
  const { received } = await request({ Authorization: `Bearer ${gateway.key}` });
  expect(statusesIn(received)).toEqual([426]);
  expect(received).toContain('"upgrade_required"');
  expect(received.toLowerCase()).toContain('\r\nx-request-id: req_');
  expect(statusesIn((await request({})).received)).toEqual([401]);
});

test('requests without a usable Host are answered: HTTP/1.0 as it stands, a broken one by a 400', async () => {
  await using gateway = await startGateway();
  const isWhole = (text: string) => text.includes('}}') || text.includes('"ok"');
  const old = await exchange(gateway.origin, 'GET /livez HTTP/1.0\r\n\r\n', isWhole);
  expect(statusesIn(old.received)).toEqual([200]);
  for (const host of ['a b', '[::', '"<', 'x:99999999']) {
    const { received } = await exchange(gateway.origin, `GET /v1/models HTTP/1.1\r\nHost: ${host}\r\n\r\n`, (text) =>
      text.includes('}'),
    );
    expect({ host, statuses: statusesIn(received).filter((status) => status >= 500) }).toEqual({ host, statuses: [] });
  }
});

test('every answer has a request id of its own, also where nothing goes right', async () => {
  await using gateway = await startGateway({ env: { BODY_LIMIT: '1K' } });
  const responses = await Promise.all([
    gateway.get('/v1/models'),
    gateway.get('/v1/models', { key: 'sk-wrong' }),
    gateway.get('/v1/responses/resp_1'),
    gateway.post('/v1/chat/completions', { model: 'gpt-5.5', messages: [{ role: 'user', content: 'hi' }] }),
    gateway.post('/v1/chat/completions', {
      model: 'gpt-5.5',
      stream: true,
      messages: [{ role: 'user', content: 'hi' }],
    }),
    gateway.post('/v1/chat/completions', {}),
    gateway.post('/v1/chat/completions', 'x'.repeat(2_000)),
    gateway.get('/health'),
    gateway.get('/readyz'),
    gateway.get('/nowhere'),
    fetch(`${gateway.baseUrl}/chat/completions`, { method: 'OPTIONS', headers: { origin: 'https://app.example' } }),
  ]);
  const ids = responses.map(({ headers }) => headers.get('x-request-id'));
  for (const id of ids) expect(id).toMatch(/^req_[a-z0-9]+$/);
  expect(new Set(ids).size).toBe(ids.length);
  await Promise.all(responses.map((response) => response.text()));
});
