const farthestMs = 35 * 86_400_000;
const toleranceMs = 5 * 60_000;

/** A reset as the upstream states it: epoch seconds, seconds from now, or both. */
export interface StatedReset {
  at?: number | undefined;
  inSeconds?: number | undefined;
}

/**
 * The reset as epoch milliseconds, or undefined when nothing believable was said. Believable is a time between now
 * and 35 days from now (the longest known window has 31). When the two forms disagree by more than five minutes, one
 * of the clocks is wrong, and the span, which needs no clock, wins.
 */
export function trustedReset(stated: StatedReset, nowMs: number): number | undefined {
  const absolute = believable(stated.at === undefined ? undefined : stated.at * 1_000, nowMs);
  // A span of zero is how an unset field looks.
  const relative = believable(stated.inSeconds ? nowMs + stated.inSeconds * 1_000 : undefined, nowMs);
  if (absolute === undefined || relative === undefined) return absolute ?? relative;
  return Math.abs(absolute - relative) > toleranceMs ? relative : absolute;
}

/** `atMs` when it lies between now and 35 days from now, in whole milliseconds. */
export function believable(atMs: number | undefined, nowMs: number): number | undefined {
  if (atMs === undefined || !Number.isFinite(atMs)) return undefined;
  return atMs >= nowMs && atMs <= nowMs + farthestMs ? Math.round(atMs) : undefined;
}

/**
 * The wait that an answer asks for, in milliseconds: `Retry-After` (seconds or an HTTP date) first, else the phrase
 * "try again in 1.2s" of a burst limit's message.
 */
export function statedDelayMs(
  headers: Headers | undefined,
  message: string | undefined,
  nowMs: number,
): number | undefined {
  return retryAfterMs(headers?.get('retry-after')?.trim(), nowMs) ?? phraseMs(message);
}

function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  if (!value) return undefined;
  if (/^\d+(?:\.\d+)?$/.test(value)) return Math.round(Number(value) * 1_000);
  const at = Date.parse(value);
  return Number.isNaN(at) ? undefined : Math.max(0, at - nowMs);
}

function phraseMs(message: string | undefined): number | undefined {
  const found = /try again in\s*(\d+(?:\.\d+)?)\s*(ms|s|seconds?|m|minutes?)\b/i.exec(message ?? '');
  if (!found?.[1] || !found[2]) return undefined;
  const unit = found[2].toLowerCase();
  const factor = unit === 'ms' ? 1 : unit.startsWith('s') ? 1_000 : 60_000;
  return Math.round(Number(found[1]) * factor);
}
