import { expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import type { SimulatedAccount } from '../../../server/simulator/account.ts';
import { addDemoAccounts } from '../../../server/simulator/demo-accounts.ts';
import { type Simulator, startSimulator } from '../../../server/simulator/simulator.ts';
import { codexClientId } from '../../../server/simulator/tokens.ts';
import { callCodex, codexBody, codexHeaders } from '../../support/simulator.ts';

const noon = Date.UTC(2026, 10, 22, 12);

function handClock() {
  let now = noon;
  return {
    now: () => now,
    advance(ms: number) {
      now += ms;
    },
  };
}

async function get(
  simulator: Simulator,
  account: SimulatedAccount,
  path: string,
  headers: Record<string, string> = {},
) {
  const response = await fetch(`${simulator.origin}/backend-api${path}`, {
    headers: { ...codexHeaders(account), ...headers },
  });
  const text = await response.text();
  return { status: response.status, etag: response.headers.get('etag'), body: text === '' ? null : JSON.parse(text) };
}

async function post(simulator: Simulator, path: string, body: unknown) {
  const response = await fetch(simulator.origin + path, { method: 'POST', body: JSON.stringify(body) });
  return { status: response.status, body: await response.json() };
}

function refresh(simulator: Simulator, refreshToken: string) {
  return post(simulator, '/oauth/token', {
    client_id: codexClientId,
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
  });
}

function claimsOf(jwt: string) {
  return JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString());
}

test('the tokens carry the claims of the account', async () => {
  const clock = handClock();
  await using simulator = startSimulator({ clock });
  const ada = simulator.addAccount({ name: 'ada', plan: 'pro', expiresInMs: 60_000 });
  const auth = { chatgpt_account_id: ada.accountId, chatgpt_user_id: ada.userId, chatgpt_plan_type: 'pro' };
  expect(claimsOf(ada.accessToken)).toMatchObject({
    exp: noon / 1000 + 60,
    'https://api.openai.com/auth': auth,
    'https://api.openai.com/profile': { email: 'ada@example.com' },
  });
  expect(claimsOf(ada.idToken)).toMatchObject({
    email: 'ada@example.com',
    aud: [codexClientId],
    'https://api.openai.com/auth': auth,
  });
  expect(ada.authJson()).toMatchObject({
    auth_mode: 'chatgpt',
    tokens: {
      access_token: ada.accessToken,
      refresh_token: ada.refreshToken,
      id_token: ada.idToken,
      account_id: ada.accountId,
    },
    last_refresh: '2026-11-22T12:00:00.000Z',
  });
});

test('an access token is good until its time, until it is rejected, or until its session ends', async () => {
  const clock = handClock();
  await using simulator = startSimulator({ clock });
  const status = async (account: SimulatedAccount) =>
    (await get(simulator, account, '/wham/usage')).body.error?.code ?? 'good';

  const timed = simulator.addAccount({ expiresInMs: 1_000 });
  const rejected = simulator.addAccount();
  const ended = simulator.addAccount();
  expect(await Promise.all([timed, rejected, ended].map(status))).toEqual(['good', 'good', 'good']);
  clock.advance(1_000);
  rejected.expireAccessToken();
  ended.revokeSession();
  expect(await Promise.all([timed, rejected, ended].map(status))).toEqual([
    'token_expired',
    'token_expired',
    'token_invalidated',
  ]);
  expect((await refresh(simulator, rejected.refreshToken)).status).toBe(200);
  expect(await status(rejected)).toBe('good');
  expect(await refresh(simulator, ended.refreshToken)).toMatchObject({
    status: 401,
    body: { error: { code: 'refresh_token_invalidated' } },
  });
});

test('a token with another workspace, an invented token and no token are a 401', async () => {
  await using simulator = startSimulator();
  const ada = simulator.addAccount();
  const url = `${simulator.origin}/backend-api/wham/usage`;
  for (const headers of [
    { ...codexHeaders(ada), 'chatgpt-account-id': 'other' },
    { ...codexHeaders(ada), authorization: 'Bearer x' },
    { 'chatgpt-account-id': ada.accountId },
  ]) {
    expect((await fetch(url, { headers })).status).toBe(401);
  }
});

test('T4: a refresh token works once; the second use is refresh_token_reused', async () => {
  await using simulator = startSimulator();
  const ada = simulator.addAccount({ name: 'ada' });
  const old = ada.refreshToken;
  const first = await refresh(simulator, old);
  expect(first).toEqual({
    status: 200,
    body: {
      id_token: ada.idToken,
      access_token: ada.accessToken,
      refresh_token: ada.refreshToken,
      token_type: 'Bearer',
      expires_in: 864_000,
      scope: 'openid profile email offline_access',
    },
  });
  expect(ada.refreshToken).not.toBe(old);
  expect(await refresh(simulator, old)).toMatchObject({
    status: 401,
    body: { error: { code: 'refresh_token_reused' } },
  });
  expect([simulator.refreshCount('ada'), simulator.refreshCount()]).toEqual([2, 2]);

  const form = new URLSearchParams({
    client_id: codexClientId,
    grant_type: 'refresh_token',
    refresh_token: ada.refreshToken,
  });
  expect((await fetch(`${simulator.issuer}/oauth/token`, { method: 'POST', body: form })).status).toBe(200);

  await post(simulator, '/oauth/revoke', {
    token: ada.refreshToken,
    token_type_hint: 'refresh_token',
    client_id: codexClientId,
  });
  expect(await refresh(simulator, ada.refreshToken)).toMatchObject({
    status: 401,
    body: { error: { code: 'refresh_token_invalidated' } },
  });
});

test('a browser sign-in gives a code that is exchanged once, with its verifier only', async () => {
  await using simulator = startSimulator();
  const ada = simulator.addAccount({ name: 'ada' });
  const redirectUri = 'http://127.0.0.1:1455/auth/callback';
  const verifier = 'v'.repeat(86);
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: codexClientId,
    redirect_uri: redirectUri,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
    state: 'abc',
    sim_account: 'ada',
  });
  const redirect = await fetch(`${simulator.issuer}/oauth/authorize?${query}`, { redirect: 'manual' });
  const back = new URL(redirect.headers.get('location') ?? '');
  expect([redirect.status, back.origin + back.pathname, back.searchParams.get('state')]).toEqual([
    302,
    redirectUri,
    'abc',
  ]);

  const code = back.searchParams.get('code');
  const exchange = (code_verifier: string) =>
    post(simulator, '/oauth/token', {
      grant_type: 'authorization_code',
      client_id: codexClientId,
      code,
      redirect_uri: redirectUri,
      code_verifier,
    });
  expect(await exchange('wrong')).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
  expect(await exchange(verifier)).toMatchObject({ status: 200, body: { access_token: ada.accessToken } });
  expect(await exchange(verifier)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } });
});

test('a device sign-in is pending until the person approves it', async () => {
  await using simulator = startSimulator();
  const ada = simulator.addAccount({ name: 'ada' });
  const { body: device } = await post(simulator, '/api/accounts/deviceauth/usercode', { client_id: codexClientId });
  const poll = () =>
    post(simulator, '/api/accounts/deviceauth/token', {
      device_auth_id: device.device_auth_id,
      user_code: device.user_code,
    });
  expect(await poll()).toEqual({ status: 403, body: {} });
  expect(await post(simulator, `/_sim/device/${device.user_code}`, { account: 'ada' })).toEqual({
    status: 200,
    body: { approved: true },
  });
  const { body: grant } = await poll();
  const exchange = await post(simulator, '/oauth/token', {
    grant_type: 'authorization_code',
    client_id: codexClientId,
    code: grant.authorization_code,
    code_verifier: grant.code_verifier,
    redirect_uri: `${simulator.issuer}/deviceauth/callback`,
  });
  expect(exchange).toMatchObject({ status: 200, body: { refresh_token: ada.refreshToken } });
});

test('S11: the model list is per account, needs a version, is filtered by it and answers an ETag', async () => {
  await using simulator = startSimulator();
  const ada = simulator.addAccount({ models: ['gpt-6-sol', 'gpt-5.5'] });
  const slugs = (body: { models: { slug: string }[] }) => body.models.map(({ slug }) => slug);

  expect((await get(simulator, ada, '/codex/models')).status).toBe(400);
  const list = await get(simulator, ada, '/codex/models?client_version=0.169.0');
  expect(slugs(list.body)).toEqual(['gpt-6-sol', 'gpt-5.5']);
  expect(list.body.models[0]).toMatchObject({
    slug: 'gpt-6-sol',
    context_window: 272_000,
    use_responses_lite: true,
    visibility: 'list',
  });
  expect(slugs((await get(simulator, ada, '/codex/models?client_version=0.144.0')).body)).toEqual(['gpt-5.5']);
  const again = await get(simulator, ada, '/codex/models?client_version=0.169.0', { 'if-none-match': list.etag ?? '' });
  expect(again).toEqual({ status: 304, etag: list.etag, body: null });
  ada.setModels(['gpt-5.5']);
  const changed = await get(simulator, ada, '/codex/models?client_version=0.169.0', {
    'if-none-match': list.etag ?? '',
  });
  expect(slugs(changed.body)).toEqual(['gpt-5.5']);
});

test('R7: the demo accounts show their windows alike in the usage answer and in the headers', async () => {
  const clock = handClock();
  await using simulator = startSimulator({ clock });
  const accounts = addDemoAccounts(simulator, clock.now());
  const shown = await Promise.all(
    accounts.map(async (account) => {
      const { body } = await get(simulator, account, '/wham/usage');
      const { headers } = await callCodex(simulator, account, codexBody('hi'));
      const { primary_window: primary, secondary_window: secondary } = body.rate_limit;
      expect(headers.get('x-codex-primary-used-percent')).toBe(String(primary.used_percent));
      expect(headers.get('x-codex-primary-reset-at')).toBe(String(primary.reset_at));
      expect(headers.get('x-codex-secondary-reset-at')).toBe(String(secondary?.reset_at ?? ''));
      return [
        account.name,
        body.plan_type,
        primary.used_percent,
        primary.limit_window_seconds,
        secondary?.limit_window_seconds,
      ];
    }),
  );
  expect(shown).toEqual([
    ['ada', 'plus', 52, 18_000, 604_800],
    ['grace', 'pro', 12, 604_800, undefined],
    ['linus', 'team', 3, 2_628_000, undefined],
  ]);
});

test('F1, F2: a spent window is a 429 with its reset, until the reset', async () => {
  const clock = handClock();
  await using simulator = startSimulator({ clock });
  const ada = simulator.addAccount();
  ada.setWindows({ primary: { usedPercent: 100, resetAt: noon + 90_000 } });
  const refused = await callCodex(simulator, ada, codexBody('hi'));
  expect([refused.status, refused.headers.get('x-codex-primary-used-percent')]).toEqual([429, '100']);
  expect(await refused.json()).toEqual({
    error: {
      type: 'usage_limit_reached',
      message: 'The usage limit has been reached',
      plan_type: 'plus',
      resets_at: noon / 1000 + 90,
      eligible_promo: null,
      resets_in_seconds: 90,
    },
  });
  expect((await get(simulator, ada, '/wham/usage')).body.rate_limit.limit_reached).toBe(true);
  clock.advance(90_000);
  expect((await callCodex(simulator, ada, codexBody('hi'))).status).toBe(200);
});

test('F9: a deactivated workspace is a 402; accounts/check says so and names the routing', async () => {
  await using simulator = startSimulator();
  const ada = simulator.addAccount();
  ada.setDeactivated(true);
  ada.setRouting({ override: 'us' });
  const refused = await callCodex(simulator, ada, codexBody('hi'));
  expect([refused.status, await refused.json()]).toEqual([402, { detail: { code: 'deactivated_workspace' } }]);
  expect((await get(simulator, ada, '/wham/accounts/check')).body.accounts).toMatchObject([
    {
      id: ada.accountId,
      is_deactivated: true,
      account_routing_override: 'us',
      workspace_backend_origin: 'NO_CONSTRAINT',
    },
  ]);
});
