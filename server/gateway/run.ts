import type { Bindings } from '../accounts/bindings.ts';
import type { Lease, Pool, Preference, Unavailable } from '../accounts/pool.ts';
import { spentUntil } from '../accounts/quota.ts';
import { windowsFromHeaders } from '../accounts/quota-headers.ts';
import type { QuotaStore } from '../accounts/quota-store.ts';
import type { Refresher } from '../accounts/refresh.ts';
import type { ResponsesBody } from '../contract/responses-body.ts';
import { type Clock, sleep } from '../core/clock.ts';
import { AppError } from '../core/errors.ts';
import type { Log } from '../core/log.ts';
import { classify } from '../upstream/classify.ts';
import type { UpstreamReply } from '../upstream/client.ts';
import type { Failure, Verdict } from '../upstream/failure.ts';
import { type Affinity, affinityOf } from './affinity.ts';
import { type AttemptHistory, decide, type Repair, retryWaitMs } from './attempts.ts';
import type { AnswerCall } from './call.ts';
import { type AttemptDeps, sendAttempt } from './open-attempt.ts';
import type { RequestRun } from './request-run.ts';
import { type Dialect, toLite, toStandard } from './translate/dialect.ts';
import { stripEncrypted } from './translate/input-items.ts';
import { unavailableError } from './unavailable-error.ts';

export interface RunDeps extends AttemptDeps {
  pool: Pool;
  refresher: Refresher;
  bindings: Bindings;
  quota: QuotaStore;
  /** The dialect a model last accepted after a switch; remembered for the life of the process. */
  dialects: Map<string, Dialect>;
  isAffinityOn: () => boolean;
  maxCalls: number;
  acquireTimeoutMs: number;
  clock: Clock;
  log: Log;
}

/**
 * The attempt loop: takes an account, calls the upstream, and goes on as {@link decide} says until `read` gives a
 * result. `read` turns a 200 into a result or a failure; as long as it has forwarded nothing it may fail and be run
 * again on another account. Throws AppError when the request cannot be answered, or the signal's reason.
 */
export async function runAttempts<T>(
  deps: RunDeps,
  run: RequestRun,
  read: (reply: UpstreamReply) => Promise<{ result: T } | { failure: Failure }>,
): Promise<T> {
  const { call, context } = run;
  const { signal } = run;
  const affinity = affinityOf(call, deps.bindings, { isOn: deps.isAffinityOn() });
  const history: AttemptHistory = {
    calls: 0,
    excluded: new Set(),
    retryable: new Set(),
    renewed: new Set(),
    repairs: new Set(),
  };
  const shape = createShape(call, deps.dialects);
  let preference = affinity.preference;
  let last: Verdict | undefined;

  for (;;) {
    const acquired = await deps.pool.acquire({
      model: call.model.slug,
      exclude: history.excluded,
      preference,
      waitMs: deps.acquireTimeoutMs,
      signal,
    });
    if ('unavailable' in acquired) {
      if (history.retryable.size === 0 || !isPassing(acquired.unavailable)) {
        throw finalError(acquired.unavailable, last, deps.clock.now(), call.codexHeaders !== null);
      }
      await sleep(retryWaitMs(history.calls), signal);
      for (const accountId of history.retryable) history.excluded.delete(accountId);
      history.retryable.clear();
      continue;
    }
    const { lease } = acquired;
    const { account } = lease;
    run.beginAttempt(lease);
    history.calls += 1;
    const startedAt = performance.now();

    const sent = await sendAttempt(deps, call, shape.requestFor(lease, affinity), lease, signal);
    const headers = 'reply' in sent ? sent.reply.headers : sent.failure.headers;
    const windowsResetMs = headers && noteAnswerHeaders(deps, call, lease, headers);
    const outcome = 'reply' in sent ? await read(sent.reply) : sent;
    const note = (text: string, status?: number) =>
      run.attempts.push({
        accountId: account.id,
        chosenBy: lease.chosenBy,
        outcome: text,
        status,
        durationMs: Math.round(performance.now() - startedAt),
      });

    if ('result' in outcome) {
      note('ok', 200);
      if (history.repairs.has('switch-dialect')) deps.dialects.set(call.model.slug, shape.dialect);
      rememberConversation(deps, call, affinity, account.id);
      return outcome.result;
    }

    const { failure } = outcome;
    const verdict = classify(failure, {
      model: call.model.asked,
      nowMs: deps.clock.now(),
      windowsResetMs,
      hasOwnProxy: account.proxyUrl !== null,
      wasRefreshed: history.renewed.has(account.id),
    });
    note(verdict.code, failure.status);
    deps.log.debug(
      { requestId: context.requestId, account: account.id, code: verdict.code, status: failure.status },
      'Attempt failed',
    );
    last = verdict;
    preference = undefined;

    const decision = decide(verdict, history, { maxCalls: deps.maxCalls });
    // The place is kept while the credential is renewed.
    if (decision.kind !== 'renew') lease.release(verdict.effect, false);
    switch (decision.kind) {
      case 'give-up':
        // One account's own trouble says nothing about the ones that were not tried.
        throw verdict.fault === 'account'
          ? unavailableError({ reason: 'tried' }, deps.clock.now(), call.codexHeaders !== null)
          : verdict.error;
      case 'renew': {
        history.renewed.add(account.id);
        const renewal = await deps.refresher.refresh(account.id, 'unauthorized_recovery', account.credentialVersion);
        // An account that can neither be used nor renewed now rests: else each request would try both in vain.
        const isStuck = renewal.outcome === 'failed' && renewal.kind !== 'permanent';
        lease.release(isStuck ? { kind: 'cool', reason: 'refresh_failed' } : verdict.effect, false);
        if (renewal.outcome === 'refreshed') preference = { accountId: account.id, strength: 'firm' };
        else history.excluded.add(account.id);
        break;
      }
      case 'repair':
        history.repairs.add(decision.repair);
        if (!shape.repair(decision.repair)) throw verdict.error;
        preference = { accountId: account.id, strength: 'firm' };
        break;
      case 'next-account':
        history.excluded.add(account.id);
        preference = stillBound(affinity.preference, account.id);
        break;
      case 'retry':
        history.excluded.add(account.id);
        history.retryable.add(account.id);
        preference = stillBound(affinity.preference, account.id);
        break;
    }
  }
}

/** A compaction stays with its account even when that has just failed: nobody else can read it. */
function stillBound(preference: Preference | undefined, failedId: string): Preference | undefined {
  return preference?.strength === 'hard' && preference.accountId === failedId ? preference : undefined;
}

/** Whether waiting a moment may help: what is left are accounts that this very request has tried. */
function isPassing(unavailable: Unavailable): boolean {
  return unavailable.reason === 'tried';
}

/** The error of a request that found no further account: the pool's state, unless the last failure says more. */
function finalError(
  unavailable: Unavailable,
  last: Verdict | undefined,
  nowMs: number,
  isCodexClient: boolean,
): AppError {
  const lastSaysMore = last !== undefined && last.fault !== 'account' && unavailable.reason !== 'cooling';
  return lastSaysMore ? last.error : unavailableError(unavailable, nowMs, isCodexClient);
}

/** Keeps what the headers say of the account; gives the reset of a spent window, if they name one. */
function noteAnswerHeaders(deps: RunDeps, call: AnswerCall, lease: Lease, headers: Headers): number | undefined {
  const now = deps.clock.now();
  const reading = windowsFromHeaders(headers, now);
  deps.quota.apply(lease.account.id, reading);
  const turnState = call.codexHeaders && headers.get('x-codex-turn-state');
  if (turnState !== null) deps.bindings.remember('turn-state', turnState, lease.account.id);
  return spentUntil(reading.windows, now);
}

/**
 * A conversation is bound to the account that answers it. When its own account was only passed over for this turn
 * (no place, a short cool-down), the binding stays as it is (A1).
 */
function rememberConversation(deps: RunDeps, call: AnswerCall, affinity: Affinity, accountId: string): void {
  const { preference } = affinity;
  if (preference && preference.accountId !== accountId && !deps.pool.isLost(preference.accountId)) return;
  deps.bindings.remember('conversation', call.conversation.key, accountId);
}

/** The request's current form: changed by repairs, and per account by what that account can read. */
function createShape(call: AnswerCall, dialects: ReadonlyMap<string, Dialect>) {
  let body: ResponsesBody = call.body;
  let dialect = call.dialect;
  let json: string | undefined;

  const set = (next: ResponsesBody) => {
    body = next;
    json = undefined;
  };
  const switchTo = (next: Dialect) => {
    set(next === 'lite' ? toLite(body) : toStandard(body));
    dialect = next;
  };
  // A Codex client knows which dialect its model speaks; for the others what the model accepted last is the better guess.
  const learned = dialects.get(call.model.slug);
  if (learned !== undefined && learned !== dialect && call.codexHeaders === null) switchTo(learned);

  return {
    get dialect() {
      return dialect;
    },
    requestFor(lease: Lease, affinity: Affinity) {
      const { id } = lease.account;
      const isForeign = affinity.encryptedOwner !== undefined && affinity.encryptedOwner !== id;
      if (isForeign) set(stripEncrypted(body) ?? body);
      const turnState = call.codexHeaders?.get('x-codex-turn-state') ?? null;
      const isOwn = affinity.turnStateOwner === id;
      json ??= JSON.stringify(body);
      return { body: json, dialect, turnState: isOwn ? turnState : null };
    },
    /** False when the repair is not possible. */
    repair(repair: Repair): boolean {
      if (repair === 'drop-service-tier') {
        const { service_tier: _, ...rest } = body;
        set(rest);
      } else if (repair === 'switch-dialect') {
        switchTo(dialect === 'lite' ? 'standard' : 'lite');
      } else {
        const stripped = stripEncrypted(body);
        if (stripped === undefined) return false;
        set(stripped);
      }
      return true;
    },
  };
}
