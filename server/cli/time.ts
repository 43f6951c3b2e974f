const unitMs: Record<string, number> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `90s`, `5m`, `12h`, `30d`, `2w` in milliseconds; undefined for anything else. */
export function parseSpan(text: string): number | undefined {
  const [, count, unit] = /^(\d{1,9})([smhdw])$/.exec(text.trim()) ?? [];
  const factor = unit === undefined ? undefined : unitMs[unit];
  return count === undefined || factor === undefined ? undefined : Number(count) * factor;
}

/**
 * A point of time in epoch milliseconds: a span counted from `now` in the given direction, or an ISO date or time
 * (without a zone it is UTC, on every machine). Undefined for anything else.
 */
export function parseMoment(text: string, now: number, direction: 'ago' | 'ahead'): number | undefined {
  const span = parseSpan(text);
  if (span !== undefined) return direction === 'ago' ? now - span : now + span;
  const [, date, time, zone] =
    /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d+)?)?)(Z|[+-]\d\d:?\d\d)?)?$/.exec(text.trim()) ?? [];
  if (date === undefined) return undefined;
  const moment = Date.parse(`${date}T${time ?? '00:00'}${zone ?? 'Z'}`);
  return Number.isNaN(moment) ? undefined : moment;
}

/** `2026-11-23T01:02:03.000Z`, or null. */
export function isoTime(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** The largest whole units of a span, at most two: `45s`, `5h`, `2d 3h`. */
export function formatSpan(ms: number): string {
  const units = [
    ['d', 86_400_000],
    ['h', 3_600_000],
    ['m', 60_000],
    ['s', 1_000],
  ] as const;
  const index = units.findIndex(([, size]) => ms >= size);
  const large = units[index];
  if (!large) return '0s';
  const small = units[index + 1];
  const rest = small ? Math.floor((ms % large[1]) / small[1]) : 0;
  return `${Math.floor(ms / large[1])}${large[0]}${small && rest > 0 ? ` ${rest}${small[0]}` : ''}`;
}

/** `3m ago`, `in 2h`, `now`; `-` for null. */
export function formatMoment(at: number | null, now: number): string {
  if (at === null) return '-';
  const distance = Math.abs(at - now);
  if (distance < 1_000) return 'now';
  return at < now ? `${formatSpan(distance)} ago` : `in ${formatSpan(distance)}`;
}
