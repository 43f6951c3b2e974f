import { trustedReset } from '../upstream/reset-time.ts';
import { distinctWindows, type QuotaReading, type QuotaWindow, windowLength } from './quota.ts';

const usedHeader = /^x-(codex(?:-[a-z0-9-]+?)?)-(?:primary|secondary)-used-percent$/;

/**
 * The quota windows in the headers of an answer (any status). The main limit has `x-codex-primary-…` and
 * `x-codex-secondary-…`; further limits put their name between `x-codex-` and the slot. Slots mean nothing: a window is
 * known by its length. Runs on every answer, so the headers are read in one pass (Bun's own `Headers.toJSON`).
 */
export function windowsFromHeaders(headers: Headers, nowMs: number): QuotaReading {
  const fields: Readonly<Record<string, string | undefined>> = headers.toJSON();
  const windows: QuotaWindow[] = [];
  for (const name in fields) {
    if (!name.endsWith('-used-percent')) continue;
    const family = usedHeader.exec(name)?.[1]?.replaceAll('-', '_');
    if (family === undefined) continue;
    const window = windowOf(fields, name.slice(0, -'-used-percent'.length), family, nowMs);
    if (window) windows.push(window);
  }
  const plan = fields['x-codex-plan-type'];
  const activeLimit = fields['x-codex-active-limit'];
  return { windows: distinctWindows(windows), ...(plan ? { plan } : {}), ...(activeLimit ? { activeLimit } : {}) };
}

function windowOf(
  fields: Readonly<Record<string, string | undefined>>,
  prefix: string,
  family: string,
  nowMs: number,
): QuotaWindow | undefined {
  const usedPercent = numberOf(fields[`${prefix}-used-percent`]);
  const minutes = numberOf(fields[`${prefix}-window-minutes`]) ?? 0;
  const at = numberOf(fields[`${prefix}-reset-at`]);
  // Unknown is not zero; and a slot of zeros is how the upstream writes "no such window".
  if (usedPercent === undefined) return undefined;
  if (usedPercent === 0 && minutes === 0 && !at) return undefined;
  const inSeconds = numberOf(fields[`${prefix}-reset-after-seconds`]);
  return {
    family,
    windowSeconds: windowLength(minutes * 60),
    usedPercent,
    resetsAtMs: trustedReset({ at, inSeconds }, nowMs) ?? null,
    source: 'headers',
    readAtMs: nowMs,
  };
}

function numberOf(text: string | undefined): number | undefined {
  if (!text) return undefined;
  const number = Number(text);
  return Number.isFinite(number) && number >= 0 ? number : undefined;
}
