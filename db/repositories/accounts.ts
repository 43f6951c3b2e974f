import { and, type Column, count, desc, eq, getTableColumns, inArray, or, type SQL, sql } from 'drizzle-orm';
import type { Db } from '../client.ts';
import { bindings, tokens } from '../schema/index.ts';

/** A whole row. Its sealed columns are of use only together with the secret box. */
export type AccountRow = typeof tokens.$inferSelect;
type StateName = AccountRow['state'];

/** A row as operators see it: nothing sealed in it, only whether there is a refresh token, a proxy. */
export type AccountSummary = Omit<AccountRow, SealedName> & { hasRefreshToken: boolean; hasProxy: boolean };
type SealedName = 'accessToken' | 'refreshToken' | 'idToken' | 'extra' | 'proxyUrl';

/** A new row; columns left out get the schema's defaults. */
export type NewAccount = Omit<typeof tokens.$inferInsert, 'randomPosition' | 'stateChangedAt' | 'updatedAt'>;

/** What a new sign-in brings. A null e-mail, plan or `extra` keeps the stored one. */
export type CredentialReplacement = Pick<
  AccountRow,
  'userId' | 'accessToken' | 'refreshToken' | 'idToken' | 'expiredAt' | 'lastRefreshAt' | 'email' | 'plan' | 'extra'
>;

/** What an operator may change; `proxyUrl` is sealed. Members left out stay. */
export type AccountChanges = Partial<Pick<AccountRow, 'name' | 'priority' | 'maxConcurrency' | 'proxyUrl' | 'notes'>>;

export interface AccountFilter {
  state?: StateName | undefined;
  /** Part of a name or e-mail. */
  search?: string | undefined;
  limit?: number | undefined;
  offset?: number | undefined;
}

/** Accounts as the operator handles them: import, export, list, change, delete. Times are epoch milliseconds. */
export interface AccountRepository {
  insert(account: NewAccount, now: number): void;
  /**
   * Puts a new sign-in in place of the old: one version more, no refresh lease or retry time left. The account is
   * active again if it needed a sign-in or was cooling for one of `liftedReasons`; a disabled one stays so.
   */
  replaceCredential(
    id: string,
    replacement: CredentialReplacement,
    liftedReasons: readonly string[],
    now: number,
  ): void;
  findByIdentity(accountId: string, userId: string): AccountRow | undefined;
  /** Every account of these workspaces. */
  ofWorkspaces(accountIds: readonly string[]): AccountRow[];
  /** Whole rows in the order they were made; all without `ids`. */
  rows(ids?: readonly string[]): AccountRow[];
  list(filter: AccountFilter): AccountSummary[];
  get(id: string): AccountSummary | undefined;
  /** The operator's word: `active` also ends a cool-down and forgets failures. False when there is no such account. */
  setState(id: string, state: 'active' | 'disabled', reason: string | null, now: number): boolean;
  update(id: string, changes: AccountChanges, now: number): boolean;
  /** Deletes accounts, their quota readings and bindings; their log rows stay. Returns how many there were. */
  remove(ids: readonly string[]): number;
  countByState(): Record<StateName, number>;
}

const {
  accessToken: _a,
  refreshToken: _r,
  idToken: _i,
  extra: _e,
  proxyUrl: _p,
  ...plainColumns
} = getTableColumns(tokens);
const summaryColumns = {
  ...plainColumns,
  hasRefreshToken: sql`${tokens.refreshToken} is not null`.mapWith(Boolean),
  hasProxy: sql`${tokens.proxyUrl} is not null`.mapWith(Boolean),
};
/** Below SQLite's limit of variables in one statement. */
const idsPerStatement = 1000;

export function createAccountRepository({ orm, sqlite }: Db): AccountRepository {
  // Caches compare it: it must grow with every change, also within one millisecond or after the clock was set back.
  const touched = (now: number) => sql`max(${tokens.updatedAt} + 1, ${now})`;
  // Ids are random: those of one import, made in the same moment, stay in the order of their file by their rowid.
  const inOrder = [tokens.createdAt, sql`${tokens}.rowid`] as const;

  const selectIn = (column: typeof tokens.id | typeof tokens.accountId, values: readonly string[]) =>
    chunks(values).flatMap((chunk) =>
      orm
        .select()
        .from(tokens)
        .where(inArray(column, chunk))
        .orderBy(...inOrder)
        .all(),
    );

  const remove = sqlite.transaction((ids: readonly string[]) => {
    let removed = 0;
    for (const chunk of chunks(ids)) {
      orm.delete(bindings).where(inArray(bindings.tokenId, chunk)).run();
      removed += orm.delete(tokens).where(inArray(tokens.id, chunk)).returning({ id: tokens.id }).all().length;
    }
    return removed;
  });

  return {
    insert(account, now) {
      const randomPosition = sql`(random() & 9007199254740991) / 9007199254740992.0`;
      orm
        .insert(tokens)
        .values({ ...account, randomPosition, stateChangedAt: now, updatedAt: now })
        .run();
    },

    replaceCredential(id, { email, plan, extra, ...replacement }, liftedReasons, now) {
      const isLifted = sql`(${tokens.state} = 'needs-login' or (${tokens.state} = 'cooling' and ${liftedReasons.length > 0 ? inArray(tokens.stateReason, [...liftedReasons]) : sql`false`}))`;
      orm
        .update(tokens)
        .set({
          ...replacement,
          ...(email !== null && { email }),
          ...(plan !== null && { plan }),
          ...(extra !== null && { extra }),
          credentialVersion: sql`${tokens.credentialVersion} + 1`,
          refreshLeaseOwner: null,
          refreshLeaseUntil: null,
          refreshRetryAt: null,
          refreshFailures: 0,
          state: sql`case when ${isLifted} then 'active' else ${tokens.state} end`,
          stateReason: sql`case when ${isLifted} then null else ${tokens.stateReason} end`,
          stateUntil: sql`case when ${isLifted} then null else ${tokens.stateUntil} end`,
          stateChangedAt: sql`case when ${isLifted} then ${now} else ${tokens.stateChangedAt} end`,
          failureStreak: sql`case when ${isLifted} then 0 else ${tokens.failureStreak} end`,
          updatedAt: touched(now),
        })
        .where(eq(tokens.id, id))
        .run();
    },

    findByIdentity: (accountId, userId) =>
      orm
        .select()
        .from(tokens)
        .where(and(eq(tokens.accountId, accountId), eq(tokens.userId, userId)))
        .get(),
    ofWorkspaces: (accountIds) => selectIn(tokens.accountId, accountIds),
    rows: (ids) =>
      ids
        ? selectIn(tokens.id, ids)
        : orm
            .select()
            .from(tokens)
            .orderBy(...inOrder)
            .all(),

    list({ state, search, limit = -1, offset = 0 }) {
      const conditions: (SQL | undefined)[] = [
        state && eq(tokens.state, state),
        search ? or(contains(tokens.name, search), contains(tokens.email, search)) : undefined,
      ];
      return orm
        .select(summaryColumns)
        .from(tokens)
        .where(and(...conditions))
        .orderBy(desc(tokens.priority), ...inOrder)
        .limit(limit)
        .offset(offset)
        .all();
    },

    get: (id) => orm.select(summaryColumns).from(tokens).where(eq(tokens.id, id)).get(),

    setState(id, state, reason, now) {
      const values = {
        state,
        stateReason: reason,
        stateUntil: null,
        stateChangedAt: now,
        failureStreak: 0,
        updatedAt: touched(now),
      };
      return orm.update(tokens).set(values).where(eq(tokens.id, id)).returning({ id: tokens.id }).all().length > 0;
    },

    update: (id, changes, now) =>
      orm
        .update(tokens)
        .set({ ...changes, updatedAt: touched(now) })
        .where(eq(tokens.id, id))
        .returning({ id: tokens.id })
        .all().length > 0,

    remove: (ids) => remove.immediate(ids),

    countByState() {
      const counts = { active: 0, cooling: 0, 'needs-login': 0, disabled: 0 };
      for (const row of orm.select({ state: tokens.state, count: count() }).from(tokens).groupBy(tokens.state).all())
        counts[row.state] = row.count;
      return counts;
    },
  };
}

function chunks(values: readonly string[]): string[][] {
  const result: string[][] = [];
  for (let start = 0; start < values.length; start += idsPerStatement)
    result.push(values.slice(start, start + idsPerStatement));
  return result;
}

/** Whether `column` contains `text`, whose `%` and `_` are literals. */
function contains(column: Column, text: string): SQL {
  return sql`${column} like ${`%${text.replace(/[\\%_]/g, '\\$&')}%`} escape '\\'`;
}
