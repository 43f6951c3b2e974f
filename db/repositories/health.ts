import type { Db } from '../client.ts';

/** State changes of accounts. An operator's `disabled` is never changed by what an upstream said. */
export interface HealthRepository {
  /**
   * Sets a cool-down; a longer one that already runs is kept. `streak` counts it as one more transient failure, unless
   * the account is cooling for that reason already: calls that ran side by side met one failure, not many in a row.
   */
  cool(id: string, reason: string, until: number, now: number, streak: boolean): void;
  failureStreak(id: string): number;
  /** The credential of `version` is dead; a newer one is not affected. */
  needLogin(id: string, reason: string, version: number, now: number): void;
  disable(id: string, reason: string, now: number): void;
  blockModel(id: string, model: string, reason: string, until: number): void;
  unblockModel(id: string, model: string): void;
  /** An answer came through: the streak of failures is over. */
  succeed(id: string): void;
  /** Lifts a cool-down of that reason (a fresh quota reading). */
  liftCoolDown(id: string, reason: string, now: number): void;
}

export function createHealthRepository(db: Db): HealthRepository {
  const { sqlite } = db;
  const cool = sqlite.query<unknown, [string, number, number, number, string, number, string, number, number]>(
    `update tokens set state = 'cooling', state_reason = ?, state_until = ?, state_changed_at = ?, failure_streak = failure_streak + ?
       where id = ? and (state = 'active' or (state = 'cooling' and (? = 0 or state_reason is not ?)
         and (state_until is null or state_until < ? or state_changed_at > ?)))`,
  );
  const streak = sqlite.query<{ streak: number }, [string]>('select failure_streak as streak from tokens where id = ?');
  const needLogin = sqlite.query<unknown, [string, number, string, number]>(
    `update tokens set state = 'needs-login', state_reason = ?, state_until = null, state_changed_at = ?
       where id = ? and credential_version = ? and state in ('active', 'cooling')`,
  );
  const disable = sqlite.query<unknown, [string, number, string]>(
    `update tokens set state = 'disabled', state_reason = ?, state_until = null, state_changed_at = ? where id = ? and state != 'disabled'`,
  );
  const block = sqlite.query<unknown, [string, string, string, number]>(
    `insert into model_blocks (token_id, model, reason, until) values (?, ?, ?, ?)
       on conflict do update set reason = excluded.reason, until = excluded.until`,
  );
  const unblock = sqlite.query<unknown, [string, string]>('delete from model_blocks where token_id = ? and model = ?');
  const succeed = sqlite.query<unknown, [string]>(
    'update tokens set failure_streak = 0 where id = ? and failure_streak > 0',
  );
  const isCooling = sqlite.query<unknown, [string, string]>(
    `select 1 from tokens where id = ? and state = 'cooling' and state_reason = ?`,
  );
  const lift = sqlite.query<unknown, [number, string, string]>(
    `update tokens set state = 'active', state_reason = null, state_until = null, state_changed_at = ?, failure_streak = 0
       where id = ? and state = 'cooling' and state_reason = ?`,
  );

  return {
    cool(id, reason, until, now, streak) {
      const count = streak ? 1 : 0;
      cool.run(reason, until, now, count, id, count, reason, until, now);
    },
    failureStreak: (id) => streak.get(id)?.streak ?? 0,
    needLogin: (id, reason, version, now) => void needLogin.run(reason, now, id, version),
    disable: (id, reason, now) => void disable.run(reason, now, id),
    blockModel: (id, model, reason, until) => void block.run(id, model, reason, until),
    unblockModel: (id, model) => void unblock.run(id, model),
    succeed: (id) => void succeed.run(id),
    liftCoolDown(id, reason, now) {
      // Asked with nearly every answer: looking needs no lock that another process may hold.
      if (isCooling.get(id, reason) !== null) lift.run(now, id, reason);
    },
  };
}
