import type { SelectionRepository } from '../../db/repositories/selection.ts';
import type { Clock } from '../core/clock.ts';
import { messageOf } from '../core/errors.ts';
import { version } from '../core/version.ts';
import { isFetchCapLifted } from '../fetch-cap.ts';

export interface HealthDeps {
  selection: Pick<SelectionRepository, 'counts'>;
  clock: Clock;
  isDraining: () => boolean;
  runningRequests: () => number;
}

/** `/health`: what the predecessor's users poll, and a little more. Always 200 while the store can be read. */
export function health(deps: HealthDeps): Response {
  const { total, active, cooling } = deps.selection.counts(deps.clock.now());
  return Response.json({
    status: 'ok',
    tokens_count: total,
    tokens: { active, cooling, unusable: total - active - cooling },
    running_requests: deps.runningRequests(),
    version,
  });
}

/** `/readyz`: whether requests can be answered now; 503 with the failed checks when not. */
export function readiness(deps: HealthDeps): Response {
  const checks: Record<string, string> = {};
  try {
    const { total, active } = deps.selection.counts(deps.clock.now());
    checks['store'] = 'ok';
    checks['accounts'] = active > 0 ? 'ok' : total === 0 ? 'there is no account' : 'no account is usable now';
  } catch (error) {
    checks['store'] = messageOf(error);
  }
  checks['draining'] = deps.isDraining() ? 'the server is stopping' : 'ok';
  checks['fetch_cap'] = isFetchCapLifted()
    ? 'ok'
    : 'at most 256 requests at once: set BUN_CONFIG_MAX_HTTP_REQUESTS=65336 in the environment';
  const isReady = Object.values(checks).every((check) => check === 'ok');
  return Response.json({ status: isReady ? 'ready' : 'not ready', checks }, { status: isReady ? 200 : 503 });
}
