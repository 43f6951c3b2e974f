import type { FailureBody } from './failure-body.ts';
import type { FailurePhase, NetworkFailure } from './failure.ts';
import type { Cause } from './failure-rules.ts';

/** The facts a sign is looked for in. */
export interface Facts {
  phase: FailurePhase;
  /** Of the answer, or of the event when that carries one; undefined when there is none. */
  status: number | undefined;
  network: NetworkFailure | undefined;
  body: FailureBody;
  /** The CDN says that it answered in the upstream's place (`cf-mitigated`). */
  isMitigated: boolean;
  /** The header `x-codex-rate-limit-reached-type` is there. */
  namesReachedLimit: boolean;
  hasOwnProxy: boolean;
}

/** All conditions that are given must hold. */
interface Sign {
  cause: Cause;
  phase?: FailurePhase;
  network?: readonly NetworkFailure[];
  status?: (status: number) => boolean;
  /** Any of these is the error's `code` or, as for usage limits, its `type`. */
  codes?: readonly string[];
  /** The error's `code`, where a family of codes is meant. */
  codeLike?: RegExp;
  param?: RegExp;
  /** The upstream's message. */
  says?: RegExp;
  kinds?: readonly FailureBody['kind'][];
  also?: (facts: Facts) => boolean;
}

const one =
  (...statuses: readonly number[]) =>
  (status: number) =>
    statuses.includes(status);
const between = (from: number, to: number) => (status: number) => status >= from && status <= to;
const notJson = ['html', 'text', 'empty'] as const;

/** How each cause is recognised: read from the top, the first sign that fits decides. */
// biome-ignore format: a table reads best with one row per line
const signs: readonly Sign[] = [
  // No answer at all.
  { cause: 'proxy_failed', phase: 'connect', also: (facts) => facts.hasOwnProxy },
  { cause: 'upstream_timeout', network: ['timeout'] },
  { cause: 'upstream_malformed', network: ['malformed'] },
  { cause: 'upstream_incomplete', phase: 'stream', network: ['ended', 'reset', 'refused', 'tls', 'dns', 'proxy'] },
  { cause: 'upstream_unreachable', network: ['refused', 'reset', 'proxy', 'tls', 'dns', 'ended'] },

  // Codes mean the same under every status and inside a stream.
  { cause: 'account_deactivated', codes: ['deactivated_workspace', 'workspace_deactivated', 'account_deactivated', 'account_suspended', 'account_deleted'] },
  { cause: 'usage_not_included', codes: ['usage_not_included'] },
  { cause: 'usage_limit_reached', codes: ['usage_limit_reached'] },
  {
    cause: 'billing_limit',
    codes: ['insufficient_quota', 'credit_balance_exhausted', 'organization_spend_limit_exceeded', 'organization_usage_limit_exceeded', 'project_spend_limit_exceeded'],
  },
  { cause: 'server_is_overloaded', codes: ['server_is_overloaded', 'slow_down'] },
  { cause: 'rate_limit_exceeded', codes: ['rate_limit_exceeded', 'rate_limit_error'] },
  { cause: 'model_unavailable', codes: ['model_not_found'] },
  { cause: 'region_not_authorized', codes: ['unsupported_country_region_territory'] },
  { cause: 'region_not_authorized', says: /not authorized in this region/i },
  { cause: 'unauthorized', codes: ['token_invalidated', 'token_expired', 'token_revoked'] },
  { cause: 'invalid_encrypted_content', codes: ['invalid_encrypted_content'] },
  { cause: 'service_tier_rejected', param: /^service_tier$/ },
  { cause: 'dialect_rejected', codes: ['unsupported_value'], param: /^(reasoning\.context|tools|instructions|parallel_tool_calls)$/ },
  { cause: 'request_rejected', codes: ['context_length_exceeded', 'invalid_prompt', 'invalid_id_prefix', 'string_above_max_length', 'unsupported_value'] },
  { cause: 'request_rejected', codeLike: /_policy(_violation)?$/ },

  // A page of the edge, whatever its status, says nothing of the account.
  { cause: 'request_too_large', status: one(413) },
  { cause: 'upstream_timeout', status: one(408, 504, 522, 524) },
  { cause: 'edge_rate_limit', status: one(429), kinds: notJson },
  { cause: 'edge_block', also: (facts) => facts.isMitigated },
  { cause: 'edge_block', status: one(403), kinds: notJson },
  { cause: 'edge_block', status: one(401), kinds: ['html'] },
  { cause: 'endpoint_missing', status: one(404, 405), kinds: notJson },
  { cause: 'edge_error', kinds: ['html'] },
  { cause: 'edge_error', status: between(520, 530) },
  { cause: 'edge_error', status: between(300, 399) },

  // What a status adds, where the code was none of the above.
  { cause: 'account_deactivated', status: one(401, 402, 403), says: /deactivated/i },
  { cause: 'unauthorized', status: one(401) },
  { cause: 'billing_limit', status: one(402) },
  { cause: 'forbidden', status: one(403) },
  { cause: 'usage_limit_reached', status: one(429), also: (facts) => facts.namesReachedLimit },
  { cause: 'usage_limit_reached', status: one(429), says: /usage limit/i },
  { cause: 'rate_limit_exceeded', status: one(429) },
  { cause: 'model_unavailable', status: one(404), says: /^Model not found\b/i },
  { cause: 'model_unavailable', status: one(400, 404), says: /\bmodel\b.* is not supported\b/i },
  { cause: 'endpoint_missing', status: one(404, 405), says: /^(not found|method not allowed)$/i },
  { cause: 'client_version_too_old', status: one(400), says: /requires a newer version of Codex/i },
  { cause: 'invalid_encrypted_content', status: one(400, 404), says: /^Item with id 'rs_.*not found/i },
  { cause: 'invalid_encrypted_content', status: one(400), says: /^The encrypted content .*could not be verified/i },
  { cause: 'service_tier_rejected', status: one(400), says: /\bservice_tier\b/i },
  { cause: 'dialect_rejected', status: one(400), says: /\breasoning\.context\b|\badditional_tools\b|^Instructions are (required|not valid)|^Unsupported parameter: ['"]?(tools|instructions)\b|\breserved\b.*\btools?\b|\btools?\b.*\breserved\b/i },
  { cause: 'request_rejected', status: between(400, 499) },
  { cause: 'request_rejected', phase: 'stream', codes: ['invalid_request_error', 'invalid_request'] },
];

/** What happened. Anything unknown is the upstream's failure and may be tried again. */
export function causeOf(facts: Facts): Cause {
  return signs.find((sign) => fits(sign, facts))?.cause ?? 'upstream_error';
}

function fits(sign: Sign, facts: Facts): boolean {
  const { body, status, network } = facts;
  if (sign.phase !== undefined && sign.phase !== facts.phase) return false;
  if (sign.network && !(network !== undefined && sign.network.includes(network))) return false;
  if (sign.status && !(status !== undefined && sign.status(status))) return false;
  if (sign.codes && !sign.codes.some((code) => code === body.code || code === body.type)) return false;
  if (sign.codeLike && !sign.codeLike.test(body.code ?? '')) return false;
  if (sign.param && !sign.param.test(body.param ?? '')) return false;
  if (sign.says && !sign.says.test(body.message ?? '')) return false;
  if (sign.kinds && !sign.kinds.includes(body.kind)) return false;
  return sign.also?.(facts) ?? true;
}
