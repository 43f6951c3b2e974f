import type { Clock } from '../core/clock.ts';
import { randomText } from '../core/ids.ts';
import { ownerKey, type SimulatedAccount } from './account.ts';
import { type Answer, plain, refused, type StreamAnswer } from './answer.ts';
import { planAnswer } from './answer-plan.ts';
import { answerPieces } from './answer-stream.ts';
import { ownerOfTurnState, sealContent, sealTurnState } from './bound-text.ts';
import { catalogueEtag, catalogueFor } from './catalogue.ts';
import type { Directives } from './directives.ts';
import { usageLimit } from './faults.ts';
import type { JsonObject } from './json.ts';
import { quotaHeaders, spentWindow, usageBody } from './quota.ts';
import { detail, type Rejection } from './rejection.ts';
import { compactRules, rejectionOf, requestRules } from './request-rules.ts';
import { completedResponse, estimateUsage, initialResponse } from './response-object.ts';

/** Headers of a call, lower-case. */
export type CallHeaders = Readonly<Record<string, string>>;

/** Why the account itself may not call a model now: deactivated, or its quota is spent. */
export function accountRejection(account: SimulatedAccount, now: number): Rejection | undefined {
  if (account.isDeactivated) return { status: 402, body: { detail: { code: 'deactivated_workspace' } } };
  const spent = spentWindow(account.quota);
  return spent ? usageLimit(spent, account.plan, now) : undefined;
}

/** What the backend finds wrong with a /responses or /responses/compact body. */
export function requestRejection(
  endpoint: 'responses' | 'compact',
  account: SimulatedAccount,
  headers: CallHeaders,
  body: JsonObject,
): Rejection | undefined {
  const turnState = headers['x-codex-turn-state'];
  // What the real backend says to a foreign state is not known; that it is bound to its account is.
  if (turnState !== undefined && ownerOfTurnState(turnState) !== ownerKey(account))
    return detail('Invalid x-codex-turn-state');
  const request = {
    body,
    isLite: headers['x-openai-internal-codex-responses-lite'] === 'true',
    models: account.models,
    clientVersion: headers['version'],
    owner: ownerKey(account),
  };
  return rejectionOf(request, endpoint === 'compact' ? compactRules : requestRules);
}

/** Headers that stand on every answer to a model call: quota, the turn state, which model list is current. */
export function modelCallHeaders(account: SimulatedAccount, headers: CallHeaders, now: number): Record<string, string> {
  return {
    'x-request-id': `req_${randomText(20)}`,
    'x-models-etag': catalogueEtag(account.models),
    // A turn keeps its state; a new one gets a new state.
    'x-codex-turn-state': headers['x-codex-turn-state'] ?? sealTurnState(ownerKey(account), randomText(12)),
    ...quotaHeaders(account.quota, account.plan, now),
  };
}

/** The ordinary answer to a /responses call that has passed every check. */
export function answerResponses(
  account: SimulatedAccount,
  body: JsonObject,
  directives: Directives,
  headers: Record<string, string>,
  deps: { clock: Clock; eventDelayMs: number },
): StreamAnswer {
  const idTail = randomText(24);
  const plan = planAnswer(body, directives);
  const initial = initialResponse(body, `resp_${idTail}`, deps.clock.now(), account.userId);
  const include = body['include'];
  return {
    kind: 'stream',
    headers: { ...headers, 'openai-model': String(body['model']), 'x-reasoning-included': 'true' },
    initial,
    pieces: answerPieces({
      initial,
      plan,
      complete: () => completedResponse(initial, deps.clock.now(), estimateUsage(body, plan)),
      context: {
        idTail,
        seal: (note) => sealContent(ownerKey(account), note),
        includesEncrypted: Array.isArray(include) && include.includes('reasoning.encrypted_content'),
      },
      burst: directives.burst,
    }),
    delayMs: directives.delayMs ?? deps.eventDelayMs,
  };
}

/** The unary compaction: the history as one opaque item. */
export function answerCompact(account: SimulatedAccount, headers: Record<string, string>): Answer {
  const tail = randomText(24);
  const item = {
    id: `cmp_${tail}`,
    type: 'compaction',
    encrypted_content: sealContent(ownerKey(account), `compaction ${tail}`),
  };
  return plain({ output: [item] }, 200, headers);
}

export function answerModels(account: SimulatedAccount, url: URL, headers: CallHeaders): Answer {
  const version = url.searchParams.get('client_version');
  if (version === null || !/^\d+\.\d+\.\d+$/.test(version)) {
    return refused(detail('client_version is required and must be a three-part version'));
  }
  const etag = catalogueEtag(account.models);
  if (headers['if-none-match'] === etag) return plain(undefined, 304, { etag });
  return plain({ models: catalogueFor(account.models, version) }, 200, { etag });
}

export function answerUsage(account: SimulatedAccount, now: number): Answer {
  return plain({
    user_id: account.userId,
    account_id: account.accountId,
    email: account.email,
    plan_type: account.plan,
    ...usageBody(account.quota, now),
  });
}

export function answerAccountsCheck(account: SimulatedAccount): Answer {
  const entry = {
    id: account.accountId,
    account_user_id: `${account.userId}__${account.accountId}`,
    account_user_role: 'account-owner',
    name: null,
    profile_picture_url: null,
    structure: account.plan === 'team' ? 'workspace' : 'personal',
    plan_type: account.plan,
    workspace_backend_origin: account.routing.origin,
    account_routing_override: account.routing.override,
    is_deactivated: account.isDeactivated,
    can_access_with_session: true,
  };
  return plain({ accounts: [entry], account_ordering: [account.accountId], default_account_id: account.accountId });
}
