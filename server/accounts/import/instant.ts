/** Numbers below this are seconds: as milliseconds they would lie in 1973. */
const smallestMs = 1e11;
/** The end of the year 9999: later ones have no RFC 3339 form. */
const latestMs = 253_402_300_799_999;

/**
 * A point in time as files write it, in epoch milliseconds: RFC 3339 with any number of decimals, the
 * `YYYY-MM-DD HH:MM:SS` of SQLite, seconds or milliseconds, the latter two also as a string. A time without a zone is
 * UTC. Null when it is none of these, and for the "zero" times some tools write for unknown.
 */
export function readInstant(value: unknown): number | null {
  if (typeof value === 'number') return fromNumber(value);
  if (typeof value !== 'string') return null;
  const text = value.trim();
  if (/^\d+(\.\d+)?$/.test(text)) return fromNumber(Number(text));
  if (!/^\d{4}-\d{2}-\d{2}/.test(text)) return null;
  const hasZone = /(z|[+-]\d{2}:?\d{2})$/i.test(text.slice(10));
  const isDateOnly = text.length === 10;
  const ms = Date.parse(hasZone || isDateOnly ? text.replace(' ', 'T') : `${text.replace(' ', 'T')}Z`);
  return Number.isNaN(ms) || ms <= 0 || ms > latestMs ? null : ms;
}

function fromNumber(value: number): number | null {
  const ms = Math.round(value < smallestMs ? value * 1000 : value);
  return ms > 0 && ms <= latestMs ? ms : null;
}
