/**
 * Whether a JSON value has arrays and objects inside each other more than `levels` deep. Looks no deeper itself, so a
 * hostile value cannot exhaust the stack here.
 */
export function isNestedDeeperThan(levels: number, value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (levels === 0) return true;
  const members = Array.isArray(value) ? (value as unknown[]) : Object.values(value);
  return members.some((member) => isNestedDeeperThan(levels - 1, member));
}
