import { expect, test } from 'bun:test';
import { routingOf } from '../../../server/accounts/probe.ts';

const check = (account: Record<string, unknown>) => ({ accounts: [{ id: 'other' }, { id: 'mine', ...account }] });

test.each([
  {
    name: 'no constraint',
    account: { account_routing_override: 'NO_CONSTRAINT', workspace_backend_origin: 'NO_CONSTRAINT' },
    expected: { override: null, origin: null },
  },
  {
    name: 'both demanded',
    account: { account_routing_override: 'us_cr', workspace_backend_origin: 'https://eu.chatgpt.com' },
    expected: { override: 'us_cr', origin: 'https://eu.chatgpt.com' },
  },
  {
    name: 'X6: a plain-text origin is not followed',
    account: { workspace_backend_origin: 'http://evil.example' },
    expected: { override: null, origin: null },
  },
  {
    name: 'X6: an origin with a path or a user is not followed',
    account: { workspace_backend_origin: 'https://a@b.example/x' },
    expected: { override: null, origin: null },
  },
  {
    name: 'an override that is no header value',
    account: { account_routing_override: 'a\r\nb' },
    expected: { override: null, origin: null },
  },
])('routing: $name', ({ account, expected }) => {
  expect(routingOf(check(account), 'mine')).toEqual(expected);
});

test('an answer that does not list the account says nothing', () => {
  expect(routingOf(check({}), 'absent')).toBeUndefined();
  expect(routingOf('nonsense', 'mine')).toBeUndefined();
});
