import type { Unavailable } from '../accounts/pool.ts';
import { commandName } from '../core/command-name.ts';
import { AppError } from '../core/errors.ts';

/** A Codex client waits out a 429 with Retry-After; for longer waits it should stop and show the reset time. */
const codexWaitsAtMostMs = 60_000;

/** What a client is told when no account can take its request. Never says which accounts exist or what they met. */
export function unavailableError(unavailable: Unavailable, nowMs: number, isCodexClient: boolean): AppError {
  switch (unavailable.reason) {
    case 'none':
      return new AppError(
        'no_accounts',
        `This gateway has no account yet. Its operator can add one: ${commandName} tokens import auth.json`,
      );
    case 'unusable':
      return new AppError(
        'no_usable_account',
        `No account of this gateway is usable: each needs a new sign-in or is disabled. Its operator can see why: ${commandName} tokens list`,
      );
    case 'model':
      return new AppError('model_not_found', 'No account of this gateway may use this model.', { param: 'model' });
    case 'busy':
      return new AppError(
        'rate_limit_exceeded',
        'Every account is at its limit of concurrent requests. Try again shortly.',
        { retryAfterMs: 1_000 },
      );
    case 'tried':
      return new AppError('server_is_overloaded', 'No account could answer this request. Try again shortly.', {
        retryAfterMs: 2_000,
      });
    case 'cooling': {
      const waitMs = Math.max(1_000, (unavailable.untilMs ?? nowMs + 60_000) - nowMs);
      const resetsAt = Math.ceil((nowMs + waitMs) / 1000);
      const mustStop = isCodexClient && waitMs > codexWaitsAtMostMs;
      return new AppError(
        mustStop ? 'usage_limit_reached' : 'rate_limit_exceeded',
        `Every account of this gateway has reached a limit. The earliest is back at ${new Date(resetsAt * 1000).toISOString()}.`,
        { retryAfterMs: waitMs, extra: { resets_at: resetsAt, resets_in_seconds: Math.ceil(waitMs / 1000) } },
      );
    }
  }
}
