import type { ErrorCode } from '../contract/error-codes.ts';
import type { Fault, NextStep } from './failure.ts';

/**
 * What a failure does to the account.
 * - `back-off`: out of use for a time that grows with every failure in a row.
 * - `pause`: out of use as long as the upstream asks, else for `pauseMs`; minutes at most.
 * - `until-reset`: out of use until its quota is back.
 * - `hours`: out of use for long, as only its operator can mend it.
 */
export type Penalty =
  | 'none'
  | 'back-off'
  | 'pause'
  | 'until-reset'
  | 'hours'
  | 'block-model'
  | 'needs-login'
  | 'disable';

export interface Rule {
  fault: Fault;
  penalty: Penalty;
  next: NextStep;
  /** The gateway's own error, or the upstream's words when they are about the client's request. */
  answer: ErrorCode | 'as-said';
  /** The gateway's own message (for `as-said`: when the upstream gave none); `{model}` stands for the model's name. */
  message: string;
  pauseMs?: number;
}

const rejected = 'The upstream rejected the request.';
const unusable = 'No account could serve this request.';

/**
 * Every cause: whose fault it is, what it does to the account and what may be tried next. Messages never say which
 * account it was. Overload is a capacity of the model and 5xx an outage of the upstream: neither costs an account its
 * place, the request only moves on.
 */
// biome-ignore format: a table reads best with one row per line
export const rules = {
  // The client's request. Another account would answer the same.
  request_rejected: { fault: 'client', penalty: 'none', next: 'give-up', answer: 'as-said', message: rejected },
  request_too_large: { fault: 'client', penalty: 'none', next: 'give-up', answer: 'request_too_large', message: 'The upstream says that the request is too large.' },
  invalid_encrypted_content: { fault: 'client', penalty: 'none', next: 'strip-reasoning', answer: 'as-said', message: rejected },
  service_tier_rejected: { fault: 'client', penalty: 'none', next: 'drop-service-tier', answer: 'as-said', message: rejected },
  dialect_rejected: { fault: 'client', penalty: 'none', next: 'switch-dialect', answer: 'as-said', message: rejected },

  // This program's configuration.
  client_version_too_old: { fault: 'gateway', penalty: 'none', next: 'give-up', answer: 'upstream_error', message: "The model '{model}' needs a newer protocol version than this gateway announces (CODEX_CLIENT_VERSION)." },
  endpoint_missing: { fault: 'gateway', penalty: 'none', next: 'give-up', answer: 'upstream_error', message: 'The upstream does not know this endpoint.' },

  // The model.
  model_unavailable: { fault: 'model', penalty: 'block-model', next: 'other-account', answer: 'model_not_found', message: "The model '{model}' does not exist or is not available to the accounts of this gateway." },
  server_is_overloaded: { fault: 'model', penalty: 'none', next: 'retry-any', answer: 'server_is_overloaded', message: "The model '{model}' is overloaded. Please try again later." },

  // The account.
  usage_limit_reached: { fault: 'account', penalty: 'until-reset', next: 'other-account', answer: 'usage_limit_reached', message: 'The usage limit has been reached.' },
  rate_limit_exceeded: { fault: 'account', penalty: 'pause', next: 'other-account', answer: 'rate_limit_exceeded', message: 'The upstream limits the rate of requests. Please try again later.', pauseMs: 5_000 },
  billing_limit: { fault: 'account', penalty: 'hours', next: 'other-account', answer: 'no_usable_account', message: unusable },
  usage_not_included: { fault: 'account', penalty: 'disable', next: 'other-account', answer: 'no_usable_account', message: unusable },
  account_deactivated: { fault: 'account', penalty: 'disable', next: 'other-account', answer: 'no_usable_account', message: unusable },
  unauthorized: { fault: 'account', penalty: 'none', next: 'refresh', answer: 'no_usable_account', message: unusable },
  unauthorized_after_refresh: { fault: 'account', penalty: 'needs-login', next: 'other-account', answer: 'no_usable_account', message: unusable },
  region_not_authorized: { fault: 'account', penalty: 'back-off', next: 'other-account', answer: 'no_usable_account', message: unusable },
  forbidden: { fault: 'account', penalty: 'back-off', next: 'other-account', answer: 'no_usable_account', message: unusable },
  proxy_failed: { fault: 'account', penalty: 'back-off', next: 'other-account', answer: 'no_usable_account', message: unusable },

  // The edge before the upstream. A block concerns the way out, so the account rests only a moment.
  edge_block: { fault: 'edge', penalty: 'pause', next: 'other-account', answer: 'upstream_error', message: 'The edge before the upstream refused the request.', pauseMs: 30_000 },
  edge_rate_limit: { fault: 'edge', penalty: 'pause', next: 'other-account', answer: 'rate_limit_exceeded', message: 'The edge before the upstream limits the rate of requests. Please try again later.', pauseMs: 10_000 },
  edge_error: { fault: 'edge', penalty: 'none', next: 'retry-any', answer: 'upstream_error', message: 'The edge before the upstream failed.' },

  // The upstream.
  upstream_unreachable: { fault: 'upstream', penalty: 'none', next: 'retry-any', answer: 'upstream_error', message: 'The upstream could not be reached.' },
  upstream_timeout: { fault: 'upstream', penalty: 'none', next: 'retry-any', answer: 'upstream_timeout', message: 'The upstream did not answer in time.' },
  upstream_incomplete: { fault: 'upstream', penalty: 'none', next: 'retry-any', answer: 'upstream_incomplete', message: 'The upstream ended the answer before it was complete.' },
  upstream_malformed: { fault: 'upstream', penalty: 'none', next: 'retry-any', answer: 'upstream_error', message: 'The upstream sent something that cannot be read.' },
  upstream_error: { fault: 'upstream', penalty: 'none', next: 'retry-any', answer: 'upstream_error', message: 'The upstream failed to answer.' },
} as const satisfies Record<string, Rule>;

export type Cause = keyof typeof rules;

/** The rule of a cause, with its optional parts. */
export function ruleOf(cause: Cause): Rule {
  return rules[cause];
}
