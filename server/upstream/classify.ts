import type { AccountEffect } from '../accounts/account.ts';
import { AppError, type AppErrorDetails } from '../core/errors.ts';
import { redact } from '../core/log.ts';
import { type FailureBody, readFailureBody, readFailureEvent } from './failure-body.ts';
import { type Cause, type Rule, ruleOf } from './failure-rules.ts';
import { causeOf } from './failure-signs.ts';
import type { ClassifyContext, Failure, Verdict } from './failure.ts';
import { believable, statedDelayMs, trustedReset } from './reset-time.ts';

export type { ClassifyContext, Failure, FailurePhase, Fault, NetworkFailure, NextStep, Verdict } from './failure.ts';

/** A burst limit is over within minutes; a longer wait comes from a clock that is wrong. */
const longestPauseMs = 5 * 60_000;
/** For a spent quota whose reset nobody told us. */
const unknownResetMs = 3_600_000;
const operatorMs = 6 * 3_600_000;
const longestMessage = 2_000;

/**
 * What a failed upstream call means: what happened, whose fault it is, what it does to the account and what may be
 * tried next. Pure. The signs are read in failure-signs.ts, their consequences stand in failure-rules.ts.
 *
 * `next` is advice for the time before any output was sent; after that nothing is ever replayed. `error` is complete:
 * it carries the upstream's own words only where they are about the client's request, cut and without secrets.
 */
export function classify(failure: Failure, context: ClassifyContext): Verdict {
  const body = failure.event === undefined ? readFailureBody(failure.body) : readFailureEvent(failure.event);
  // The 200 of a stream is no sign; a status inside its error event is.
  const status = failure.phase === 'stream' ? body.status : (failure.status ?? body.status);
  const found = causeOf({
    phase: failure.phase,
    status,
    // With a status in hand, a body that broke off adds nothing.
    network: failure.phase === 'status' ? undefined : failure.network,
    body,
    isMitigated: failure.headers?.has('cf-mitigated') ?? false,
    namesReachedLimit: Boolean(failure.headers?.get('x-codex-rate-limit-reached-type')),
    hasOwnProxy: context.hasOwnProxy ?? false,
  });
  const cause: Cause = found === 'unauthorized' && context.wasRefreshed ? 'unauthorized_after_refresh' : found;
  const rule = ruleOf(cause);

  const resetsAtMs =
    trustedReset({ at: body.resetsAt, inSeconds: body.resetsInSeconds }, context.nowMs) ??
    believable(context.windowsResetMs, context.nowMs);
  const statedMs = statedDelayMs(failure.headers, body.message, context.nowMs);
  const waitMs = waitOf(rule, context.nowMs, resetsAtMs, statedMs);
  const isSpent = rule.penalty === 'until-reset';
  return {
    code: rule.answer === 'as-said' ? logCode(body, cause) : cause,
    fault: rule.fault,
    effect: effectOf(rule, cause, context.nowMs, waitMs),
    next: rule.next,
    error: errorOf(rule, body, status, {
      model: context.model,
      nowMs: context.nowMs,
      waitMs,
      resetsAtMs: isSpent ? resetsAtMs : undefined,
    }),
    ...(waitMs === undefined ? {} : { retryAfterMs: waitMs }),
    ...(isSpent && resetsAtMs !== undefined ? { resetsAtMs } : {}),
  };
}

/** How long to stay away; undefined when nothing was said and the rule has no length of its own. */
function waitOf(
  rule: Rule,
  nowMs: number,
  resetsAtMs: number | undefined,
  statedMs: number | undefined,
): number | undefined {
  switch (rule.penalty) {
    case 'until-reset':
      return resetsAtMs === undefined ? (believableSpan(statedMs) ?? unknownResetMs) : resetsAtMs - nowMs;
    case 'pause':
      return Math.min(statedMs ?? rule.pauseMs ?? 0, longestPauseMs);
    case 'hours':
      return operatorMs;
    default:
      return rule.next === 'retry-any' && statedMs !== undefined ? Math.min(statedMs, longestPauseMs) : undefined;
  }
}

function believableSpan(spanMs: number | undefined): number | undefined {
  return spanMs === undefined || spanMs === 0 ? undefined : believable(spanMs, 0);
}

function effectOf(rule: Rule, cause: Cause, nowMs: number, waitMs: number | undefined): AccountEffect {
  switch (rule.penalty) {
    case 'none':
      return { kind: 'none' };
    case 'back-off':
      return { kind: 'cool', reason: cause };
    case 'until-reset':
      return { kind: 'cool', reason: cause, untilMs: nowMs + (waitMs ?? 0), quotaSpent: true };
    case 'pause':
    case 'hours':
      return { kind: 'cool', reason: cause, untilMs: nowMs + (waitMs ?? 0) };
    default:
      return { kind: rule.penalty, reason: cause };
  }
}

interface ErrorContext {
  model: string;
  nowMs: number;
  waitMs: number | undefined;
  resetsAtMs: number | undefined;
}

function errorOf(rule: Rule, body: FailureBody, status: number | undefined, context: ErrorContext): AppError {
  if (rule.answer === 'as-said') return rejection(rule, body, status);
  const details: AppErrorDetails = {};
  // How long one account rests for its operator's sake is none of the client's business.
  if (context.waitMs !== undefined && rule.penalty !== 'hours') details.retryAfterMs = context.waitMs;
  if (rule.answer === 'model_not_found') details.param = 'model';
  if (context.resetsAtMs !== undefined) {
    details.extra = {
      resets_at: Math.ceil(context.resetsAtMs / 1_000),
      resets_in_seconds: Math.ceil((context.resetsAtMs - context.nowMs) / 1_000),
    };
  }
  return new AppError(
    rule.answer,
    rule.message.replace('{model}', () => context.model),
    details,
  );
}

/** The upstream's verdict on the client's request, in OpenAI's shape. */
function rejection(rule: Rule, body: FailureBody, status: number | undefined): AppError {
  const message = body.kind === 'html' || body.message === undefined ? rule.message : presentable(body.message);
  const unsupported = /^Unsupported parameter: ['"]?([\w.[\]-]+)/.exec(body.message ?? '')?.[1];
  return new AppError('upstream_rejected', message, {
    status: status !== undefined && status >= 400 && status <= 499 ? status : 400,
    type: isWord(body.type) ? body.type : undefined,
    wireCode: isWord(body.code) ? body.code : unsupported === undefined ? undefined : 'unsupported_parameter',
    param: body.param ?? unsupported,
  });
}

/** An upstream message without secrets and of bounded length. */
function presentable(message: string): string {
  // Cut before the search as well, so that a message of megabytes costs nothing.
  const text = redact(message.slice(0, 2 * longestMessage));
  return text.length <= longestMessage ? text : `${text.slice(0, longestMessage - 1).toWellFormed()}…`;
}

function logCode(body: FailureBody, cause: Cause): string {
  return cause === 'request_rejected' && isWord(body.code) ? body.code : cause;
}

/** Whether an upstream's code or type is one plain word, fit for a log row and for a client's `switch`. */
function isWord(text: string | undefined): text is string {
  return text !== undefined && /^[A-Za-z0-9_.-]{1,64}$/.test(text);
}
