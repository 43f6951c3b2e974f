import { trustedReset } from '../upstream/reset-time.ts';
import { distinctWindows, mainFamily, type QuotaReading, type QuotaWindow, windowLength } from './quota.ts';

type Json = Record<string, unknown>;
type Source = 'event' | 'usage';

/** Reads the payload of a `codex.rate_limits` event. Anything absent or of another shape is left out. */
export function windowsFromEvent(payload: unknown, nowMs: number): QuotaReading {
  const json = objectOf(payload) ?? {};
  const named = json['metered_limit_name'] ?? json['limit_name'] ?? json['limit_id'];
  return readingOf(
    [
      { family: familyOf(named), limits: objectOf(json['rate_limits']) },
      { family: 'code_review', limits: objectOf(json['code_review_rate_limits']) },
      ...additionalLimits(json['additional_rate_limits']),
    ],
    json['plan_type'],
    'event',
    nowMs,
  );
}

/** Reads the answer of the usage endpoint. Anything absent or of another shape is left out. */
export function windowsFromUsage(payload: unknown, nowMs: number): QuotaReading {
  const json = objectOf(payload) ?? {};
  return readingOf(
    [
      { family: mainFamily, limits: objectOf(json['rate_limit']) },
      { family: 'code_review', limits: objectOf(json['code_review_rate_limit']) },
      ...additionalLimits(json['additional_rate_limits']),
    ],
    json['plan_type'],
    'usage',
    nowMs,
  );
}

interface Limits {
  family: string;
  limits: Json | undefined;
}

function readingOf(all: readonly Limits[], plan: unknown, source: Source, nowMs: number): QuotaReading {
  const windows = all.flatMap(({ family, limits }) =>
    slotsOf(limits).flatMap((slot) => windowOf(slot, family, source, nowMs) ?? []),
  );
  const main = all.find(({ family }) => family === mainFamily)?.limits;
  const isReached = main?.['limit_reached'] === true || main?.['allowed'] === false;
  const isStated = typeof main?.['limit_reached'] === 'boolean' || typeof main?.['allowed'] === 'boolean';
  return {
    windows: distinctWindows(windows),
    ...(typeof plan === 'string' && plan !== '' ? { plan } : {}),
    ...(isStated ? { limitReached: isReached } : {}),
  };
}

/** The event says `primary`, the usage endpoint `primary_window`. */
function slotsOf(limits: Json | undefined): Json[] {
  if (!limits) return [];
  return ['primary', 'secondary', 'primary_window', 'secondary_window']
    .map((slot) => objectOf(limits[slot]))
    .filter((slot) => slot !== undefined);
}

function windowOf(slot: Json, family: string, source: Source, nowMs: number): QuotaWindow | undefined {
  const usedPercent = numberOf(slot['used_percent']);
  const seconds = numberOf(slot['limit_window_seconds']) ?? (numberOf(slot['window_minutes']) ?? 0) * 60;
  const at = numberOf(slot['reset_at']);
  if (usedPercent === undefined) return undefined;
  if (usedPercent === 0 && seconds === 0 && !at) return undefined;
  return {
    family,
    windowSeconds: windowLength(seconds),
    usedPercent,
    resetsAtMs: trustedReset({ at, inSeconds: numberOf(slot['reset_after_seconds']) }, nowMs) ?? null,
    source,
    readAtMs: nowMs,
  };
}

/** Further limits: a list of `{limit_name, metered_feature, rate_limit}` or an object keyed by name. */
function additionalLimits(value: unknown): Limits[] {
  if (Array.isArray(value)) {
    return value.flatMap((entry) => {
      const json = objectOf(entry);
      if (!json) return [];
      return [
        {
          family: familyOf(json['metered_feature'] ?? json['limit_name'] ?? 'additional'),
          limits: objectOf(json['rate_limit']) ?? json,
        },
      ];
    });
  }
  return Object.entries(objectOf(value) ?? {}).map(([name, limits]) => ({
    family: familyOf(name),
    limits: objectOf(limits),
  }));
}

/** A limit's name as a family id; the main limit has no name or is called `codex`. */
function familyOf(name: unknown): string {
  const id =
    typeof name === 'string'
      ? name
          .toLowerCase()
          .replace(/[^a-z0-9]+/g, '_')
          .replace(/^_+|_+$/g, '')
      : '';
  return id || mainFamily;
}

function objectOf(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
}

function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) && number >= 0 ? number : undefined;
}
