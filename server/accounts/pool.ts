import type { CandidateRow, SelectionRepository } from '../../db/repositories/selection.ts';
import type { Clock } from '../core/clock.ts';
import { SecretBoxError } from '../core/secret-box.ts';
import type { StrategyName } from '../env.ts';
import type { AccountEffect, AccountHandle } from './account.ts';
import type { AccountReader } from './account-reader.ts';
import type { Health } from './health.ts';
import type { InFlight } from './in-flight.ts';
import type { Refresher } from './refresh.ts';
import type { Turns } from './turns.ts';

/**
 * How strongly a request belongs to an account.
 * - `soft`: a conversation; goes elsewhere as soon as the account has no place for it.
 * - `firm`: encrypted reasoning or a turn state; waits for a place, but leaves an account that is out of use.
 * - `hard`: a compaction; no other account can read it.
 */
export interface Preference {
  accountId: string;
  strength: 'soft' | 'firm' | 'hard';
}

export interface AcquireRequest {
  /** Upstream slug. */
  model: string;
  /** Accounts this request has tried already. */
  exclude: ReadonlySet<string>;
  preference: Preference | undefined;
  /** How long to wait when every fitting account is at its concurrency cap. */
  waitMs: number;
  signal: AbortSignal;
}

/** An account in use by one request. Release it exactly once. */
export interface Lease {
  readonly account: AccountHandle;
  /** Why this account: for the record of the attempt. */
  readonly chosenBy: StrategyName | Preference['strength'];
  release(effect: AccountEffect, isSuccess: boolean): void;
}

/** Why there is no account for a request. */
export type Unavailable =
  /** No account exists. */
  | { reason: 'none' }
  /** Accounts exist, but all need a sign-in or are disabled. */
  | { reason: 'unusable' }
  /** All usable ones are cooling; `untilMs` is the earliest end. */
  | { reason: 'cooling'; untilMs: number | null }
  /** Some are active, but at their cap. */
  | { reason: 'busy' }
  /** Some are active, but do not serve this model. */
  | { reason: 'model' }
  /** Every fitting one was tried by this request. */
  | { reason: 'tried' };

export type Acquired = { lease: Lease } | { unavailable: Unavailable };

export interface Pool {
  /** Throws the signal's reason when it aborts. */
  acquire(request: AcquireRequest): Promise<Acquired>;
  /** Whether what is bound to this account should move: it is gone, dead, or out of use for long. */
  isLost(accountId: string): boolean;
}

/** An access token is replaced before a call when less than this is left of it. */
const freshMs = 30_000;
const coolDownCheckMs = 250;
/** A conversation waits out a cool-down shorter than this elsewhere; a longer one moves it for good. */
const longCoolDownMs = 10 * 60_000;

export function createPool(deps: {
  selection: SelectionRepository;
  turns: Turns;
  reader: AccountReader;
  refresher: Refresher;
  health: Health;
  inFlight: InFlight;
  clock: Clock;
  strategy: () => StrategyName;
  /** False when the account's own catalogue says it does not serve the model and another account's says it does. */
  serves: (catalogueId: string | null, model: string) => boolean;
}): Pool {
  const { selection, inFlight, clock } = deps;
  let coolDownsCheckedAt = Number.NEGATIVE_INFINITY;

  function endCoolDowns(now: number) {
    if (Math.abs(now - coolDownsCheckedAt) < coolDownCheckMs) return;
    coolDownsCheckedAt = now;
    if (selection.endCoolDowns(now)) deps.turns.invalidate();
  }

  const hasPlace = (row: CandidateRow) => row.maxConcurrency === null || inFlight.count(row.id) < row.maxConcurrency;
  const servesModel = (row: CandidateRow, model: string, now: number) =>
    deps.serves(row.catalogueId, model) && !(deps.turns.hasModelBlocks(now) && selection.isBlocked(row.id, model, now));

  /** The row to use now, or why there is none. Synchronous: between the look and the mark nothing else runs. */
  function choose(
    request: AcquireRequest,
    now: number,
  ): { row: CandidateRow; chosenBy: Lease['chosenBy'] } | Unavailable {
    const { preference, exclude, model } = request;
    const preferred = preference && selection.find(preference.accountId);
    if (
      preference &&
      preferred?.state === 'active' &&
      !exclude.has(preferred.id) &&
      servesModel(preferred, model, now)
    ) {
      if (hasPlace(preferred)) return { row: preferred, chosenBy: preference.strength };
      if (preference.strength !== 'soft') return { reason: 'busy' };
    }
    if (preference?.strength === 'hard') return whyNotPreferred(preferred, exclude.has(preference.accountId));

    const strategy = deps.strategy();
    const first = nextInTurn(request, strategy, now);
    if (first.row) return { row: first.row, chosenBy: strategy };
    // The order may be a moment old: nobody is turned away for that.
    deps.turns.invalidate();
    const { row, isBusy, isTried, lacksModel } = nextInTurn(request, strategy, now);
    if (row) return { row, chosenBy: strategy };
    if (isBusy) return { reason: 'busy' };
    if (isTried) return { reason: 'tried' };
    // One that ended since the last look is still told as cooling: it is back at the next.
    const { total, cooling, earliestUntil } = selection.counts(now - coolDownCheckMs);
    if (total === 0) return { reason: 'none' };
    if (cooling > 0) return { reason: 'cooling', untilMs: earliestUntil };
    return { reason: lacksModel ? 'model' : 'unusable' };
  }

  /** The first account in turn that fits, and what was wrong with the ones before. */
  function nextInTurn({ exclude, model }: AcquireRequest, strategy: StrategyName, now: number) {
    const found = { row: undefined as CandidateRow | undefined, isBusy: false, isTried: false, lacksModel: false };
    for (const { id } of deps.turns.candidates(strategy)) {
      const row = exclude.has(id) ? undefined : selection.find(id);
      if (exclude.has(id)) found.isTried = true;
      else if (row?.state !== 'active') continue;
      else if (!servesModel(row, model, now)) found.lacksModel = true;
      else if (!hasPlace(row)) found.isBusy = true;
      else {
        found.row = row;
        return found;
      }
    }
    return found;
  }

  function lease(account: AccountHandle, row: CandidateRow, chosenBy: Lease['chosenBy'], model: string): Lease {
    inFlight.enter(account.id);
    let isReleased = false;
    return {
      account,
      chosenBy,
      release(effect, isSuccess) {
        if (isReleased) return;
        isReleased = true;
        inFlight.leave(account.id);
        if (effect.kind !== 'none') {
          deps.health.apply(account.id, account.credentialVersion, model, effect);
          deps.turns.invalidate();
        }
        if (isSuccess && row.failureStreak > 0) deps.health.succeed(account.id);
      },
    };
  }

  return {
    isLost(accountId) {
      const row = selection.find(accountId);
      if (row?.state === 'cooling') return (row.stateUntil ?? 0) - clock.now() > longCoolDownMs;
      return row?.state !== 'active';
    },
    async acquire(request) {
      const waitUntil = performance.now() + request.waitMs;
      const passedOver = new Set(request.exclude);
      let { preference } = request;
      for (;;) {
        request.signal.throwIfAborted();
        const now = clock.now();
        endCoolDowns(now);
        const choice = choose({ ...request, preference, exclude: passedOver }, now);
        if ('reason' in choice) {
          if (choice.reason !== 'busy') return { unavailable: choice };
          const isFree = await inFlight.waitForPlace(waitUntil - performance.now(), request.signal);
          if (isFree) continue;
          request.signal.throwIfAborted();
          if (preference?.strength !== 'firm') return { unavailable: choice };
          // Better another account without the encrypted reasoning than no answer.
          preference = undefined;
          continue;
        }
        const { row, chosenBy } = choice;
        deps.turns.mark(row.id, now);
        const account = readable(row);
        if (!account) {
          passedOver.add(row.id);
          continue;
        }
        if (!isExpiring(account, now)) return { lease: lease(account, row, chosenBy, request.model) };

        // The place is held while the token is renewed, until the lease has one: who waits must not find it free between.
        inFlight.enter(row.id);
        try {
          const result = await deps.refresher.refresh(row.id, 'proactive_expiry', account.credentialVersion);
          const renewed = deps.reader.read(row.id);
          if (renewed && result.outcome === 'refreshed') return { lease: lease(renewed, row, chosenBy, request.model) };
          // Not yet over: the old token may still do. Else this account is out for this request.
          if (renewed && !isExpired(renewed, clock.now()))
            return { lease: lease(renewed, row, chosenBy, request.model) };
          if (result.outcome === 'failed' && result.kind !== 'permanent') {
            deps.health.apply(row.id, row.credentialVersion, request.model, { kind: 'cool', reason: 'refresh_failed' });
          }
        } finally {
          inFlight.leave(row.id);
        }
        passedOver.add(row.id);
      }
    },
  };

  /** Undefined when the account is gone meanwhile, or when its credential cannot be opened: then it needs a new sign-in. */
  function readable(row: CandidateRow): AccountHandle | undefined {
    try {
      return deps.reader.read(row.id, row);
    } catch (error) {
      if (!(error instanceof SecretBoxError)) throw error;
      deps.health.apply(row.id, row.credentialVersion, '', { kind: 'needs-login', reason: 'credential_unreadable' });
      return undefined;
    }
  }

  function isExpiring({ expiresAt, isRenewable }: AccountHandle, now: number): boolean {
    return expiresAt !== null && expiresAt - now < (isRenewable ? freshMs : 0);
  }
}

function isExpired({ expiresAt }: AccountHandle, now: number): boolean {
  return expiresAt !== null && expiresAt <= now;
}

function whyNotPreferred(row: CandidateRow | undefined, isTried: boolean): Unavailable {
  if (row?.state === 'cooling') return { reason: 'cooling', untilMs: row.stateUntil };
  if (isTried) return { reason: 'tried' };
  return { reason: row?.state === 'active' ? 'model' : 'unusable' };
}
