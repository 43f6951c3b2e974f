import { describe, expect, test } from 'bun:test';
import { readClaims } from '../../../server/accounts/jwt.ts';
import { fakeJwt } from '../../support/tokens.ts';

const none = {
  accountId: null,
  userId: null,
  email: null,
  plan: null,
  expiresAt: null,
  issuedAt: null,
  residency: null,
  isFedramp: false,
};

describe('token claims', () => {
  test('every claim of an access token is read, times in milliseconds', () => {
    const token = fakeJwt({
      exp: 1_777_000_000,
      iat: 1_776_000_000.25,
      'https://api.openai.com/profile': { email: 'a@example.com', email_verified: true },
      'https://api.openai.com/auth': {
        chatgpt_account_id: 'ws-1',
        chatgpt_user_id: 'user-1',
        user_id: 'user-other',
        chatgpt_plan_type: 'plus',
        chatgpt_compute_residency: 'eu',
        chatgpt_account_is_fedramp: true,
      },
    });
    expect(readClaims(token)).toEqual({
      accountId: 'ws-1',
      userId: 'user-1',
      email: 'a@example.com',
      plan: 'plus',
      expiresAt: 1_777_000_000_000,
      issuedAt: 1_776_000_000_250,
      residency: 'eu',
      isFedramp: true,
    });
  });

  test.each([
    ['user_id stands in for chatgpt_user_id', { 'https://api.openai.com/auth': { user_id: 'u' } }, { userId: 'u' }],
    [
      'chatgpt_account_user_id comes last',
      { 'https://api.openai.com/auth': { chatgpt_account_user_id: 'u__ws' } },
      { userId: 'u__ws' },
    ],
    [
      'an id token has its e-mail on top',
      { email: 'b@example.com', 'https://api.openai.com/profile': { email: 'c@example.com' } },
      { email: 'b@example.com' },
    ],
    [
      'no_constraint is no residency',
      { 'https://api.openai.com/auth': { chatgpt_compute_residency: 'no_constraint' } },
      {},
    ],
    [
      'claims of the wrong type count as absent',
      { exp: 'soon', email: 7, 'https://api.openai.com/auth': { chatgpt_account_id: {}, chatgpt_plan_type: '' } },
      {},
    ],
    ['impossible times count as absent', { exp: -1, iat: 1e300 }, {}],
  ] as const)('%s', (_rule, payload, expected) => {
    expect(readClaims(fakeJwt(payload))).toEqual({ ...none, ...expected });
  });

  test.each([
    '',
    'opaque',
    'a.b.c',
    '..',
    `x.${Buffer.from('null').toString('base64url')}.x`,
    `x.${Buffer.from('[1]').toString('base64url')}`,
    `x.${Buffer.from('{"exp":').toString('base64url')}.x`,
  ])('%p has no claims and throws nothing', (token) => {
    expect(readClaims(token)).toEqual(none);
  });
});
