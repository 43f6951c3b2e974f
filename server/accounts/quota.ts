/** One quota window of an account as it was read at one moment. */
export interface QuotaWindow {
  /** The limit it belongs to: `codex` is the main one, others meter single models or features. */
  family: string;
  /** Length, which is the window's identity within its family; 0 is unknown. */
  windowSeconds: number;
  /** Used share in percent, 0 to 100 and sometimes above. */
  usedPercent: number;
  /** Epoch milliseconds; null is unknown. */
  resetsAtMs: number | null;
  source: 'headers' | 'event' | 'usage';
  readAtMs: number;
}

/**
 * What one answer says about an account's quota. A family that occurs here is complete: windows of it that were known
 * before and are missing now are gone (a plan changed), and should be deleted.
 */
export interface QuotaReading {
  windows: QuotaWindow[];
  /** Plan name, verbatim. Fresher than the one in the account's token. */
  plan?: string;
  /** The family that the upstream applied to this request. */
  activeLimit?: string;
  /** The upstream itself says whether the main limit is spent, which credits or spend control can decide too. */
  limitReached?: boolean;
}

export const mainFamily = 'codex';

const hour = 3_600;
const day = 24 * hour;
const week = 7 * day;

/** `raw` seconds, snapped to a well-known length when it is within one percent of it (299 minutes are five hours). */
export function windowLength(raw: number): number {
  const known = [5 * hour, day, week].find((length) => Math.abs(raw - length) <= length / 100);
  return known ?? Math.round(raw);
}

/** What people call a window of that length: `5h`, `daily`, `weekly`, `monthly` (28 days or more), `<n>d`, `<n>h`, `<n>m`; `unknown` for 0. */
export function windowLabel(seconds: number): string {
  const length = windowLength(seconds);
  if (length <= 0) return 'unknown';
  if (length >= 28 * day) return 'monthly';
  if (length === week) return 'weekly';
  if (length === day) return 'daily';
  if (length % day === 0) return `${length / day}d`;
  return length % hour === 0 ? `${length / hour}h` : `${Math.max(1, Math.round(length / 60))}m`;
}

/** Windows without doubles: of two readings of one family and length the tighter one counts. */
export function distinctWindows(windows: readonly QuotaWindow[]): QuotaWindow[] {
  const byIdentity = new Map<string, QuotaWindow>();
  for (const window of windows) {
    const identity = `${window.family}\n${window.windowSeconds}`;
    const other = byIdentity.get(identity);
    if (!other || other.usedPercent < window.usedPercent) byIdentity.set(identity, window);
  }
  return [...byIdentity.values()];
}

/** Place of an account in the order of `quota-aware`: lowest rank first, then soonest reset. */
export interface QuotaRank {
  /** Used share of the tightest main window in tenths, rounded up: 0 (free) to 10 (spent); 5 when nothing is known. */
  rank: number;
  /** Soonest reset among the known main windows; `Number.MAX_SAFE_INTEGER` when unknown. */
  resetsAtMs: number;
}

/** Only the main family counts. A window that was reset since it was read says nothing any more: unknown is not zero. */
export function quotaRank(windows: readonly QuotaWindow[], nowMs: number): QuotaRank {
  let tightest: number | undefined;
  let resetsAtMs = Number.MAX_SAFE_INTEGER;
  for (const window of windows) {
    if (window.family !== mainFamily || isPast(window, nowMs)) continue;
    tightest = Math.max(tightest ?? 0, window.usedPercent);
    resetsAtMs = Math.min(resetsAtMs, window.resetsAtMs ?? resetsAtMs);
  }
  const rank = tightest === undefined ? 5 : Math.min(10, Math.max(0, Math.ceil(tightest / 10)));
  return { rank, resetsAtMs };
}

/** When the main windows that stand at 100 % or more are all reset; undefined when none is spent or no time is known. */
export function spentUntil(windows: readonly QuotaWindow[], nowMs: number): number | undefined {
  const resets = windows
    .filter((window) => window.family === mainFamily && window.usedPercent >= 100 && !isPast(window, nowMs))
    .flatMap((window) => window.resetsAtMs ?? []);
  return resets.length === 0 ? undefined : Math.max(...resets);
}

function isPast(window: QuotaWindow, nowMs: number): boolean {
  if (window.resetsAtMs !== null) return window.resetsAtMs <= nowMs;
  return window.windowSeconds > 0 && window.readAtMs + window.windowSeconds * 1_000 <= nowMs;
}
