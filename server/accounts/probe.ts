import type { MaintenanceRepository } from '../../db/repositories/maintenance.ts';
import type { Clock } from '../core/clock.ts';
import type { Log } from '../core/log.ts';
import type { Catalogues } from '../models/catalogue.ts';
import type { ControlAnswer, ControlApi } from '../upstream/control-api.ts';
import type { AccountHandle } from './account.ts';
import type { AccountReader } from './account-reader.ts';
import { windowsFromUsage } from './quota-payload.ts';
import type { QuotaStore } from './quota-store.ts';
import type { Refresher } from './refresh.ts';

/** Asks the upstream about accounts: quota, models, routing. What cannot be had leaves what is known as it is. */
export interface Probe {
  /** A fresh quota reading; false when there was none. */
  quota(accountId: string): Promise<boolean>;
  /** The account's model catalogue and routing. */
  catalogue(accountId: string): Promise<void>;
}

export function createProbe(deps: {
  api: ControlApi;
  reader: AccountReader;
  refresher: Refresher;
  repository: MaintenanceRepository;
  quota: QuotaStore;
  catalogues: Catalogues;
  clock: Clock;
  log: Log;
}): Probe {
  const { reader, repository, clock, log } = deps;

  /** One call; on a 401 the credential is refreshed once, as a model call would do it. */
  async function ask(
    accountId: string,
    call: (account: AccountHandle) => Promise<ControlAnswer>,
  ): Promise<ControlAnswer | undefined> {
    const account = reader.read(accountId);
    if (!account) return undefined;
    const answer = await call(account);
    if (answer.status !== 401) return answer;
    const { outcome } = await deps.refresher.refresh(accountId, 'unauthorized_recovery', account.credentialVersion);
    const renewed = outcome === 'refreshed' ? reader.read(accountId) : undefined;
    return renewed ? await call(renewed) : answer;
  }

  return {
    async quota(accountId) {
      const answer = await ask(accountId, (account) => deps.api.usage(account));
      repository.noteQuotaTried(accountId, clock.now());
      const payload = answer?.status === 200 ? parse(answer.body) : undefined;
      if (payload === undefined) {
        log.debug({ account: accountId, status: answer?.status, problem: answer?.problem }, 'No quota reading');
        return false;
      }
      const reading = windowsFromUsage(payload, clock.now());
      deps.quota.apply(accountId, reading);
      return reading.windows.length > 0;
    },

    async catalogue(accountId) {
      const etag = deps.catalogues.etag(repository.catalogueId(accountId));
      const models = await ask(accountId, (account) => deps.api.models(account, etag));
      const stored =
        models?.status === 200 ? deps.catalogues.store(models.body, models.headers.get('etag')) : undefined;
      if (stored && 'problem' in stored)
        log.warn({ account: accountId, problem: stored.problem }, 'The model list was not understood');
      repository.saveCatalogue(accountId, stored && 'id' in stored ? stored.id : null, clock.now());

      const check = await ask(accountId, (account) => deps.api.accountsCheck(account));
      const own = check?.status === 200 ? routingOf(parse(check.body), reader.read(accountId)?.accountId) : undefined;
      if (own) repository.saveRouting(accountId, own.override, own.origin, clock.now());
    },
  };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

const unconstrained = 'NO_CONSTRAINT';

/**
 * The routing that `accounts/check` demands for our account: a routing header's value and a backend origin. A bare
 * https origin only: anything else could lead the credential elsewhere.
 */
export function routingOf(
  check: unknown,
  accountId: string | undefined,
): { override: string | null; origin: string | null } | undefined {
  const accounts = (check as { accounts?: unknown } | undefined)?.accounts;
  if (!Array.isArray(accounts)) return undefined;
  const own = (accounts as Record<string, unknown>[]).find((account) => account?.['id'] === accountId);
  if (!own) return undefined;
  const text = (name: string) =>
    typeof own[name] === 'string' && own[name] !== unconstrained ? (own[name] as string) : null;
  const override = text('account_routing_override');
  const origin = text('workspace_backend_origin');
  const isBareOrigin =
    origin !== null &&
    URL.canParse(origin) &&
    new URL(origin).protocol === 'https:' &&
    new URL(origin).origin === origin;
  return {
    override: override !== null && /^[a-z_]{1,20}$/.test(override) ? override : null,
    origin: isBareOrigin ? origin : null,
  };
}
