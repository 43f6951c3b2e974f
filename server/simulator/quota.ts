/** One quota period of a simulated account. */
export interface QuotaWindow {
  /** 0–100. */
  usedPercent: number;
  windowMinutes: number;
  /** Epoch milliseconds. */
  resetAt: number;
}

export interface QuotaCredits {
  hasCredits: boolean;
  unlimited: boolean;
  balance: string;
}

/** Both slots and the credits. Slots are positions, not kinds: a weekly window may stand in the primary one. */
export interface QuotaWindows {
  primary: QuotaWindow | null;
  secondary: QuotaWindow | null;
  credits: QuotaCredits;
}

/** A change of some values; a slot set to null disappears, a new slot takes the missing values from its default. */
export interface QuotaPatch {
  primary?: Partial<QuotaWindow> | null | undefined;
  secondary?: Partial<QuotaWindow> | null | undefined;
  credits?: Partial<QuotaCredits> | undefined;
}

/** A five-hour and a weekly window, both nearly unused. */
export function defaultQuota(now: number): QuotaWindows {
  return {
    primary: { usedPercent: 5, windowMinutes: 300, resetAt: now + 300 * 60_000 },
    secondary: { usedPercent: 2, windowMinutes: 10_080, resetAt: now + 10_080 * 60_000 },
    credits: { hasCredits: false, unlimited: false, balance: '0' },
  };
}

export function patchQuota(quota: QuotaWindows, patch: QuotaPatch, now: number): QuotaWindows {
  const slot = (name: 'primary' | 'secondary'): QuotaWindow | null => {
    const change = patch[name];
    if (change === undefined) return quota[name];
    if (change === null) return null;
    const base = quota[name] ?? defaultQuota(now)[name];
    return base === null ? null : { ...base, ...change };
  };
  return { primary: slot('primary'), secondary: slot('secondary'), credits: { ...quota.credits, ...patch.credits } };
}

/** The quota as it stands at `now`: a period that is over starts anew, unused. */
export function quotaAt(quota: QuotaWindows, now: number): QuotaWindows {
  const current = (window: QuotaWindow | null) =>
    window === null || window.resetAt > now
      ? window
      : { ...window, usedPercent: 0, resetAt: now + window.windowMinutes * 60_000 };
  return { ...quota, primary: current(quota.primary), secondary: current(quota.secondary) };
}

/** The spent window that resets last (it is the one that holds the account back), or null when none is spent. */
export function spentWindow(quota: QuotaWindows): QuotaWindow | null {
  const spent = [quota.primary, quota.secondary].filter((window) => window !== null && window.usedPercent >= 100);
  return spent.reduce((last, window) => (last && window && last.resetAt >= window.resetAt ? last : window), null);
}

/** The `x-codex-*` headers of every /responses answer; booleans in the backend's Python casing. */
export function quotaHeaders(quota: QuotaWindows, plan: string, now: number): Record<string, string> {
  return {
    'x-codex-active-limit': 'codex',
    'x-codex-plan-type': plan,
    ...windowHeaders('primary', quota.primary, now),
    ...windowHeaders('secondary', quota.secondary, now),
    'x-codex-primary-over-secondary-limit-percent': '0',
    'x-codex-credits-has-credits': quota.credits.hasCredits ? 'True' : 'False',
    'x-codex-credits-unlimited': quota.credits.unlimited ? 'True' : 'False',
    'x-codex-credits-balance': quota.credits.balance,
  };
}

function windowHeaders(slot: string, window: QuotaWindow | null, now: number): Record<string, string> {
  return {
    [`x-codex-${slot}-used-percent`]: String(window?.usedPercent ?? 0),
    [`x-codex-${slot}-window-minutes`]: String(window?.windowMinutes ?? 0),
    [`x-codex-${slot}-reset-after-seconds`]: window ? String(secondsUntil(window.resetAt, now)) : '0',
    // An absent window has an empty reset time, as recorded from the real backend.
    [`x-codex-${slot}-reset-at`]: window ? String(Math.floor(window.resetAt / 1000)) : '',
  };
}

/** The part of the usage answer that concerns the quota. */
export function usageBody(quota: QuotaWindows, now: number): Record<string, unknown> {
  const spent = spentWindow(quota) !== null;
  return {
    rate_limit: {
      allowed: !spent,
      limit_reached: spent,
      primary_window: usageWindow(quota.primary, now),
      secondary_window: usageWindow(quota.secondary, now),
    },
    code_review_rate_limit: null,
    additional_rate_limits: null,
    credits: {
      has_credits: quota.credits.hasCredits,
      unlimited: quota.credits.unlimited,
      overage_limit_reached: false,
      balance: quota.credits.balance,
      approx_local_messages: [0, 0],
      approx_cloud_messages: [0, 0],
    },
    spend_control: null,
    rate_limit_reached_type: spent ? { type: 'rate_limit_reached' } : null,
    promo: null,
  };
}

function usageWindow(window: QuotaWindow | null, now: number): Record<string, number> | null {
  if (window === null) return null;
  return {
    used_percent: window.usedPercent,
    limit_window_seconds: window.windowMinutes * 60,
    reset_after_seconds: secondsUntil(window.resetAt, now),
    reset_at: Math.floor(window.resetAt / 1000),
  };
}

/** Whole seconds from `now` to `at`, never negative. */
export function secondsUntil(at: number, now: number): number {
  return Math.max(0, Math.ceil((at - now) / 1000));
}
