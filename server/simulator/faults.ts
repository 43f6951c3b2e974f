import { type QuotaWindow, secondsUntil } from './quota.ts';
import { apiError, detail, type Rejection, unauthorized } from './rejection.ts';
import type { Reply } from './script.ts';

/** What a fault's text may mention. */
export interface FaultContext {
  now: number;
  plan: string;
  model: string;
}

const hour = 3_600_000;

const challengePage =
  '<!DOCTYPE html><html><head><title>Just a moment...</title></head><body>Sorry, you have been blocked</body></html>';
const gatewayPage = (status: number) =>
  `<html><head><title>${status}</title></head><body><center><h1>${status}</h1></center><hr><center>cloudflare</center></body></html>`;

/** Every failure seen in the field, by the name used in scripts and in `[[sim:fault NAME]]`. */
const faults = {
  '400': () => fixed(apiError('invalid_prompt', 'Invalid prompt: the simulator was asked to refuse it.')),
  context: () =>
    fixed(
      apiError(
        'context_length_exceeded',
        'Your input exceeds the context window of this model. Please adjust your input and try again.',
        'input',
      ),
    ),
  policy: () => fixed(apiError('cyber_policy', 'This request was refused for policy reasons.')),
  encrypted: () => fixed(apiError('invalid_encrypted_content', 'The encrypted content gAAA... could not be verified.')),
  unsupported: ({ model }) =>
    fixed(detail(`The '${model}' model is not supported when using Codex with a ChatGPT account.`)),
  version: ({ model }) =>
    fixed(
      detail(
        `The '${model}' model requires a newer version of Codex. Please upgrade to the latest app or CLI and try again.`,
      ),
    ),
  '401': () => fixed(unauthorized('token_invalidated')),
  region: () =>
    fixed({ status: 401, body: { error: { message: 'Workspace is not authorized in this region.' }, status: 401 } }),
  '402': () => fixed({ status: 402, body: { detail: { code: 'deactivated_workspace' } } }),
  '403': () => fixed(apiError('forbidden', 'You do not have access to this resource.', null, 403)),
  html403: () => page(403, challengePage, { 'cf-mitigated': 'challenge' }),
  '404': ({ model }) => fixed(apiError('model_not_found', `Model not found ${model}`, null, 404)),
  '429': ({ now, plan }) => fixed(usageLimit({ usedPercent: 100, windowMinutes: 300, resetAt: now + hour }, plan, now)),
  'not-included': () =>
    fixed({
      status: 429,
      body: { error: { type: 'usage_not_included', message: 'Codex is not included in your plan.' } },
    }),
  burst: () =>
    fixed({
      status: 429,
      body: {
        error: {
          message: 'Rate limit reached for requests. Please try again in 1.2s.',
          type: 'rate_limit_error',
          code: 'rate_limit_exceeded',
          param: null,
        },
      },
    }),
  html429: () => page(429, gatewayPage(429), { 'retry-after': '2' }),
  '500': () =>
    fixed({
      status: 500,
      body: {
        error: {
          message: 'The server had an error while processing your request.',
          type: 'server_error',
          code: null,
          param: null,
        },
      },
    }),
  '502': () => page(502, gatewayPage(502)),
  '503': () => fixed(overloaded('server_is_overloaded')),
  slow_down: () => fixed(overloaded('slow_down')),
  '520': () => page(520, gatewayPage(520)),
  '524': () => page(524, gatewayPage(524)),
  /** In a 200 stream, before any output. */
  overloaded: () => failed('server_is_overloaded', 'Our servers are currently overloaded. Please try again later.', 2),
  failed: () => failed('server_error', 'An error occurred while processing your request.', 2),
  error: () => ({
    kind: 'answer',
    keep: 2,
    events: [
      {
        type: 'error',
        error: {
          type: 'server_error',
          code: 'server_error',
          message: 'An error occurred while processing your request.',
          param: null,
        },
      },
    ],
  }),
  'limit-event': ({ now, plan }) => ({
    kind: 'answer',
    keep: 2,
    events: [
      {
        type: 'error',
        status: 429,
        ...usageLimitBody({ usedPercent: 100, windowMinutes: 300, resetAt: now + hour }, plan, now),
      },
    ],
  }),
  /** In a 200 stream, after some output. */
  'late-overloaded': () =>
    failed('server_is_overloaded', 'Our servers are currently overloaded. Please try again later.', 6),
  incomplete: () => ({
    kind: 'answer',
    keep: 6,
    events: [
      {
        type: 'response.incomplete',
        response: { status: 'incomplete', incomplete_details: { reason: 'max_output_tokens' } },
      },
    ],
  }),
  'content-filter': () => ({
    kind: 'answer',
    keep: 6,
    events: [
      {
        type: 'response.incomplete',
        response: { status: 'incomplete', incomplete_details: { reason: 'content_filter' } },
      },
    ],
  }),
  /** Transport. */
  reset: () => ({ kind: 'reset' }),
  silence: () => ({ kind: 'silence' }),
  'early-cut': () => ({ kind: 'answer', keep: 2, ending: 'cut' }),
  cut: () => ({ kind: 'answer', keep: 6, ending: 'cut' }),
  eof: () => ({ kind: 'answer', keep: 6, ending: 'end' }),
  'early-stall': () => ({ kind: 'answer', keep: 0, ending: 'stall' }),
  stall: () => ({ kind: 'answer', keep: 6, ending: 'stall' }),
} satisfies Record<string, (context: FaultContext) => Reply>;

export type FaultName = keyof typeof faults;
export const faultNames = Object.keys(faults) as readonly FaultName[];

export function isFaultName(name: string): name is FaultName {
  return Object.hasOwn(faults, name);
}

/** The reply of a named fault. */
export function faultReply(name: FaultName, context: FaultContext): Reply {
  return faults[name](context);
}

/** The 429 of a spent window. */
export function usageLimit(window: QuotaWindow, plan: string, now: number): Rejection {
  return {
    status: 429,
    body: usageLimitBody(window, plan, now),
    headers: { 'x-codex-rate-limit-reached-type': 'rate_limit_reached' },
  };
}

function usageLimitBody(window: QuotaWindow, plan: string, now: number): { error: Record<string, unknown> } {
  return {
    error: {
      type: 'usage_limit_reached',
      message: 'The usage limit has been reached',
      plan_type: plan,
      resets_at: Math.floor(window.resetAt / 1000),
      eligible_promo: null,
      resets_in_seconds: secondsUntil(window.resetAt, now),
    },
  };
}

function overloaded(code: 'server_is_overloaded' | 'slow_down'): Rejection {
  const message = 'Our servers are currently overloaded. Please try again later.';
  return { status: 503, body: { error: { message, type: 'service_unavailable_error', code, param: null } } };
}

function fixed(rejection: Rejection): Reply {
  return { kind: 'fixed', status: rejection.status, headers: rejection.headers, body: rejection.body };
}

function page(status: number, html: string, headers: Record<string, string> = {}): Reply {
  return { kind: 'fixed', status, headers, body: html };
}

function failed(code: string, message: string, keep: number): Reply {
  return {
    kind: 'answer',
    keep,
    events: [{ type: 'response.failed', response: { status: 'failed', error: { code, message } } }],
  };
}
