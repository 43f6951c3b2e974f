import { expect, test } from 'bun:test';
import { backoffMs } from '../../../server/accounts/health.ts';
import { mergeTokenAnswer } from '../../../server/accounts/refresh.ts';

const old = { accessToken: 'old-access', refreshToken: 'old-refresh', idToken: 'old-id', expiresAt: 5 };
const jwt = (claims: object) => `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.`;

test.each([
  {
    name: 'all three replaced',
    answer: { access_token: jwt({ exp: 100 }), refresh_token: 'r', id_token: 'i' },
    expected: { accessToken: jwt({ exp: 100 }), refreshToken: 'r', idToken: 'i', expiresAt: 100_000 },
  },
  {
    name: 'an absent refresh token keeps the old one',
    answer: { access_token: jwt({ exp: 100 }) },
    expected: { accessToken: jwt({ exp: 100 }), refreshToken: 'old-refresh', idToken: 'old-id', expiresAt: 100_000 },
  },
  {
    name: 'an absent access token keeps the old one and its expiry',
    answer: { refresh_token: 'r' },
    expected: { ...old, refreshToken: 'r' },
  },
  {
    name: 'expires_in counts for an opaque token',
    answer: { access_token: 'opaque', expires_in: 60 },
    expected: { ...old, accessToken: 'opaque', expiresAt: 61_000 },
  },
  {
    name: 'unknown expiry',
    answer: { access_token: 'opaque' },
    expected: { ...old, accessToken: 'opaque', expiresAt: null },
  },
])('token answer: $name', ({ answer, expected }) => {
  expect(mergeTokenAnswer(JSON.stringify(answer), old, 1_000)).toEqual(expected);
});

test.each(['not json', '{}', '{"access_token":""}', '[]'])('an answer without a token is none: %s', (body) => {
  expect(mergeTokenAnswer(body, old, 0)).toBeUndefined();
});

test('back-off doubles from five seconds to five minutes', () => {
  expect([0, 1, 2, 6, 100].map(backoffMs)).toEqual([5_000, 10_000, 20_000, 300_000, 300_000]);
});
