import { describe, expect, test } from 'bun:test';
import type { AccountDraft } from '../../../../server/accounts/import/draft.ts';
import { type KnownAccount, planImport, type Verdict } from '../../../../server/accounts/import/plan.ts';
import { fakeAccessToken } from '../../../support/tokens.ts';

type Facts = Partial<Pick<AccountDraft, 'accountId' | 'userId' | 'email' | 'lastRefreshAt'>> & {
  access?: string;
  refresh?: string | null;
  id?: string | null;
  expiresAt?: number | null;
};

const settings = {
  priority: 0,
  maxConcurrency: null,
  proxyUrl: null,
  notes: null,
  state: 'active',
  stateReason: null,
} as const;

function identityOf({
  accountId = 'ws',
  userId = 'ann',
  email = null,
  lastRefreshAt = null,
  access = 'a',
  refresh = 'r',
  id = null,
  expiresAt = null,
}: Facts) {
  return {
    accountId,
    userId,
    email,
    lastRefreshAt,
    credential: { accessToken: access, refreshToken: refresh, idToken: id, expiresAt },
  };
}
const draft = (facts: Facts): AccountDraft => ({
  name: 'n',
  plan: null,
  settings,
  history: null,
  extra: {},
  ...identityOf(facts),
});
const known = (facts: Facts & { state?: KnownAccount['state'] }): KnownAccount => ({
  id: 'acc_1',
  state: facts.state ?? 'active',
  ...identityOf(facts),
});
const update = (facts: Facts): Verdict => ({
  kind: 'update',
  id: 'acc_1',
  userId: facts.userId ?? 'ann',
  credential: draft(facts).credential,
});
const issued = (iat: number) => fakeAccessToken({ iat });

describe('an account that is stored', () => {
  const stored = { access: 'old', refresh: 'old', lastRefreshAt: 500 };
  test.each<[string, Facts & { state?: KnownAccount['state'] }, Facts, Verdict]>([
    [
      'T6: a newer credential replaces it',
      stored,
      { access: 'new', refresh: 'new', lastRefreshAt: 501 },
      update({ access: 'new', refresh: 'new' }),
    ],
    [
      'T6: so does one whose age is not known',
      stored,
      { access: 'new', refresh: 'new' },
      update({ access: 'new', refresh: 'new' }),
    ],
    ['the same credential changes nothing', stored, stored, { kind: 'unchanged', id: 'acc_1' }],
    [
      'an older refresh is stale',
      stored,
      { access: 'new', refresh: 'new', lastRefreshAt: 499 },
      { kind: 'stale', id: 'acc_1' },
    ],
    [
      'without refresh times, an earlier issue is stale',
      { access: issued(50) },
      { access: issued(49) },
      { kind: 'stale', id: 'acc_1' },
    ],
    [
      'a later issue counts though the file says no refresh time',
      { access: issued(50), lastRefreshAt: 500 },
      { access: issued(51) },
      update({ access: issued(51) }),
    ],
    [
      'without either, an earlier expiry is stale',
      { access: 'old', expiresAt: 9 },
      { access: 'new', expiresAt: 8 },
      { kind: 'stale', id: 'acc_1' },
    ],
    [
      'a dead credential yields to any other',
      { ...stored, state: 'needs-login' },
      { access: 'new', refresh: null, lastRefreshAt: 1 },
      update({ access: 'new', refresh: null }),
    ],
    [
      'a dead credential is not revived by itself',
      { ...stored, state: 'needs-login' },
      stored,
      { kind: 'unchanged', id: 'acc_1' },
    ],
    [
      'a file without refresh and id token does not take away the stored ones',
      { ...stored, id: 'id' },
      { access: 'new', refresh: null },
      update({ access: 'new', refresh: 'old', id: 'id' }),
    ],
    [
      'and says nothing new when its access token is the stored one',
      { ...stored, id: 'id' },
      { access: 'old', refresh: null },
      { kind: 'unchanged', id: 'acc_1' },
    ],
  ])('%s', (_rule, before, incoming, expected) => {
    expect(planImport([draft(incoming)], [known(before)])).toEqual([expected]);
  });
});

describe('T8: who is the same account', () => {
  const kinds = (verdicts: Verdict[]) =>
    verdicts.map((verdict) => ('userId' in verdict ? `${verdict.kind} ${verdict.userId}` : verdict.kind));
  test.each<[string, Facts[], Facts[], string[]]>([
    ['two people of one workspace are two', [{ userId: 'ann' }, { userId: 'bob' }], [], ['create ann', 'create bob']],
    [
      'one person in two workspaces is two',
      [{ accountId: 'ws-1' }, { accountId: 'ws-2' }],
      [],
      ['create ann', 'create ann'],
    ],
    ['the same person and workspace twice is one', [{}, {}], [], ['duplicate', 'create ann']],
    [
      'a person known by e-mail only is the one of that e-mail',
      [
        { userId: 'a@x', email: 'A@x' },
        { userId: 'ann', email: 'a@X' },
      ],
      [],
      ['duplicate', 'create ann'],
    ],
    [
      'also when the stored one is known by e-mail only: it gets its id',
      [{ userId: 'ann', email: 'a@x' }],
      [{ userId: 'a@x', email: 'a@x' }],
      ['update ann'],
    ],
    [
      'also when the stored one is known by id: it keeps it',
      [{ userId: 'a@x', email: 'a@x', access: 'new' }],
      [{ userId: 'ann', email: 'a@x' }],
      ['update ann'],
    ],
    [
      'an e-mail that two people of the workspace have says nothing',
      [
        { userId: 'a@x', email: 'a@x' },
        { userId: 'ann', email: 'a@x' },
        { userId: 'bob', email: 'a@x' },
      ],
      [],
      ['create a@x', 'create ann', 'create bob'],
    ],
    [
      'an e-mail in another workspace says nothing',
      [
        { userId: 'a@x', email: 'a@x' },
        { accountId: 'ws-2', userId: 'ann', email: 'a@x' },
      ],
      [],
      ['create a@x', 'create ann'],
    ],
    [
      'where both are stored, each file goes to the exact one',
      [{ userId: 'ann', email: 'a@x', access: 'new' }],
      [
        { userId: 'a@x', email: 'a@x' },
        { userId: 'ann', email: 'a@x' },
      ],
      ['update ann'],
    ],
  ])('%s', (_rule, drafts, stored, expected) => {
    expect(kinds(planImport(drafts.map(draft), stored.map(known)))).toEqual(expected);
  });
});

describe('the same account several times in one import', () => {
  test.each<[string, Facts[], Verdict['kind'][]]>([
    [
      'the later refresh wins',
      [{ lastRefreshAt: 2 }, { lastRefreshAt: 3 }, { lastRefreshAt: 1 }],
      ['duplicate', 'create', 'duplicate'],
    ],
    ['then the later expiry', [{ expiresAt: 2 }, { expiresAt: 1 }], ['create', 'duplicate']],
    ['then the one that comes later', [{ access: 'a' }, { access: 'b' }], ['duplicate', 'create']],
  ])('%s', (_rule, drafts, expected) => {
    expect(planImport(drafts.map(draft), []).map(({ kind }) => kind)).toEqual(expected);
  });

  test('a duplicate names the place of the winner', () => {
    expect(planImport([draft({}), draft({ userId: 'bob' }), draft({})], [])[0]).toEqual({ kind: 'duplicate', of: 2 });
  });
});
