import { expect, test } from 'bun:test';
import { startGateway, type TestGateway } from '../../support/start-gateway.ts';

const app = 'https://app.example';
/** What the official client asks leave for in a browser. */
const stainless =
  'authorization, content-type, x-stainless-arch, x-stainless-lang, x-stainless-os, x-stainless-retry-count, x-stainless-runtime';

function preflight(gateway: TestGateway, origin: string): Promise<Response> {
  const headers = { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': stainless };
  return fetch(`${gateway.baseUrl}/chat/completions`, { method: 'OPTIONS', headers });
}

const corsHeaders = (response: Response) =>
  [...response.headers.keys()].filter((name) => name.startsWith('access-control-'));

test('CORS is closed by default: no answer, preflight or error carries a header that would open it', async () => {
  await using gateway = await startGateway();
  const answers = [
    await preflight(gateway, app),
    await gateway.get('/v1/models', { headers: { origin: app } }),
    await gateway.get('/v1/responses/resp_1', { headers: { origin: app } }),
    await gateway.get('/health', { headers: { origin: app } }),
  ];
  for (const answer of answers) expect(corsHeaders(answer)).toEqual([]);
});

test('a listed origin may call: preflight, answer, stream and every error carry its name', async () => {
  await using gateway = await startGateway({ env: { CORS_ORIGINS: `https://other.example, ${app}` } });
  const before = await preflight(gateway, app);
  expect(before.status).toBe(204);
  expect(before.headers.get('access-control-allow-origin')).toBe(app);
  expect(before.headers.get('access-control-allow-methods')).toContain('POST');
  const named = (before.headers.get('access-control-allow-headers') ?? '').toLowerCase().split(/\s*,\s*/);
  for (const name of stainless.split(', ')) expect(named).toContain(name);
  expect(before.headers.get('x-request-id')).toMatch(/^req_/);

  const headers = { origin: app };
  const chat = { model: 'gpt-5.5', messages: [{ role: 'user', content: 'hi' }] };
  const answers = [
    await gateway.post('/v1/chat/completions', chat, { headers }),
    await gateway.post('/v1/chat/completions', { ...chat, stream: true }, { headers }),
    await gateway.post('/v1/chat/completions', {}, { headers }),
    await gateway.post('/v1/chat/completions', chat, { headers, key: 'sk-wrong' }),
    await gateway.get('/v1/nowhere', { headers }),
    await gateway.get('/v1/chat/completions', { headers }),
  ];
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 400, 401, 404, 405]);
  for (const answer of answers) {
    expect(answer.headers.get('access-control-allow-origin')).toBe(app);
    expect(answer.headers.get('access-control-expose-headers')).toContain('x-request-id');
    expect(answer.headers.get('vary')?.toLowerCase()).toContain('origin');
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    await answer.text();
  }
});

test('an origin that is not listed gets nothing, however much it looks like one that is', async () => {
  await using gateway = await startGateway({ env: { CORS_ORIGINS: app } });
  for (const origin of [
    'https://app.example.evil',
    'http://app.example',
    'https://app.example:444',
    'https://evil-app.example',
    'null',
    '*',
  ]) {
    for (const answer of [await preflight(gateway, origin), await gateway.get('/v1/models', { headers: { origin } })]) {
      expect({ origin, headers: corsHeaders(answer) }).toEqual({ origin, headers: [] });
      // A cache must not give this answer to the origin that is listed.
      expect(answer.headers.get('vary')?.toLowerCase()).toContain('origin');
    }
  }
});

test('with * any origin may call, never with credentials', async () => {
  await using gateway = await startGateway({ env: { CORS_ORIGINS: '*' } });
  for (const origin of [app, 'null', 'http://localhost:5173']) {
    for (const answer of [
      await preflight(gateway, origin),
      await gateway.get('/v1/nowhere', { headers: { origin } }),
    ]) {
      expect(answer.headers.get('access-control-allow-origin')).toBe('*');
      expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
    }
  }
});
