import type { HealthRepository } from '../../db/repositories/health.ts';
import type { Clock } from '../core/clock.ts';
import type { AccountEffect } from './account.ts';

const firstBackoffMs = 5_000;
const longestBackoffMs = 5 * 60_000;
/** How long a model that one account refused is set aside there: plans and roll-outs change within hours. */
const modelBlockMs = 60 * 60_000;

/** The wait before an account is tried again after `streak` transient failures before this one: 5 s, doubling, at most 5 min. */
export function backoffMs(streak: number): number {
  return Math.min(firstBackoffMs * 2 ** Math.min(streak, 16), longestBackoffMs);
}

export interface Health {
  /** Does to the account what a failure calls for. `credentialVersion` is the one the failed call used. */
  apply(accountId: string, credentialVersion: number, model: string, effect: AccountEffect): void;
  succeed(accountId: string): void;
}

export function createHealth(deps: { repository: HealthRepository; clock: Clock }): Health {
  const { repository, clock } = deps;
  return {
    apply(accountId, credentialVersion, model, effect) {
      const now = clock.now();
      switch (effect.kind) {
        case 'none':
          return;
        case 'cool':
          if (effect.untilMs !== undefined)
            return repository.cool(accountId, effect.reason, effect.untilMs, now, false);
          return repository.cool(
            accountId,
            effect.reason,
            now + backoffMs(repository.failureStreak(accountId)),
            now,
            true,
          );
        case 'block-model':
          return repository.blockModel(accountId, model, effect.reason, now + modelBlockMs);
        case 'needs-login':
          return repository.needLogin(accountId, effect.reason, credentialVersion, now);
        case 'disable':
          return repository.disable(accountId, effect.reason, now);
      }
    },
    succeed: (accountId) => repository.succeed(accountId),
  };
}
