import { describe, expect, test } from 'bun:test';
import { createHash } from 'node:crypto';
import type { AccountDraft } from '../../../../server/accounts/import/draft.ts';
import { type ParsedItem, parseAccounts } from '../../../../server/accounts/import/parse.ts';
import { fakeAccessToken, fakeJwt } from '../../../support/tokens.ts';

const expiry = Date.UTC(2026, 9, 1, 12);
const refreshed = Date.UTC(2026, 8, 21, 12);
const accessToken = fakeAccessToken({
  accountId: 'ws-1',
  userId: 'user-1',
  email: 'Ann@example.com',
  plan: 'plus',
  exp: expiry / 1000,
  iat: refreshed / 1000,
});
const idToken = fakeJwt({
  email: 'Ann@example.com',
  'https://api.openai.com/auth': { chatgpt_account_id: 'ws-1', chatgpt_user_id: 'user-1', chatgpt_plan_type: 'plus' },
});

const plain: AccountDraft = {
  name: 'Ann@example.com',
  email: 'Ann@example.com',
  accountId: 'ws-1',
  userId: 'user-1',
  plan: 'plus',
  credential: { accessToken, refreshToken: 'rt_1', idToken, expiresAt: expiry },
  lastRefreshAt: refreshed,
  settings: { priority: 0, maxConcurrency: null, proxyUrl: null, notes: null, state: 'active', stateReason: null },
  history: null,
  extra: {},
};

const parse = (value: unknown) => parseAccounts(JSON.stringify(value));
const onlyDraft = (items: ParsedItem[]) => {
  const [item] = items;
  if (items.length !== 1 || item?.outcome !== 'draft') throw new Error(`not one draft: ${JSON.stringify(items)}`);
  return item.draft;
};

describe('every known format gives the same account', () => {
  const lastRefresh = '2026-09-21T12:00:00.000000001Z';
  test.each<[string, unknown, Partial<AccountDraft>]>([
    [
      'Codex auth.json',
      {
        auth_mode: 'chatgpt',
        OPENAI_API_KEY: null,
        tokens: {
          id_token: idToken,
          access_token: accessToken,
          refresh_token: 'rt_1',
          account_id: 'ws-1',
          oauth_provenance: { issuer: 'https://auth.openai.com', client_id: 'app_1' },
          login_owner_id: 'o-1',
        },
        last_refresh: lastRefresh,
      },
      {
        extra: {
          tokens: {
            oauth_provenance: { issuer: 'https://auth.openai.com', client_id: 'app_1' },
            login_owner_id: 'o-1',
          },
        },
      },
    ],
    [
      'older Codex auth.json',
      {
        OPENAI_API_KEY: null,
        tokens: { id_token: idToken, access_token: accessToken, refresh_token: 'rt_1', account_id: 'ws-1' },
        last_refresh: lastRefresh,
      },
      {},
    ],
    [
      'CLIProxyAPI',
      {
        id_token: idToken,
        access_token: accessToken,
        refresh_token: 'rt_1',
        account_id: 'ws-1',
        last_refresh: lastRefresh,
        email: 'Ann@example.com',
        type: 'codex',
        expired: '2026-10-01T12:00:00Z',
        'x-meta': { a: [1] },
      },
      { extra: { type: 'codex', 'x-meta': { a: [1] } } },
    ],
    [
      'gpt2api-node',
      {
        name: 'first',
        access_token: accessToken,
        refresh_token: 'rt_1',
        id_token: idToken,
        account_id: 'ws-1',
        email: 'Ann@example.com',
        expired_at: '2026-10-01T12:00:00.000Z',
        last_refresh_at: '2026-09-21 12:00:00',
        is_active: 0,
      },
      { name: 'first', settings: { ...plain.settings, state: 'disabled', stateReason: 'imported as inactive' } },
    ],
    [
      'codex-lb camelCase',
      { tokens: { idToken, accessToken, refreshToken: 'rt_1', accountId: 'ws-1' }, lastRefreshAt: lastRefresh },
      {},
    ],
    [
      'OpenCode, whose other providers stay behind',
      {
        anthropic: { type: 'oauth', access: 'theirs', refresh: 'theirs', expires: 1 },
        openai: { type: 'oauth', access: accessToken, refresh: 'rt_1', expires: expiry, accountId: 'ws-1' },
      },
      { credential: { ...plain.credential, idToken: null }, lastRefreshAt: null },
    ],
    [
      'sub2api credentials',
      {
        access_token: accessToken,
        refresh_token: 'rt_1',
        id_token: idToken,
        expires_at: String(expiry / 1000),
        email: 'Ann@example.com',
        chatgpt_account_id: 'ws-1',
        chatgpt_user_id: 'user-1',
        organization_id: 'org-1',
      },
      { lastRefreshAt: null, extra: { organization_id: 'org-1' } },
    ],
    [
      'sub2api account, whose priorities run the other way',
      {
        name: 'from sub',
        platform: 'openai',
        type: 'oauth',
        credentials: {
          access_token: accessToken,
          refresh_token: 'rt_1',
          id_token: idToken,
          expires_at: '2026-10-01T12:00:00Z',
          organization_id: 'org-1',
        },
        concurrency: 3,
        priority: 50,
      },
      {
        name: 'from sub',
        lastRefreshAt: null,
        extra: {
          credentials: { organization_id: 'org-1' },
          platform: 'openai',
          type: 'oauth',
          concurrency: 3,
          priority: 50,
        },
      },
    ],
  ])('%s', (_format, record, differences) => {
    expect(onlyDraft(parse(record))).toEqual({ ...plain, ...differences });
  });

  test.each<[string, unknown]>([
    ['an array', [{ access_token: 'a' }, { access_token: 'b' }]],
    ['{"tokens":[…]}', { tokens: [{ access_token: 'a' }, { access_token: 'b' }] }],
    [
      '{"accounts":[…]}',
      { exported_at: 'x', accounts: [{ credentials: { access_token: 'a' } }, { credentials: { access_token: 'b' } }] },
    ],
    ['arrays in arrays', [[{ access_token: 'a' }], { tokens: [{ access_token: 'b' }] }]],
  ])('%s holds one account per item', (_wrapper, value) => {
    expect(parse(value).map((item) => [item.index, item.label, item.outcome])).toEqual([
      [0, 'item 1', 'draft'],
      [1, 'item 2', 'draft'],
    ]);
  });
});

describe('what a file does not say', () => {
  const opaque = { access_token: 'opaque-access', refresh_token: 'rt_1' };
  const anonymous = `anon:${createHash('sha256').update('rt_1').digest('hex').slice(0, 16)}`;
  test.each<[string, Record<string, unknown>, Partial<AccountDraft>]>([
    [
      'the person is the e-mail in lower case',
      { ...opaque, email: 'Bob@Example.com' },
      { userId: 'bob@example.com', name: 'Bob@Example.com', accountId: '' },
    ],
    ['without an e-mail, a hash of the refresh token', opaque, { userId: anonymous, name: anonymous, accountId: '' }],
    ['without a refresh token, one of the access token', { access_token: 'rt_1' }, { userId: anonymous }],
    [
      'an account without a name is called after its workspace',
      { ...opaque, account_id: '0123456789' },
      { name: 'account 01234567' },
    ],
    [
      'the expiry comes from the access token, never from the id token',
      { access_token: 'opaque', id_token: fakeJwt({ exp: 5_000_000_000 }) },
      {
        credential: {
          accessToken: 'opaque',
          refreshToken: null,
          idToken: fakeJwt({ exp: 5_000_000_000 }),
          expiresAt: null,
        },
      },
    ],
    [
      'a word where a time should be is kept, and the time read from the token',
      { access_token: accessToken, expired: 'soon' },
      { extra: { expired: 'soon' }, credential: { accessToken, refreshToken: null, idToken: null, expiresAt: expiry } },
    ],
    [
      "a user id that is another tool's own number stays an extra field",
      { access_token: accessToken, user_id: 'row-7' },
      { userId: 'user-1', extra: { user_id: 'row-7' } },
    ],
    [
      'a second spelling with another value stays an extra field',
      { ...opaque, account_id: 'ws-1', accountId: 'ws-2' },
      { accountId: 'ws-1', extra: { accountId: 'ws-2' } },
    ],
    [
      'settings of a proxy manager are read',
      { ...opaque, proxy_url: 'socks5://u:p@127.0.0.1:1', priority: '5', note: 'mine', disabled: true },
      {
        settings: {
          priority: 5,
          maxConcurrency: null,
          proxyUrl: 'socks5://u:p@127.0.0.1:1',
          notes: 'mine',
          state: 'disabled',
          stateReason: 'imported as inactive',
        },
        extra: {},
      },
    ],
    [
      'characters that copying left inside a token are cut out',
      { access_token: ' opaque\u200b-ac\ncess\u00a0' },
      { credential: { accessToken: 'opaque-access', refreshToken: null, idToken: null, expiresAt: null } },
    ],
    [
      'a field called __proto__ is a field',
      JSON.parse('{"access_token":"a","__proto__":{"x":1}}') as Record<string, unknown>,
      { extra: JSON.parse('{"__proto__":{"x":1}}') as Record<string, unknown> },
    ],
  ])('%s', (_rule, record, expected) => {
    const draft = onlyDraft(parse(record));
    expect(Object.fromEntries(Object.keys(expected).map((name) => [name, draft[name as keyof AccountDraft]]))).toEqual(
      expected,
    );
  });
});

describe('what is no account is refused with a reason that holds no secret', () => {
  const secret = 'sk-proj-abcdefghijklmnop';
  test.each<[string, string, string]>([
    [
      '{"auth_mode":"apikey","OPENAI_API_KEY":"sk-proj-abcdefghijklmnop"}',
      'api_key',
      'it is an API key, not an account: sign in with ChatGPT instead',
    ],
    [
      '{"OPENAI_API_KEY":"sk-proj-abcdefghijklmnop","tokens":null}',
      'api_key',
      'it is an API key, not an account: sign in with ChatGPT instead',
    ],
    [
      '{"openai":{"type":"api","key":"sk-proj-abcdefghijklmnop"}}',
      'api_key',
      'it is an API key, not an account: sign in with ChatGPT instead',
    ],
    [
      '{"access_token":"sk-proj-abcdefghijklmnop"}',
      'api_key',
      'it is an API key, not an account: sign in with ChatGPT instead',
    ],
    ['{"access_token":"x","type":"claude"}', 'other_provider', 'it is a sign-in of another service (claude)'],
    ['{"refresh_token":"rt_abcdefghijklmnop"}', 'no_access_token', 'it has no usable access token (access_token)'],
    ['{"access_token":"文字"}', 'no_access_token', 'it has no usable access token (access_token)'],
    ['{"access_token":{"a":1}}', 'no_access_token', 'it has no usable access token (access_token)'],
    [
      '{"access_token":"x","proxy_url":"not a proxy"}',
      'bad_proxy_url',
      'its proxy_url is not an http://, https:// or socks5:// URL',
    ],
    ['["sk-proj-abcdefghijklmnop"]', 'not_an_object', 'it is not a JSON object'],
    ['{"access_token":"sk-proj-abcdefghijklmnop}', 'not_json', 'line 1 is not valid JSON'],
    ['', 'empty', 'there is no account in it'],
    ['{"tokens":[]}', 'empty', 'there is no account in it'],
  ])('%s', (text, code, reason) => {
    const items = parseAccounts(text);
    expect(items).toEqual([
      { index: 0, label: code === 'not_json' ? 'line 1' : 'item 1', outcome: 'rejected', code, reason } as ParsedItem,
    ]);
    expect(JSON.stringify(items)).not.toContain(secret);
  });

  test('a label is the name or e-mail, with secrets cut out', () => {
    const labels = parse([{ name: 'n', email: 'e' }, { email: 'e@example.com' }, { name: `mine ${secret}` }, 7]).map(
      ({ label }) => label,
    );
    expect(labels).toEqual(['n', 'e@example.com', 'mine [redacted]', 'item 4']);
  });

  test('an account whose file names nobody is called by the e-mail of its tokens', () => {
    const access_token = fakeAccessToken({ email: 'ann@example.com' });
    expect(parse({ tokens: { access_token, refresh_token: 'r' } }).map(({ label }) => label)).toEqual([
      'ann@example.com',
    ]);
  });

  test('deeply nested arrays end in a rejection, not in a crash', () => {
    expect(parseAccounts(`${'['.repeat(5_000)}${']'.repeat(5_000)}`).map(({ outcome }) => outcome)).toEqual([
      'rejected',
    ]);
  });
});
