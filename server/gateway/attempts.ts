import type { Verdict } from '../upstream/failure.ts';

/** Changes to the request that a refusal calls for; each is made at most once per request. */
export type Repair = 'strip-reasoning' | 'drop-service-tier' | 'switch-dialect';

/** What a request has been through so far. Plain data, changed only by the attempt loop. */
export interface AttemptHistory {
  /** Upstream calls made. */
  calls: number;
  /** Accounts not to be tried again by this request. */
  readonly excluded: Set<string>;
  /** Of these, the ones that failed in passing: they may be tried again when no other is left. */
  readonly retryable: Set<string>;
  /** Accounts whose credential was renewed after a 401 of this request. */
  readonly renewed: Set<string>;
  readonly repairs: Set<Repair>;
}

export type Decision =
  /** Pass the verdict's error on. */
  | { kind: 'give-up' }
  /** Renew the credential and replay on the same account. */
  | { kind: 'renew' }
  /** Change the request and replay on the same account. */
  | { kind: 'repair'; repair: Repair }
  /** Go on with another account. */
  | { kind: 'next-account' }
  /** Go on with another account, or after a short wait with one that was tried before. */
  | { kind: 'retry' };

/** After a failure before any output, judged by `verdict`: what now? Pure; the only place that decides it. */
export function decide(verdict: Verdict, history: AttemptHistory, limits: { maxCalls: number }): Decision {
  // A drained account is no reason to stop looking for one that is not, within reason.
  const maxCalls = verdict.fault === 'account' ? limits.maxCalls * 4 : limits.maxCalls;
  if (history.calls >= maxCalls) return { kind: 'give-up' };
  switch (verdict.next) {
    case 'give-up':
      return { kind: 'give-up' };
    case 'refresh':
      return { kind: 'renew' };
    case 'strip-reasoning':
    case 'drop-service-tier':
    case 'switch-dialect':
      return history.repairs.has(verdict.next) ? { kind: 'give-up' } : { kind: 'repair', repair: verdict.next };
    case 'other-account':
      return { kind: 'next-account' };
    case 'retry-any':
      return { kind: 'retry' };
  }
}

/** The wait before a request goes back to an account it has tried: 200 ms, doubling, at most 2 s. */
export function retryWaitMs(calls: number): number {
  return Math.min(200 * 2 ** Math.max(0, calls - 1), 2_000);
}
